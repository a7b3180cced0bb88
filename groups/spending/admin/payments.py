"""What was spent at merchants: payments, refunds, codes and approvals. They are read here and made elsewhere."""

from datetime import datetime

from django.contrib import admin
from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from groups.members.shown import group_shown
from groups.spending.admin.merchants import merchant_name, merchant_shown
from groups.spending.models import ApprovedPayment, Payment, PaymentCode, Refund
from groups.spending.shown import shares_tables
from wallet.api.operators.cards import Figure, card
from wallet.api.operators.links import call_kind, lead, lead_reference
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, either, recent
from wallet.api.operators.shown import NOTHING, first_id_since, link, moment, money, own_id, status, yuan
from wallet.identity.lookups import PeopleLookUp, person
from wallet.ledger.shown import entry_name, postings_table
from wallet.refusals import get_refusal

for model in ("payment", "refund", "paymentcode", "approvedpayment"):
    lead("wallet", f"spending_{model}", by="group", place=20)
lead("person", "spending_payment", by="user", place=20)
lead("person", "spending_paymentcode", by="user", place=20)
lead("merchant", "spending_payment", by="merchant")
lead_reference("payment", "spending_payment")
lead_reference("refund", "spending_refund")
call_kind("payment", _("payment"))
call_kind("refund", _("refund"))
call_kind("payment_reshared", _("payment shared anew"))
lead_reference("reshare", "proposals_proposal")

AMOUNT = money("amount", _("amount"))
REFUNDED = money("refunded", _("refunded"))
CODE_MAX = money("amount_max", _("no more than"))
PAYER = person("user", _("payer"))


@admin.register(PaymentCode)
class PaymentCodeAdmin(PeopleLookUp):
    list_display = [own_id, group_shown, PAYER, "sharing_rule", "created_at", "expires_at", "used_at"]
    list_filter = ["sharing_rule", ("used_at", admin.EmptyFieldListFilter), recent("created_at", _("created"))]
    list_select_related = ["group", "user"]
    date_hierarchy = "created_at"
    search_ids = ["pk", "group", "user"]
    fields = [own_id, group_shown, PAYER, "sharing_rule", CODE_MAX, "created_at", "expires_at", "used_at"]
    readonly_fields = fields
    about = {"wallet": "group_id", "person": "user_id"}

    def is_sandbox(self, row: PaymentCode) -> bool:
        return row.group.is_sandbox

    def list_tables(self, request: HttpRequest, row: PaymentCode) -> list[Table]:
        payments = Payment.objects.filter(group=row.group_id, code=row).select_related("merchant")
        rows = [
            [link("spending_payment", payment.pk, payment.out_trade_no), yuan(payment.amount), status(payment)]
            for payment in payments
        ]
        return [Table(_("Payment"), "spending_payment", [_("merchant's number"), _("amount"), _("status")], rows)]


@admin.register(Payment)
class PaymentAdmin(PeopleLookUp):
    list_display = ["out_trade_no", merchant_shown, group_shown, PAYER, AMOUNT, REFUNDED, "state", "created_at"]
    list_filter = ["status", "sharing_rule", recent("created_at", _("created"))]
    list_select_related = ["group", "user", "merchant"]
    date_hierarchy = "created_at"
    search_ids = ["pk", "group", "user", "merchant", "code", "entry"]
    search_fields = ["out_trade_no", "merchant__name__startswith"]
    search_help_text = _("An id, a merchant's number or name, a whole phone number, or the beginning of a payer's name")
    fieldsets = [
        (None, {"fields": [own_id, group_shown, PAYER, AMOUNT, REFUNDED, "state", "reason", "created_at"]}),
        (_("Purchase"), {"fields": [merchant_shown, "out_trade_no", "subject", "category"]}),
        (_("Sharing"), {"fields": ["sharing_rule", "code_shown", "entry_shown"]}),
    ]
    readonly_fields = [field for _title, options in fieldsets for field in options["fields"]]
    about = {"wallet": "group_id", "person": "user_id", "merchant": "merchant_id"}

    def matches(self, term: str) -> Q:
        # A merchant's number may look like an id of ours.
        return super().matches(term) | either({"out_trade_no": term})

    def is_sandbox(self, row: Payment) -> bool:
        return row.group.is_sandbox or row.merchant.is_sandbox

    def list_tables(self, request: HttpRequest, row: Payment) -> list[Table]:
        refunds = Refund.objects.filter(group=row.group_id, payment=row).order_by("id")[:ROWS_MAX]
        rows = [
            [link("spending_refund", refund.pk, refund.out_request_no), yuan(refund.amount), moment(refund.created_at)]
            for refund in refunds
        ]
        headers = [_("merchant's number"), _("amount"), _("created")]
        returned = Table(_("Refunds"), "spending_refund", headers, rows)
        return [postings_table(row.entry), *shares_tables(row), returned] if row.entry else [returned]

    @admin.display(description=_("status"), ordering="status")
    def state(self, payment: Payment) -> SafeString:
        return status(payment)

    @admin.display(description=_("reason"))
    def reason(self, payment: Payment) -> str:
        code = payment.refusal_code
        return f"{get_refusal(code).title} ({code})" if code else NOTHING

    @admin.display(description=_("payment code"))
    def code_shown(self, payment: Payment) -> SafeString:
        return link("spending_paymentcode", payment.code_id, payment.code_id)

    @admin.display(description=_("entry"))
    def entry_shown(self, payment: Payment) -> SafeString | str:
        return entry_name(payment.entry) if payment.entry else NOTHING


