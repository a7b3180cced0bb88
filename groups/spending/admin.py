"""Merchants, and what was spent at them.

Payments, refunds and codes are read here and made elsewhere. A merchant is entered here and given keys: a key's secret
is shown to the operator once, in the answer, and stands nowhere afterwards. A key that is not needed any more is
revoked, never deleted.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from groups.members.shown import group_shown
from groups.spending.keys import issue_key, revoke_key
from groups.spending.models import ApprovedPayment, Merchant, MerchantKey, Payment, PaymentCode, Refund
from groups.spending.services import create_merchant
from groups.spending.shown import shares_tables
from wallet.api.operators.cards import Figure, card
from wallet.api.operators.links import call_kind, lead, lead_reference
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, either, recent
from wallet.api.operators.shown import NOTHING, first_id_since, link, moment, money, own_id, sandbox_label, status, yuan
from wallet.identity.lookups import PeopleLookUp, person
from wallet.ledger.shown import entry_name, postings_table
from wallet.refusals import get_refusal

for model in ("payment", "refund", "paymentcode", "approvedpayment"):
    lead("wallet", f"spending_{model}", by="group", place=20)
lead("person", "spending_payment", by="user", place=20)
lead("person", "spending_paymentcode", by="user", place=20)
lead("merchant", "spending_merchant", place=1)
lead("merchant", "spending_merchantkey", by="merchant")
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


@admin.display(description=_("merchant"), ordering="merchant__name")
def merchant_shown(row: Any) -> SafeString:
    return merchant_name(row.merchant)


def merchant_name(merchant: Merchant) -> SafeString:
    """Write a merchant by name, and say when it is a sandbox's."""
    named = link("spending_merchant", merchant.pk, merchant.name)
    return format_html("{} {}", named, sandbox_label()) if merchant.is_sandbox else named


@admin.register(Merchant)
class MerchantAdmin(LookUp):
    list_display = ["named", "category", "is_active", "keys_valid", "created_at"]
    list_display_links = None
    list_filter = ["category", "is_active", "is_sandbox", recent("created_at", _("created"))]
    search_fields = ["name__icontains", "keys__key_id"]
    search_help_text = _("A merchant's id, part of the name, or the id of a key")
    fields = [own_id, "name", "category", "is_active", "is_sandbox", "created_at"]
    readonly_fields = [own_id, "is_active", "created_at"]
    add_fieldsets = [(None, {"fields": ["name", "category", "is_sandbox"]})]
    about = {"merchant": "pk"}
    actions = ["issue"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merchant]:
        valid = Count("keys", filter=Q(keys__revoked_at__isnull=True))
        return super().get_queryset(request).annotate(valid=valid)  # type: ignore[no-any-return]

    def get_fieldsets(self, request: HttpRequest, obj: Merchant | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("spending.add_merchant")

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("spending.add_merchantkey")

    def save_model(self, request: HttpRequest, obj: Merchant, form: forms.ModelForm[Merchant], change: bool) -> None:
        create_merchant(
            name=obj.name,
            category=obj.category,
            is_sandbox=obj.is_sandbox,
            merchant_id=obj.pk,
            now=timezone.now(),
        )

    def list_tables(self, request: HttpRequest, row: Merchant) -> list[Table]:
        keys = MerchantKey.objects.filter(merchant=row).order_by("-created_at")[:ROWS_MAX]
        rows = [
            [link("spending_merchantkey", key.pk, key.key_id), moment(key.created_at), moment(key.revoked_at)]
            for key in keys
        ]
        return [Table(_("Keys"), "spending_merchantkey", [_("key id"), _("created"), _("revoked")], rows)]

    @admin.display(description=_("merchant"), ordering="name")
    def named(self, merchant: Merchant) -> SafeString:
        return merchant_name(merchant)

    @admin.display(description=_("valid keys"), ordering="valid")
    def keys_valid(self, merchant: Any) -> int:
        return int(merchant.valid)

    @admin.action(description=_("Issue a key to the selected merchant"), permissions=["issue"])
    def issue(self, request: HttpRequest, merchants: QuerySet[Merchant]) -> None:
        """Issue a key to one merchant, so that one secret is shown and read."""
        chosen = list(merchants[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one merchant."), messages.ERROR)
            return
        key, secret = issue_key(merchant=chosen[0], now=timezone.now())
        self.log_change(request, chosen[0], f"issued {key.key_id}")
        shown = _("Key %(key)s, secret %(secret)s. Hand it over now: it is not shown again.")
        self.message_user(request, shown % {"key": key.key_id, "secret": secret}, messages.WARNING)


@admin.register(MerchantKey)
class MerchantKeyAdmin(LookUp):
    list_display = ["key_id", merchant_shown, "created_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["merchant"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    search_ids = ["merchant"]
    search_fields = ["key_id", "merchant__name__icontains"]
    search_help_text = _("The id of a key or a merchant, or part of the merchant's name")
    fields = ["key_id", merchant_shown, "created_at", "revoked_at"]
    readonly_fields = fields
    about = {"merchant": "merchant_id"}
    actions = ["revoke"]

    def is_sandbox(self, row: MerchantKey) -> bool:
        return row.merchant.is_sandbox

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("spending.change_merchantkey")

    @admin.action(description=_("Revoke the selected keys"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[MerchantKey]) -> None:
        valid = list(keys.filter(revoked_at__isnull=True)[:ROWS_MAX])
        for key in valid:
            revoke_key(key=key, now=timezone.now())
            self.log_change(request, key, "revoked")
        done = ngettext("%(count)s key was revoked.", "%(count)s keys were revoked.", len(valid))
        self.message_user(request, done % {"count": len(valid)}, messages.SUCCESS)


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
