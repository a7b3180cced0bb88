"""When money starts to earn: trading days, the 15:00 cut, and what is still unconfirmed on a day.

- T, the trade date, is the day the money came in if it trades and it is before 15:00:00 in Asia/Shanghai, else the
  next trading day. C, the confirmation, is the trading day after T. Money earns from day C; that income is credited on
  C + 1.
- A calendar knows the years it was given and answers no question outside them: a guessed holiday would be paid out.
- Make-up working weekends are not trading days: the exchange stays shut whoever else works.
- The sandbox fund trades on every weekday of any year, so that the demo starts whenever it is.
"""

import csv
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI_TIME = ZoneInfo("Asia/Shanghai")
CUT = time(15)
WARNING_DAYS = 60
#: So many weekdays the exchange is closed in a year; since 2013 it was 16 to 23.
CLOSURES_MIN, CLOSURES_MAX = 8, 25
#: Statutory holidays on which it is closed in every year, as far as they are weekdays: a list that ends before
#: October, say, lacks some of them.
ALWAYS_CLOSED = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))

_ONE_DAY = timedelta(days=1)
_FRIDAY = 4


class CalendarNotLoaded(LookupError):
    """The question reaches a day of a year whose closures have not been loaded."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The three days of a transfer into the fund."""

    trade_date: date
    confirm_date: date
    first_credit_date: date


@dataclass(frozen=True, slots=True)
class TradingCalendar:
    """The trading days of whole years: every weekday from `first_year` to `last_year` that is not in `closures`."""

    name: str
    closures: frozenset[date]
    first_year: int
    last_year: int

    def is_trading_day(self, day: date) -> bool:
        """:raises CalendarNotLoaded: when the day lies outside the loaded years."""
        if not self.first_year <= day.year <= self.last_year:
            loaded = f"{self.first_year}–{self.last_year}"
            raise CalendarNotLoaded(f"the calendar {self.name} knows {loaded}, not {day.isoformat()}")
        return day.weekday() <= _FRIDAY and day not in self.closures

    def next_trading_day(self, day: date) -> date:
        """Return the first trading day after `day`."""
        return self.first_trading_day_from(day + _ONE_DAY)

    def previous_trading_day(self, day: date) -> date:
        """Return the last trading day before `day`."""
        return self.last_trading_day_until(day - _ONE_DAY)

    def first_trading_day_from(self, day: date) -> date:
        """Return `day` if it trades, else the first trading day after it."""
        while not self.is_trading_day(day):
            day += _ONE_DAY
        return day

    def last_trading_day_until(self, day: date) -> date:
        """Return `day` if it trades, else the last trading day before it."""
        while not self.is_trading_day(day):
            day -= _ONE_DAY
        return day

    def days_left(self, today: date) -> int:
        """Return the days from `today` to the end of the last loaded year; negative once it is over."""
        return (date(self.last_year, 12, 31) - today).days

    def is_running_out(self, today: date) -> bool:
        """Tell whether operators must load another year now."""
        return self.days_left(today) <= WARNING_DAYS

    def with_year(self, year: int, closures: Collection[date]) -> "TradingCalendar":
        """Return this calendar with one more year.

        :raises ValueError: when the year does not follow the last one, or the list cannot be that of a whole year.
        """
        if year != self.last_year + 1:
            raise ValueError(f"after {self.last_year} comes {self.last_year + 1}, not {year}")
        if odd := list_odd_closures(year, closures):
            raise ValueError(f"not closed weekdays of {year}, each once: {odd}")
        missing = list_missing_closures(year, closures)
        if missing or not CLOSURES_MIN <= len(closures) <= CLOSURES_MAX:
            raise ValueError(f"not the closures of a whole year: {len(closures)} days, without {missing}")
        return replace(self, closures=self.closures | set(closures), last_year=year)


@dataclass(frozen=True, slots=True)
class WeekdayCalendar(TradingCalendar):
    """The sandbox fund's: every weekday trades, in any year; it has no closures and never runs out."""

    name: str = "sandbox"
    closures: frozenset[date] = frozenset()
    first_year: int = MINYEAR
    last_year: int = MAXYEAR


def list_odd_closures(year: int, closures: Collection[date]) -> list[date]:
    """List what cannot stand in a year's list of closed weekdays: weekends, days of other years, days named twice."""
    known: set[date] = set()
    odd = []
    for day in closures:
        if day.year != year or day.weekday() > _FRIDAY or day in known:
            odd.append(day)
        known.add(day)
    return odd


def list_missing_closures(year: int, closures: Collection[date]) -> list[date]:
    """List the weekdays of a year on which the exchange is always closed, and which the list lacks."""
    holidays = [date(year, month, day) for month, day in ALWAYS_CLOSED]
    return [day for day in holidays if day.weekday() <= _FRIDAY and day not in closures]


def load_calendar(name: str, path: Path) -> TradingCalendar:
    """Read closed weekdays from a CSV with a column `date`; the loaded years are those from its first to its last row.

    :raises ValueError: when a row is not a date, is a weekend or comes twice, or when a year between has no row at all.
    """
    with path.open(encoding="utf-8", newline="") as file:
        days = [date.fromisoformat(row["date"]) for row in csv.DictReader(file)]
    weekends = [day for day in days if day.weekday() > _FRIDAY]
    if weekends or len(set(days)) != len(days):
        raise ValueError(f"{path.name}: closures are weekdays, each once: {weekends or 'doubled days'}")
    years = {day.year for day in days}
    if not years or years != set(range(min(years), max(years) + 1)):
        raise ValueError(f"{path.name}: the years must follow one another: {sorted(years)}")
    return TradingCalendar(name=name, closures=frozenset(days), first_year=min(years), last_year=max(years))


SHANGHAI = load_calendar("Shanghai", Path(__file__).parent / "data" / "cn_market_closures.csv")
SANDBOX = WeekdayCalendar()


def confirmation(paid_in_at: datetime, calendar: TradingCalendar = SHANGHAI) -> Confirmation:
    """Return when money that came in at `paid_in_at` trades, is confirmed, and is first credited with income.

    :raises ValueError: when `paid_in_at` is naive.
    :raises CalendarNotLoaded: when one of the trading days lies outside the calendar.
    """
    local = _to_shanghai(paid_in_at)
    day = local.date() if local.time() < CUT else local.date() + _ONE_DAY
    trade_date = calendar.first_trading_day_from(day)
    confirm_date = calendar.next_trading_day(trade_date)
    return Confirmation(trade_date, confirm_date, first_credit_date=confirm_date + _ONE_DAY)


def unconfirmed_since(day: date, calendar: TradingCalendar = SHANGHAI) -> datetime:
    """Return τ(day), the first instant whose money is not confirmed yet on `day`.

    It is 15:00 in Shanghai on the trading day before the last trading day ≤ `day`.
    """
    cut_day = calendar.previous_trading_day(calendar.last_trading_day_until(day))
    return datetime.combine(cut_day, CUT, SHANGHAI_TIME)


def day_end(day: date) -> datetime:
    """Return the first instant after `day` in Shanghai: flows of the day are before it."""
    return datetime.combine(day + _ONE_DAY, time(), SHANGHAI_TIME)


def _to_shanghai(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError(f"a moment needs its time zone: {moment.isoformat()}")
    return moment.astimezone(SHANGHAI_TIME)
