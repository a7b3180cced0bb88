"""How groups and members part, to be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from groups.exits.models import Dissolution, Leaving, Succession
from groups.members.shown import group_shown
from wallet.api.operators.links import call_kind, lead, lead_reference
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, recent
from wallet.api.operators.shown import NOTHING, link, own_id, status, yuan
from wallet.identity.lookups import HELP, PeopleLookUp, person
from wallet.identity.models import User

for model in ("dissolution", "leaving", "succession"):
    lead("wallet", f"exits_{model}", by="group", place=40)
lead("person", "exits_leaving", by="user", place=40)
lead_reference("dissolution", "exits_dissolution")
lead_reference("debt", "proposals_proposal")
call_kind("shares_agreed", _("shares agreed on"))
call_kind("debt_settled", _("debt settled outside"))


@admin.register(Leaving)
class LeavingAdmin(PeopleLookUp):
    list_display = [own_id, group_shown, person("user", _("member")), "payout", "asked_at", "ended_at"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter), recent("asked_at", _("asked"))]
    list_select_related = ["group", "user", "withdrawal"]
    search_ids = ["pk", "group", "user", "withdrawal"]
    search_help_text = HELP
    fields = [own_id, group_shown, person("user", _("member")), "payout", "asked_at", "ended_at"]
    readonly_fields = fields
    about = {"wallet": "group_id", "person": "user_id"}

    def is_sandbox(self, row: Leaving) -> bool:
        return row.group.is_sandbox

    @admin.display(description=_("withdrawal"))
    def payout(self, leaving: Leaving) -> SafeString:
        return link("funding_withdrawal", leaving.withdrawal_id, yuan(leaving.withdrawal.amount))


@admin.register(Dissolution)
class DissolutionAdmin(LookUp):
    list_display = [group_shown, "reason", "version", "dissolved_at"]
    list_display_links = ["reason"]
    list_filter = ["reason", recent("dissolved_at", _("dissolved"))]
    list_select_related = ["group", "proposal"]
    fields = [group_shown, "reason", "version", "text", "signed", "dissolved_at"]
    readonly_fields = fields
    about = {"wallet": "pk"}

    def is_sandbox(self, row: Dissolution) -> bool:
        return row.group.is_sandbox

    def list_tables(self, request: HttpRequest, row: Dissolution) -> list[Table]:
        people = User.objects.in_bulk(row.shares)
        shares = sorted((str(people[key]), key, share) for key, share in _by_person(row, people))
        rows = [[link("identity_user", key, name), yuan(share)] for name, key, share in shares[:ROWS_MAX]]
        return [Table(_("Shares"), "exits_dissolution", [_("person"), _("share")], rows)]

    @admin.display(description=_("proposal"))
    def signed(self, dissolution: Dissolution) -> SafeString | str:
        proposal = dissolution.proposal
        return link("proposals_proposal", proposal.pk, proposal.pk) if proposal else NOTHING


def _by_person(dissolution: Dissolution, people: dict[Any, User]) -> list[tuple[Any, int]]:
    return [(user_id, dissolution.shares[str(user_id)]) for user_id in people]


@admin.register(Succession)
class SuccessionAdmin(PeopleLookUp):
    list_display = [
        own_id,
        group_shown,
        person("owner", _("owner")),
        person("heir", _("heir")),
        "reason",
        "state",
        "announced_at",
        "due_at",
    ]
    list_filter = ["status", "reason", recent("announced_at", _("announced"))]
    list_select_related = ["group", "owner", "heir"]
    search_ids = ["pk", "group", "owner", "heir"]
    search_help_text = HELP
    people = ["owner", "heir"]
    fields = [*list_display, "ended_at"]
    readonly_fields = fields
    about = {"wallet": "group_id"}

    def is_sandbox(self, row: Succession) -> bool:
        return row.group.is_sandbox

    @admin.display(description=_("status"), ordering="status")
    def state(self, succession: Succession) -> SafeString:
        return status(succession)
