"""Money in from members and out to them, to be read: from the request to the transfer and its entries."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from groups.funding.models import CONTRIBUTION, WITHDRAWAL, Claim, Contribution, Movement, Withdrawal
from groups.funding.services import collect_claim
from groups.members.shown import group_shown
from wallet.api.operators.cards import Figure, card
from wallet.api.operators.links import call_kind, lead, lead_reference
from wallet.api.operators.pages import ROWS_MAX, Table, recent
from wallet.api.operators.shown import first_id_since, link, moment, money, own_id, status, yuan
from wallet.identity.lookups import HELP, PeopleLookUp, person
from wallet.identity.models import User
from wallet.ledger.models import Entry
from wallet.ledger.shown import entry_name
from wallet.rails.models import Transfer
from wallet.refusals import Refusal

for model in ("contribution", "withdrawal", "claim"):
    lead("wallet", f"funding_{model}", by="group", place=30)
    lead("person", f"funding_{model}", by="user", place=30)
    lead_reference(model, f"funding_{model}")
#: What the references of a withdrawal's entries begin with, but for the first one's.
PREFIXES = ("withdrawal-outcome", "withdrawal-late", "transfer-out", "transfer-out-outcome", "transfer-out-late")
for prefix in PREFIXES:
    lead_reference(prefix, "funding_withdrawal")
call_kind(CONTRIBUTION, _("contribution"))
call_kind(WITHDRAWAL, _("withdrawal"))
call_kind("withdrawal_settled", _("withdrawal settled"))
call_kind("withdrawal_returned", _("withdrawal returned"))
call_kind("transfer_out", _("withdrawal of the group's"))
call_kind("transfer_out_settled", _("withdrawal of the group's settled"))
call_kind("transfer_out_returned", _("withdrawal of the group's returned"))
call_kind("withdrawal_settled_late", _("withdrawal settled after it had failed"))
call_kind("transfer_out_settled_late", _("withdrawal of the group's settled after it had failed"))
call_kind("claim_collected", _("claim collected"))
lead_reference("claim", "funding_claim")

AMOUNT, OUTSTANDING = money("amount", _("amount")), money("outstanding", _("outstanding"))
PERSON, DEBTOR = person("user", _("member")), person("user", _("owed by"))


class MovementAdmin(PeopleLookUp):
    """What contributions and withdrawals have in common."""

    list_display = [own_id, group_shown, PERSON, AMOUNT, "source_shown", "state", "created_at", "final_at"]
    list_filter = ["status", recent("created_at", _("requested"))]
    list_select_related = ["group", "user", "source"]
    date_hierarchy = "created_at"
    search_ids = ["pk", "group", "user", "source"]
    search_fields = ["failure_code"]
    search_help_text = HELP
    fields = [own_id, group_shown, PERSON, AMOUNT, "source_shown", "state", "failure_code", "created_at", "final_at"]
    readonly_fields = fields
    about = {"wallet": "group_id", "person": "user_id"}
    purpose = ""
    references: tuple[str, ...] = ()

    def is_sandbox(self, row: Any) -> bool:
        return bool(row.group.is_sandbox)

    def list_tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Show the transfer that carries the money, and the entries that booked it."""
        transfers = Transfer.objects.filter(wallet=row.group_id, purpose=self.purpose, subject_id=row.pk)
        sent = [
            [link("rails_transfer", transfer.pk, transfer.out_no), status(transfer), moment(transfer.created_at)]
            for transfer in transfers
        ]
        references = [row.reference, *(f"{prefix}:{row.pk}" for prefix in self.references)]
        entries = Entry.objects.filter(wallet=row.group_id, reference__in=references).order_by("sequence")
        booked = [[entry_name(entry), entry.reference, moment(entry.posted_at)] for entry in entries]
        return [
            Table(_("Transfer"), "rails_transfer", [_("our number"), _("status"), _("created")], sent),
            Table(_("Entries"), "ledger_entry", [_("entry"), _("reference"), _("posted")], booked),
        ]

    @admin.display(description=_("source"))
    def source_shown(self, movement: Any) -> SafeString:
        if movement.source is None:
            return link("rails_payee", movement.payee_id, movement.payee)
        return link("rails_fundingsource", movement.source_id, movement.source)

    @admin.display(description=_("status"), ordering="status")
    def state(self, movement: Any) -> SafeString:
        return status(movement)


