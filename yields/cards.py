"""What the operators' first page says about rates, corrections and the trading calendar: each what somebody must do."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.cards import Figure
from yields.calendar import SHANGHAI_TIME
from yields.errors import CalendarMissing, RateMissing, RateNegative
from yields.models import CalendarYear, FundDay, RateCorrection, YieldRun
from yields.models.years import read_shanghai

COUNT_MAX = 1_000
#: So many runs that wait are named; each fund has one at most.
RUNS_NAMED_MAX = 3
WHY: dict[str, Any] = {reason.code: reason.title for reason in (RateMissing, RateNegative, CalendarMissing)}


def show_rates(now: datetime, midnight: datetime) -> Figure:
    """Count the days that are entered and not published, and name the runs that wait, and why."""
    entered = FundDay.objects.filter(state=FundDay.State.ENTERED)[:COUNT_MAX].count()
    waiting = list(YieldRun.objects.filter(state=YieldRun.State.WAITING).order_by("date")[:RUNS_NAMED_MAX])
    if waiting:
        return Figure(
            entered, "; ".join(f"{run.fund_id} {run.date}: {WHY.get(run.note, run.note)}" for run in waiting), "bad"
        )
    return Figure(entered, _("no run waits"), "mind" if entered else "")


def show_corrections(now: datetime, midnight: datetime) -> Figure:
    """Count the corrections that are being carried out, those that are short, and those to be published."""
    entered, running, short = (
        _count(RateCorrection.objects.filter(state=state))
        for state in (RateCorrection.State.ENTERED, RateCorrection.State.RUNNING, RateCorrection.State.SHORT)
    )
    line = _("%(running)s under way, %(short)s short") % {"running": running, "short": short}
    return Figure(entered, line, "bad" if short else "mind" if entered else "")


def show_calendar(now: datetime, midnight: datetime) -> Figure:
    """Say up to which year the trading days are known, and warn from 60 days before its end on."""
    calendar, today = read_shanghai(), now.astimezone(SHANGHAI_TIME).date()
    to_confirm = _count(CalendarYear.objects.filter(state=CalendarYear.State.ENTERED))
    line = _("%(days)s days left, %(count)s years to confirm")
    told = {"days": max(0, calendar.days_left(today)), "count": to_confirm}
    return Figure(calendar.last_year, line % told, "bad" if calendar.is_running_out(today) else "")


def _count(rows: QuerySet[Any]) -> int:
    return rows[:COUNT_MAX].count()
