"""How operators see yield: a fund marked where it is a sandbox, a run in its colour, a day with every member's part."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.pages import ROWS_MAX, LookUp, Table
from wallet.api.operators.shown import NOTHING, label, link, moment, sandbox_label, yuan
from wallet.ledger.shown import entry_name
from yields.explanation import Explanation
from yields.models import (
    CalendarYear,
    CorrectedDay,
    FastAllowance,
    FastCashOut,
    Fund,
    FundDay,
    RateCorrection,
    YieldDay,
    YieldPartition,
    YieldRun,
)

TONES = {
    FundDay.State.ENTERED: "mind",
    FundDay.State.PUBLISHED: "good",
    YieldRun.State.RUNNING: "plain",
    YieldRun.State.WAITING: "bad",
    YieldRun.State.SHORT: "bad",
    YieldRun.State.FINISHED: "good",
    RateCorrection.State.WITHDRAWN: "plain",
    RateCorrection.State.REPLACED: "plain",
    CalendarYear.State.CONFIRMED: "good",
}
PART_TONES = {
    YieldPartition.State.WAITING: "plain",
    YieldPartition.State.WORKING: "mind",
    YieldPartition.State.DONE: "good",
}


class DayLookUp(LookUp):
    """A table of days: a typed day finds its rows."""

    search_help_text: Any = _("An id, or a day as 2026-11-22")
    day_field = "date"

    def matches(self, term: str) -> Q:
        try:
            return Q(**{self.day_field: date.fromisoformat(term)})
        except ValueError:
            return super().matches(term)


def fund_name(fund: Fund) -> SafeString:
    """Write a fund by code and name, and say when it is a sandbox."""
    named = link("yields_fund", fund.pk, fund)
    return format_html("{} {}", named, sandbox_label()) if fund.is_sandbox else named


@admin.display(description=_("fund"), ordering="fund")
def fund_shown(row: Any) -> SafeString:
    return fund_name(row.fund)


@admin.display(description=_("state"), ordering="state")
def state_shown(row: Any) -> SafeString:
    return label(row.get_state_display(), TONES[row.state])


@admin.display(description=_("entry"))
def entry_shown(row: YieldDay | CorrectedDay) -> SafeString | str:
    return entry_name(row.entry) if row.entry else NOTHING


def parts_table(told: Explanation) -> Table:
    """Show what each member's stake held, what of it earned, and what it got, worked out again from the postings."""
    rows = [
        [
            link("identity_user", part.user, part.name),
            yuan(part.standing.balance),
            yuan(part.standing.unconfirmed),
            yuan(part.standing.base),
            yuan(part.income),
        ]
        for part in told.members
    ]
    headers = [_("member"), _("stake"), _("not confirmed"), _("base"), _("income")]
    title = _("Worked out again: it is what was credited") if told.agrees else _("Worked out again: IT DIFFERS")
    return Table(title, "yields_yieldday", headers, rows)


def partitions_table(run: YieldRun) -> Table:
    """Show how far each part of a run is, and who has it."""
    rows = [
        [
            part.number + 1,
            label(part.get_state_display(), PART_TONES[YieldPartition.State(part.state)]),
            f"{part.done:,} / {part.enrolled:,}",
            yuan(part.income),
            part.worker or NOTHING,
            moment(part.leased_until),
            part.note or NOTHING,
        ]
        for part in run.partitions.order_by("number")[:ROWS_MAX]
    ]
    headers = [_("part"), _("state"), _("wallets done"), _("income"), _("worker"), _("lease ends"), _("note")]
    return Table(_("Parts"), "yields_yieldrun", headers, rows)


def lots_table(told: Explanation) -> Table:
    """Show what did not earn on a day, and from when on it does."""
    rows = [
        [
            lot.kind,
            lot.came_in_at.isoformat(),
            yuan(lot.amount),
            yuan(lot.left),
            lot.confirmation.confirm_date.isoformat() if lot.confirmation else NOTHING,
        ]
        for lot in told.lots
    ]
    headers = [_("kind"), _("came in"), _("amount"), _("left of it"), _("earns from")]
    return Table(_("Not confirmed on this day"), "yields_yieldday", headers, rows)


def cash_outs_table(row: FastAllowance) -> Table:
    """Show what took a holder's allowance of a day, of all their groups, and what was given back."""
    taken = FastCashOut.objects.filter(holder=row.holder_id, date=row.date).select_related("group").order_by("-pk")
    rows = [
        [
            link("members_group", each.group_id, each.group),
            link("funding_withdrawal", each.withdrawal_id, yuan(each.amount)),
            moment(each.given_back_at),
        ]
        for each in taken[:ROWS_MAX]
    ]
    headers = [_("group"), _("withdrawal"), _("given back")]
    return Table(_("Went out fast"), "funding_withdrawal", headers, rows)


def corrections_table(told: Explanation) -> Table:
    """Show what corrections made of a day: rates and income before and after, and both entries."""
    rows = [
        [
            link("yields_ratecorrection", step.corrected.correction_id, step.corrected.number),
            step.rate_before,
            step.corrected.yield_per_10k,
            yuan(step.corrected.income_before),
            yuan(step.corrected.income),
            entry_name(step.corrected.reversal) if step.corrected.reversal else NOTHING,
            entry_shown(step.corrected),
        ]
        for step in told.corrections
    ]
    headers = [_("number"), _("rate before"), _("rate"), _("income before"), _("income"), _("reversal"), _("entry")]
    return Table(_("Corrections"), "yields_yieldday", headers, rows)
