"""What was proposed and how people voted, to be read. No operator votes, and none undoes a vote."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from groups.members.shown import group_shown
from groups.proposals.kinds import get_kind, list_kinds
from groups.proposals.models import Proposal, Vote
from wallet.api.operators.cards import Figure, card
from wallet.api.operators.links import lead
from wallet.api.operators.pages import ROWS_MAX, Table, recent
from wallet.api.operators.shown import NOTHING, link, moment, own_id, status, yuan
from wallet.identity.lookups import HELP, PeopleLookUp, person

lead("wallet", "proposals_proposal", by="group", place=15)
PROPOSER = person("proposer", _("proposer"))


class KindFilter(admin.SimpleListFilter):
    """By kind, as the rooms have registered them."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.name, kind.text) for kind in list_kinds()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Proposal)
class ProposalAdmin(PeopleLookUp):
    list_display = [own_id, group_shown, "kind_shown", PROPOSER, "state", "created_at", "expires_at", "ended_at"]
    list_filter = ["status", KindFilter, recent("created_at", _("made"))]
    list_select_related = ["group", "proposer"]
    date_hierarchy = "created_at"
    search_ids = ["pk", "group", "proposer"]
    search_help_text = HELP
    people = ["proposer"]
    fieldsets = [
        (None, {"fields": [own_id, group_shown, "kind_shown", PROPOSER, "state", "content", "result"]}),
        (_("Vote"), {"fields": ["who", "silence", "created_at", "expires_at", "ended_at", "digest"]}),
    ]
    readonly_fields = [field for _title, options in fieldsets for field in options["fields"]]
    about = {"wallet": "group_id", "person": "proposer_id"}

    def is_sandbox(self, row: Proposal) -> bool:
        return row.group.is_sandbox

    def list_tables(self, request: HttpRequest, row: Proposal) -> list[Table]:
        votes = Vote.objects.filter(group=row.group_id, proposal=row).select_related("voter").order_by("id")
        rows = [
            [link("identity_user", vote.voter_id, vote.voter), vote.get_choice_display(), moment(vote.cast_at)]
            for vote in votes[:ROWS_MAX]
        ]
        return [Table(_("Votes"), "proposals_proposal", [_("voter"), _("vote"), _("cast")], rows)]

    @admin.display(description=_("kind"), ordering="kind")
    def kind_shown(self, proposal: Proposal) -> str:
        return str(get_kind(proposal.kind).text)

    @admin.display(description=_("status"), ordering="status")
    def state(self, proposal: Proposal) -> SafeString:
        return status(proposal)

    @admin.display(description=_("content"))
    def content(self, proposal: Proposal) -> SafeString | str:
        return _written(get_kind(proposal.kind).present(proposal.payload))

    @admin.display(description=_("outcome"))
    def result(self, proposal: Proposal) -> SafeString | str:
        return _written(proposal.outcome)

    @admin.display(description=_("who votes"))
    def who(self, proposal: Proposal) -> str:
        return str(get_kind(proposal.kind).who)

    @admin.display(description=_("if they are silent"))
    def silence(self, proposal: Proposal) -> str:
        return str(get_kind(proposal.kind).silence)


def _written(content: dict[str, Any]) -> SafeString | str:
    """Write what a proposal holds, a line each; amounts as such."""
    lines = [(name, _value(value)) for name, value in content.items()]
    return format_html_join("", "<div>{}: {}</div>", lines) or NOTHING


def _value(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return yuan(value["amount"])
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_value(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "; ".join(map(_value, value))
    return NOTHING if value is None else str(value)


def open_proposals(now: datetime, midnight: datetime) -> Figure:
    """Count what waits for votes."""
    return Figure(Proposal.objects.filter(status=Proposal.Status.OPEN, expires_at__gt=now).count())


card(_("Open proposals"), "proposals_proposal", open_proposals, "?status__exact=open")
