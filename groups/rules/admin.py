"""The rules that groups have agreed on, to be read: one page a group, with limits, blocks, pauses, tiers, counters."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from groups.members.shown import group_shown
from groups.rules.models import Rulebook, SpendingCounter
from groups.rules.selectors import list_blocks, list_limits, list_pauses, list_tiers
from wallet.api.operators.links import lead
from wallet.api.operators.pages import LookUp, Table
from wallet.api.operators.shown import NOTHING, link, moment, money, yuan

lead("wallet", "rules_rulebook", place=12)
PAGE = "rules_rulebook"
COUNTERS_MAX = 60
EVERYBODY = _("everybody")


@admin.register(Rulebook)
class RulebookAdmin(LookUp):
    list_display = [group_shown, "window_starts_at", "window_ends_at", "part_percent", "objection_hours"]
    list_display_links = ["window_starts_at"]
    list_select_related = ["group"]
    search_fields = ["group__name__startswith"]
    search_help_text = _("A group's id, or the beginning of its name")
    fields = [
        group_shown,
        "window_starts_at",
        "window_ends_at",
        "part_percent",
        "objection_hours",
        money("owe_max", _("what a member may owe")),
        "payers_choose",
    ]
    readonly_fields = fields
    about = {"wallet": "pk"}

    def is_sandbox(self, row: Rulebook) -> bool:
        return row.group.is_sandbox

    def list_tables(self, request: HttpRequest, row: Rulebook) -> list[Table]:
        return [_limits(row), _blocks(row), _pauses(row), _tiers(row), _counters(row)]


def _limits(book: Rulebook) -> Table:
    rows = [
        [rule.get_limit_display(), _member(rule), yuan(rule.amount)]
        for rule in list_limits(book.pk).select_related("member")
    ]
    return Table(_("Limits"), PAGE, [_("limit"), _("member"), _("amount")], rows)


def _blocks(book: Rulebook) -> Table:
    rows = [[rule.category, _member(rule)] for rule in list_blocks(book.pk).select_related("member")]
    return Table(_("Blocked categories"), PAGE, [_("category"), _("member")], rows)


def _pauses(book: Rulebook) -> Table:
    rows = [
        [_member(rule), link("identity_user", rule.paused_by_id, rule.paused_by), moment(rule.paused_at)]
        for rule in list_pauses(book.pk).select_related("member", "paused_by")
    ]
    return Table(_("Pauses"), PAGE, [_("member"), _("paused by"), _("paused")], rows)


def _tiers(book: Rulebook) -> Table:
    rows = [[yuan(tier.above), tier.approvals] for tier in list_tiers(book.pk)]
    return Table(_("Approval tiers"), PAGE, [_("above"), _("approvals")], rows)


def _counters(book: Rulebook) -> Table:
    counters = SpendingCounter.objects.filter(group=book.pk).select_related("member").order_by("-starts_at", "id")
    rows = [[moment(row.starts_at), _member(row), yuan(row.spent)] for row in counters[:COUNTERS_MAX]]
    return Table(_("Spent"), PAGE, [_("month began"), _("member"), _("spent")], rows)


def _member(rule: Any) -> Any:
    return link("identity_user", rule.member_id, rule.member or NOTHING) if rule.member_id else EVERYBODY