@admin.register(Contribution)
class ContributionAdmin(MovementAdmin):
    purpose = CONTRIBUTION
    references = ("contribution",)


@admin.register(Withdrawal)
class WithdrawalAdmin(MovementAdmin):
    purpose = WITHDRAWAL
    references = ("withdrawal", *PREFIXES)
    list_filter = ["borne_by", "speed", "is_slowed", *MovementAdmin.list_filter]
    list_select_related = [*MovementAdmin.list_select_related, "payee", "objector"]
    search_ids = [*MovementAdmin.search_ids, "payee"]
    fields = [*MovementAdmin.fields, "borne_by", "speed", "is_slowed", "expected_at", "memo", "executes_at"]
    fields += [person("objector", _("objected")), "late_at"]
    readonly_fields = fields


@admin.register(Claim)
class ClaimAdmin(PeopleLookUp):
    """What payouts that arrived late have left owing; an operator may collect it."""

    list_display = [own_id, group_shown, DEBTOR, AMOUNT, OUTSTANDING, "payout", "opened_at", "closed_at"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter), recent("opened_at", _("opened"))]
    list_select_related = ["group", "user", "withdrawal"]
    date_hierarchy = "opened_at"
    search_ids = ["pk", "group", "user", "withdrawal"]
    search_fields: list[str] = []
    search_help_text = HELP
    fields = list_display
    readonly_fields = fields
    about = {"wallet": "group_id", "person": "user_id"}
    actions = ["collect"]

    def is_sandbox(self, row: Claim) -> bool:
        return bool(row.group.is_sandbox)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Let who collects look, too."""
        return bool(request.user.has_perm("funding.view_claim")) or self.has_collect_permission(request)

    def has_collect_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("funding.collect_claim"))

    def list_tables(self, request: HttpRequest, row: Claim) -> list[Table]:
        entries = Entry.objects.filter(wallet=row.group_id, reference__startswith=f"claim:{row.pk}:")
        booked = [
            [entry_name(entry), entry.reference, moment(entry.posted_at)] for entry in entries.order_by("sequence")
        ]
        return [Table(_("Entries"), "ledger_entry", [_("entry"), _("reference"), _("posted")], booked)]

    @admin.display(description=_("withdrawal"))
    def payout(self, claim: Claim) -> SafeString:
        return link("funding_withdrawal", claim.withdrawal_id, claim.withdrawal)

    @admin.action(description=_("Collect what there is in the stake"), permissions=["collect"])
    def collect(self, request: HttpRequest, claims: QuerySet[Claim]) -> None:
        assert isinstance(request.user, User)
        for claim in claims.order_by("pk")[:ROWS_MAX]:
            try:
                got = collect_claim(
                    operator=request.user, group_id=claim.group_id, claim_id=claim.pk, now=timezone.now()
                )
            except Refusal as refusal:
                self.message_user(request, f"{claim.pk}: {refusal.describe()}", messages.ERROR)
            else:
                self.log_change(request, claim, f"collected {got}")
                self.message_user(request, _("%(amount)s collected.") % {"amount": yuan(got)}, messages.SUCCESS)


def open_claims(now: datetime, midnight: datetime) -> Figure:
    """Count what is owed because a payout arrived after it had failed."""
    outstanding = list(Claim.objects.filter(closed_at__isnull=True).values_list("outstanding", flat=True)[:1000])
    return Figure(len(outstanding), yuan(sum(outstanding)), "mind" if outstanding else "")


card(_("Open claims"), "funding_claim", open_claims, "?closed_at__isempty=1")


def contributions_today(now: datetime, midnight: datetime) -> Figure:
    """Sum what came in today, and count what did not."""
    todays = Contribution.objects.filter(pk__gte=first_id_since(midnight), created_at__gte=midnight)
    settled, failed = Q(status=Movement.Status.SETTLED), Q(status=Movement.Status.FAILED)
    sums = todays.aggregate(
        amount=Sum("amount", filter=settled, default=0),
        settled=Count("pk", filter=settled),
        failed=Count("pk", filter=failed),
    )
    line = _("%(settled)s settled, %(failed)s failed") % sums
    return Figure(yuan(sums["amount"]), line, "mind" if sums["failed"] else "")


card(_("Contributions today"), "funding_contribution", contributions_today, "?since=0")
