"""Which flows belong to the order of a trading day, and which days have an order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Min

from yields.calendar import CUT, SHANGHAI_TIME, CalendarNotLoaded, TradingCalendar, confirmation
from yields.errors import CalendarMissing
from yields.fundside.errors import NotATradingDay
from yields.models import Fund

#: A command that began before 15:00 may be committed after it, with a moment of before. By then it is.
CUT_PASSES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Window:
    """The flows of a trade date: from one cut to the next, and when the fund confirms them."""

    since: datetime
    until: datetime
    confirm_date: date


def window_of(fund: Fund, day: date) -> Window:
    """Give the flows of a trading day.

    :raises NotATradingDay: when the fund does not trade on it.
    :raises CalendarMissing: when it, or a trading day beside it, lies outside the fund's calendar.
    """
    calendar = fund.trading_days
    try:
        if not calendar.is_trading_day(day):
            raise NotATradingDay(fund=fund.pk, date=day.isoformat())
        before, after = calendar.previous_trading_day(day), calendar.next_trading_day(day)
    except CalendarNotLoaded as error:
        raise CalendarMissing(date=day.isoformat()) from error
    return Window(cut(before), cut(day), after)


def cut(day: date) -> datetime:
    """Give 15:00 of a day in Shanghai."""
    return datetime.combine(day, CUT, SHANGHAI_TIME)


def first_moment(fund: Fund) -> datetime | None:
    """Say when the first group enrolled."""
    first: datetime | None = fund.enrollments.aggregate(first=Min("enrolled_at"))["first"]
    return first


def first_trade_date(fund: Fund) -> date | None:
    """Say which trading day has the first order: that of the first group that enrolled."""
    first = first_moment(fund)
    return confirmation(first, fund.trading_days).trade_date if first else None


def list_trade_dates(fund: Fund, now: datetime) -> Iterator[date]:
    """List the trading days that had their cut, from the first that has an order."""
    calendar: TradingCalendar = fund.trading_days
    day = first_trade_date(fund)
    while day is not None and cut(day) + CUT_PASSES <= now:
        yield day
        day = calendar.next_trading_day(day)
