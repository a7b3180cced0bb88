"""A year of Shanghai's trading days: one operator enters the closed weekdays, another confirms them.

The exchange publishes them in the last weeks of the year before. What is entered must look like a whole year: closed
weekdays of that year and no other, each once, not too few and not too many, with the holidays that no year lacks; and
it follows the last year that is known. A confirmed year never changes.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import structlog
from django.db import transaction

from wallet.identity.models import User
from wallet.identity.rights import check_permission
from yields.calendar import CLOSURES_MAX, CLOSURES_MIN, SHANGHAI_TIME, list_missing_closures, list_odd_closures
from yields.errors import (
    ClosureMissing,
    ClosureOdd,
    ClosuresImplausible,
    ClosureUnreadable,
    YearConfirmed,
    YearNeedsAnother,
    YearNotEntered,
    YearNotNext,
)
from yields.models import CalendarYear
from yields.models.years import forget, read_shanghai

#: Of a list that is far too long, only so much is read.
LINES_MAX = 100
logger = structlog.get_logger(__name__)


def read_closures(lines: Iterable[str]) -> list[date]:
    """Read days from lines or from a CSV whose first column is the date; what the others hold does not matter.

    :raises ClosureUnreadable: when a line does not begin with a day.
    :raises ClosuresImplausible: when there are far too many.
    """
    days: list[date] = []
    for number, line in enumerate(lines, start=1):
        first = line.lstrip("\ufeff").split(",")[0].strip().strip('"')
        if not first or (number == 1 and not first[0].isdigit()):
            continue  # an empty line, or the names of the columns
        if len(days) == LINES_MAX:
            raise ClosuresImplausible(count=number, least=CLOSURES_MIN, most=CLOSURES_MAX)
        try:
            days.append(date.fromisoformat(first.replace("/", "-")))
        except ValueError as error:
            raise ClosureUnreadable(row=number) from error
    return days


@transaction.atomic
def enter_year(*, actor: User, year: int, closures: Sequence[date], now: datetime) -> CalendarYear:
    """Enter a year's closed weekdays, or correct what was entered and not confirmed.

    :raises OperatorNotAllowed: without the right to add calendar years.
    :raises YearConfirmed: when it is confirmed.
    :raises YearNotNext: when it does not follow the last year that is known.
    :raises ClosureOdd: when a day is no weekday of the year, or is named twice.
    :raises ClosureMissing: when the list lacks a holiday that no year lacks.
    :raises ClosuresImplausible: when there are too few or too many.
    """
    check_permission(actor, "yields.add_calendaryear")
    entered = CalendarYear.objects.select_for_update().filter(year=year).first() or CalendarYear(year=year)
    _check_next(entered)
    _check_closures(year, closures)
    entered.closures = sorted(closures)
    entered.entered_by, entered.entered_at = actor, now
    entered.save()
    return entered


@transaction.atomic
def confirm_year(*, actor: User, year: int, now: datetime) -> CalendarYear:
    """Confirm what another operator has entered. From then on the calendar knows the year, everywhere in a minute.

    :raises OperatorNotAllowed: without the right to confirm.
    :raises YearNotEntered: when nothing is entered.
    :raises YearConfirmed: when it is confirmed.
    :raises YearNeedsAnother: when the actor entered it.
    :raises YearNotNext: when it does not follow the last year that is known.
    """
    check_permission(actor, "yields.confirm_calendaryear")
    entered = CalendarYear.objects.select_for_update().filter(year=year).first()
    if entered is None:
        raise YearNotEntered(year=year)
    _check_next(entered)
    if entered.entered_by_id == actor.pk:
        raise YearNeedsAnother
    _check_closures(year, entered.closures)
    entered.state, entered.confirmed_by, entered.confirmed_at = CalendarYear.State.CONFIRMED, actor, now
    entered.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    transaction.on_commit(forget)
    return entered


def look_at_calendar(*, now: datetime) -> int:
    """Say in the log that the calendar ends, from 60 days before it on; give the days that are left."""
    calendar, today = read_shanghai(), now.astimezone(SHANGHAI_TIME).date()
    left = calendar.days_left(today)
    if calendar.is_running_out(today):
        logger.warning(
            "trading_calendar_runs_out", calendar=calendar.name, last_year=calendar.last_year, days_left=left
        )
    return left


def _check_next(entered: CalendarYear) -> None:
    if entered.state == CalendarYear.State.CONFIRMED:
        raise YearConfirmed(year=entered.year)
    following = read_shanghai().last_year + 1
    if entered.year != following:
        raise YearNotNext(year=entered.year, expected=following)


def _check_closures(year: int, closures: Sequence[date]) -> None:
    if odd := list_odd_closures(year, closures):
        raise ClosureOdd(date=odd[0].isoformat(), year=year)
    if not CLOSURES_MIN <= len(closures) <= CLOSURES_MAX:
        raise ClosuresImplausible(count=len(closures), least=CLOSURES_MIN, most=CLOSURES_MAX)
    if missing := list_missing_closures(year, closures):
        raise ClosureMissing(date=missing[0].isoformat())
