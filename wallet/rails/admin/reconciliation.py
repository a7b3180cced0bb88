"""Days of ours against the rails' statements. Where they differ, an operator says why; nothing else is written."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.cards import Figure, card
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, recent
from wallet.api.operators.shown import NOTHING, link
from wallet.identity.lookups import person
from wallet.rails.admin.differences import (
    DifferencePage,
    OpenDifferenceFilter,
    count_left,
    count_open,
    describe,
    say,
    state_of,
    state_of_day,
)
from wallet.rails.models import Difference, ReconciliationRun, TransferNumber


def differences_table(differences: Iterable[Difference]) -> Table:
    """Show differences beside what they are about."""
    rows = [describe(each, each.out_no) for each in differences]
    headers = [_("difference"), _("our number"), _("we say"), _("the rail says"), _("status")]
    return Table(_("Differences to the rail's statement"), "rails_difference", headers, rows)


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(LookUp):
    list_display = ["day", "rail", "state", "lines", "asked", "times", "finished_at"]
    list_filter = ["rail", ("finished_at", admin.EmptyFieldListFilter)]
    date_hierarchy = "day"
    ordering = ["-day", "rail"]
    search_fields = ["rail"]
    search_help_text = _("A rail")
    fields = ["day", "rail", "state", "lines", "asked", "times", "started_at", "finished_at", "problem"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReconciliationRun]:
        return count_left(super().get_queryset(request))

    def list_tables(self, request: HttpRequest, row: ReconciliationRun) -> list[Table]:
        return [differences_table(row.differences.order_by("pk")[:ROWS_MAX])]

    @admin.display(description=_("status"))
    def state(self, run: Any) -> SafeString:
        return state_of_day(run)


@admin.register(Difference)
class DifferenceAdmin(DifferencePage):
    list_display = ["run", "kind", "out_no", "we_say", "they_say", "state", "first_seen_at"]
    list_filter = ["kind", "run__rail", OpenDifferenceFilter, recent("first_seen_at", _("first seen"))]
    list_select_related = ["run"]
    date_hierarchy = "first_seen_at"
    search_ids = ["pk", "run"]
    search_fields = ["out_no", "reference"]
    search_help_text = _("Our number of a transfer, or the rail's reference")
    shown = ["run_shown", "kind", "transfer", "reference", "we_say", "they_say", "state"]
    shown += ["first_seen_at", "last_seen_at", "gone_at"]
    shown += ["explanation", person("explained_by", _("explained by")), "explained_at"]
    readonly_fields = shown

    @admin.display(description=_("reconciliation"))
    def run_shown(self, difference: Difference) -> SafeString:
        return link("rails_reconciliationrun", difference.run_id, difference.run)

    @admin.display(description=_("our number"))
    def transfer(self, difference: Difference) -> SafeString | str:
        found = TransferNumber.objects.filter(pk=difference.out_no).first()
        return link("rails_transfer", found.transfer_id, found.out_no) if found else difference.out_no or NOTHING

    @admin.display(description=_("the rail says"))
    def they_say(self, difference: Difference) -> str:
        return say(difference, difference.theirs)

    @admin.display(description=_("status"))
    def state(self, difference: Difference) -> SafeString:
        return state_of(difference)


def open_differences(now: Any, midnight: Any) -> Figure:
    """Count what differs from the rails' statements and is not explained, and days without a statement."""
    return count_open(Difference, ReconciliationRun)


card(_("Differences to explain"), "rails_difference", open_differences, "?open=1")