@admin.register(Refund)
class RefundAdmin(LookUp):
    list_display = ["out_request_no", "payment_shown", "merchant", group_shown, AMOUNT, "created_at"]
    list_filter = [recent("created_at", _("created"))]
    list_select_related = ["group", "payment__merchant"]
    date_hierarchy = "created_at"
    search_ids = ["pk", "group", "payment", "entry"]
    search_fields = ["out_request_no", "payment__out_trade_no"]
    search_help_text = _("An id, or the merchant's number of a refund or of its payment")
    fields = [own_id, group_shown, "payment_shown", "merchant", "out_request_no", AMOUNT, "entry_shown", "created_at"]
    readonly_fields = fields
    about = {"wallet": "group_id"}

    def is_sandbox(self, row: Refund) -> bool:
        return row.group.is_sandbox

    def list_tables(self, request: HttpRequest, row: Refund) -> list[Table]:
        return [postings_table(row.entry)]

    @admin.display(description=_("payment"))
    def payment_shown(self, refund: Refund) -> SafeString:
        return link("spending_payment", refund.payment_id, refund.payment.out_trade_no)

    @admin.display(description=_("merchant"))
    def merchant(self, refund: Refund) -> SafeString:
        return merchant_name(refund.payment.merchant)

    @admin.display(description=_("entry"))
    def entry_shown(self, refund: Refund) -> SafeString:
        return entry_name(refund.entry)


@admin.register(ApprovedPayment)
class ApprovedPaymentAdmin(PeopleLookUp):
    list_display = [own_id, group_shown, PAYER, money("amount_max", _("up to")), "merchant", "expires_at", "used_for"]
    list_filter = [("payment", admin.EmptyFieldListFilter)]
    list_select_related = ["group", "user", "merchant", "payment"]
    search_ids = ["pk", "group", "user", "merchant", "proposal", "payment"]
    fields = [*list_display, "asked"]
    readonly_fields = fields
    about = {"wallet": "group_id", "person": "user_id"}

    def is_sandbox(self, row: ApprovedPayment) -> bool:
        return row.group.is_sandbox

    @admin.display(description=_("payment"))
    def used_for(self, approved: ApprovedPayment) -> SafeString | str:
        payment = approved.payment
        return link("spending_payment", payment.pk, payment.out_trade_no) if payment else NOTHING

    @admin.display(description=_("proposal"))
    def asked(self, approved: ApprovedPayment) -> SafeString:
        return link("proposals_proposal", approved.proposal_id, approved.proposal_id)


def payments_today(now: datetime, midnight: datetime) -> Figure:
    """Sum what was spent today, and count what was refused."""
    todays = Payment.objects.filter(pk__gte=first_id_since(midnight), created_at__gte=midnight)
    settled, refused = Q(status=Payment.Status.SETTLED), Q(status=Payment.Status.REFUSED)
    sums = todays.aggregate(
        amount=Sum("amount", filter=settled, default=0),
        settled=Count("pk", filter=settled),
        refused=Count("pk", filter=refused),
    )
    return Figure(yuan(sums["amount"]), _("%(settled)s paid, %(refused)s refused") % sums)


card(_("Payments today"), "spending_payment", payments_today, "?since=0")
