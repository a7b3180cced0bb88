"""When money starts to earn: the design's table, edges of the cut and of the years, the base day by day with lots."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yields.calendar import (
    SANDBOX,
    SHANGHAI,
    SHANGHAI_TIME,
    CalendarNotLoaded,
    Confirmation,
    TradingCalendar,
    WeekdayCalendar,
    confirmation,
    day_end,
    load_calendar,
    unconfirmed_since,
)
from yields.rates import base

TUE, WED, THU, FRI, SAT, SUN, MON = (date(2026, 11, 3) + timedelta(days=n) for n in range(7))
NEXT_TUE, NEXT_WED = MON + timedelta(days=1), MON + timedelta(days=2)
CUT = time(15)
JUST_BEFORE = time(14, 59, 59, 999999)


def at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI_TIME)


@pytest.mark.parametrize(
    ("calendar", "paid_from", "paid_before", "trade", "confirm", "credit"),
    [
        *[
            (calendar, *row)
            for calendar in (SHANGHAI, SANDBOX)
            for row in [
                (TUE, WED, WED, THU, FRI),
                (WED, THU, THU, FRI, SAT),
                (THU, FRI, FRI, MON, NEXT_TUE),
                (FRI, MON, MON, NEXT_TUE, NEXT_WED),
            ]
        ],
        (SHANGHAI, date(2026, 9, 30), date(2026, 10, 8), date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 10)),
    ],
)
def test_the_table_holds_from_cut_to_cut(
    calendar: TradingCalendar, paid_from: date, paid_before: date, trade: date, confirm: date, credit: date
) -> None:
    expected = Confirmation(trade, confirm, credit)
    middle = at(paid_from, CUT) + (at(paid_before, CUT) - at(paid_from, CUT)) / 2
    for moment in (at(paid_from, CUT), middle, at(paid_before, JUST_BEFORE)):
        assert confirmation(moment, calendar) == expected
    assert confirmation(at(paid_from, JUST_BEFORE), calendar).trade_date < trade
    assert confirmation(at(paid_before, CUT), calendar).trade_date > trade


def test_a_make_up_working_day_does_not_trade() -> None:
    assert confirmation(at(date(2026, 10, 10), time(10))) == Confirmation(
        date(2026, 10, 12), date(2026, 10, 13), date(2026, 10, 14)
    )


def test_the_exchange_may_shut_without_a_statutory_holiday() -> None:
    assert confirmation(at(date(2024, 2, 9), time(10))) == Confirmation(
        date(2024, 2, 19), date(2024, 2, 20), date(2024, 2, 21)
    )


def test_the_weekend_after_a_confirmed_friday_earns() -> None:
    assert confirmation(at(THU, JUST_BEFORE)).confirm_date == FRI
    assert confirmation(at(THU, CUT)).confirm_date == MON


def test_the_moment_may_come_in_any_zone() -> None:
    same = datetime(2026, 11, 4, 7, 0, tzinfo=UTC)  # 15:00 in Shanghai
    assert (
        confirmation(same) == confirmation(same.astimezone(ZoneInfo("America/New_York"))) == confirmation(at(WED, CUT))
    )
    assert confirmation(same - timedelta(microseconds=1)).trade_date == WED
    assert confirmation(same).trade_date == THU


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        confirmation(datetime(2026, 11, 4, 10))  # noqa: DTZ001


def test_the_first_question_that_reaches_2027_raises() -> None:
    last = confirmation(at(date(2026, 12, 30), JUST_BEFORE))
    assert last == Confirmation(date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1))
    with pytest.raises(CalendarNotLoaded, match="2013–2026, not 2027-01-01"):
        confirmation(at(date(2026, 12, 30), CUT))
    with pytest.raises(CalendarNotLoaded):
        unconfirmed_since(date(2027, 1, 1))


def test_before_the_first_year_it_raises_too() -> None:
    assert SHANGHAI.is_trading_day(date(2013, 1, 4))
    with pytest.raises(CalendarNotLoaded):
        SHANGHAI.previous_trading_day(date(2013, 1, 4))


def test_it_warns_sixty_days_before_its_end() -> None:
    assert SHANGHAI.days_left(date(2026, 11, 1)) == 60
    assert SHANGHAI.is_running_out(date(2026, 11, 1))
    assert not SHANGHAI.is_running_out(date(2026, 10, 31))
    assert SHANGHAI.days_left(date(2026, 12, 31)) == 0
    assert SHANGHAI.days_left(date(2027, 1, 1)) == -1


def test_the_sandbox_trades_on_every_weekday_of_any_year() -> None:
    for year in (1999, 2027, 2099):
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
        assert [SANDBOX.is_trading_day(day) for day in days] == [day.weekday() < 5 for day in days]
    assert confirmation(at(date(2027, 1, 1), time(10)), SANDBOX).trade_date == date(2027, 1, 1)
    assert not SANDBOX.is_running_out(date(2099, 12, 31))


def test_neighbours_are_strictly_before_and_after() -> None:
    assert SHANGHAI.next_trading_day(FRI) == SHANGHAI.next_trading_day(SAT) == MON
    assert SHANGHAI.previous_trading_day(MON) == SHANGHAI.previous_trading_day(SUN) == FRI
    assert SHANGHAI.first_trading_day_from(FRI) == SHANGHAI.last_trading_day_until(SUN) == FRI


def test_the_loaded_years_have_the_exchange_s_number_of_days() -> None:
    def trading_days(year: int) -> int:
        days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
        return sum(SHANGHAI.is_trading_day(day) for day in days if day.year == year)

    assert (SHANGHAI.first_year, SHANGHAI.last_year) == (2013, 2026)
    assert [trading_days(year) for year in (2013, 2014, 2020, 2024)] == [238, 245, 243, 242]


def test_a_calendar_is_a_value() -> None:
    with pytest.raises(FrozenInstanceError):
        SHANGHAI.last_year = 2027  # type: ignore[misc]
    assert WeekdayCalendar() == SANDBOX


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["2026-10-10"], "weekdays"),
        (["2026-10-01", "2026-10-01"], "each once"),
        (["2024-10-01", "2026-10-01"], "follow"),
        ([], "follow"),
        (["2026-13-01"], "month"),
    ],
)
def test_a_wrong_list_of_closures_is_not_loaded(tmp_path: Path, rows: list[str], message: str) -> None:
    path = tmp_path / "closures.csv"
    path.write_text("\n".join(["date", *rows]))
    with pytest.raises(ValueError, match=message):
        load_calendar("broken", path)


@pytest.mark.parametrize(
    ("day", "cut_day"),
    [
        (THU, WED),
        (FRI, THU),
        (SAT, THU),
        (SUN, THU),
        (MON, FRI),
        (date(2026, 10, 7), date(2026, 9, 29)),
        (date(2026, 10, 8), date(2026, 9, 30)),
    ],
)
def test_what_is_unconfirmed_on_a_day_came_in_since(day: date, cut_day: date) -> None:
    assert unconfirmed_since(day) == at(cut_day, CUT)


@given(st.dates(date(2013, 2, 1), date(2026, 12, 20)), st.integers(-2, 2))
def test_unconfirmed_since_is_the_edge_of_confirmation(day: date, microseconds: int) -> None:
    edge = unconfirmed_since(day)
    assert confirmation(edge - timedelta(microseconds=1)).confirm_date <= day < confirmation(edge).confirm_date


def test_a_day_ends_at_midnight_in_shanghai() -> None:
    assert day_end(WED) == datetime(2026, 11, 4, 16, tzinfo=UTC)


@dataclass
class Lot:
    confirm_date: date
    fen: int


def slow_base(flows: list[tuple[datetime, int]], day: date, calendar: TradingCalendar) -> int:
    """What earns on `day`, the obvious way: dated lots, money out from the newest unconfirmed lot first."""
    lots: list[Lot] = []
    confirmed = 0
    for moment, fen in flows:
        today = moment.astimezone(SHANGHAI_TIME).date()
        if today > day:
            break
        confirmed += sum(lot.fen for lot in lots if lot.confirm_date <= today)
        lots = [lot for lot in lots if lot.confirm_date > today]
        if fen > 0:
            lots.append(Lot(confirmation(moment, calendar).confirm_date, fen))
            continue
        out = -fen
        while out and lots:
            taken = min(out, lots[-1].fen)
            lots[-1].fen -= taken
            out -= taken
            if not lots[-1].fen:
                lots.pop()
        confirmed -= out
    return confirmed + sum(lot.fen for lot in lots if lot.confirm_date <= day)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[datetime, int]]:
    """Flows over some weeks that never overdraw, many of them exactly at, just before or just after the cut."""
    start = draw(st.dates(date(2013, 2, 1), date(2026, 11, 1)))
    clocks = st.sampled_from([CUT, JUST_BEFORE, time(15, 0, 0, 1), time(0), time(23, 59, 59, 999999)]) | st.times()
    moments = draw(st.lists(st.tuples(st.integers(0, 21), clocks), max_size=25).map(sorted))
    flows, balance = [], 0
    for offset, clock in moments:
        fen = draw(st.integers(-balance, 10_000))
        balance += fen
        flows.append((at(start + timedelta(days=offset), clock), fen))
    return flows


@settings(max_examples=400, deadline=None)
@given(histories(), st.sampled_from([SHANGHAI, SANDBOX]), st.integers(0, 30))
def test_the_base_equals_a_day_by_day_simulation_with_lots(
    flows: list[tuple[datetime, int]], calendar: TradingCalendar, offset: int
) -> None:
    start = flows[0][0].date() if flows else date(2026, 11, 1)
    day = start + timedelta(days=offset)
    balance_end = sum(fen for moment, fen in flows if moment < day_end(day))
    since = unconfirmed_since(day, calendar)
    recent = [fen for moment, fen in flows if since <= moment < day_end(day)]
    assert base(balance_end, recent) == slow_base(flows, day, calendar)


def test_the_arithmetic_imports_without_django() -> None:
    code = "import yields.rates, yields.calendar, sys; sys.exit('django' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
