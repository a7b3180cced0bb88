"""The calendar of standing orders, against an oracle that walks through time (tests.autotransfers.oracle)."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import takewhile

import pytest

from groups.autotransfers.recurrence import Every, Schedule, dates_after, due_at, next_date
from tests.autotransfers import oracle

ZONES = [
    "Asia/Shanghai",
    "Asia/Kathmandu",  # 5 h 45 min
    "Australia/Lord_Howe",  # the clock moves by half an hour
    "Pacific/Apia",  # left out 2011-12-30
    "America/New_York",
    "America/Sao_Paulo",  # the clock moved at midnight
]
#: 48 months with changes of the clock in four of the zones, leap day and left-out day among them.
FIRST, LAST = date(2010, 1, 1), date(2013, 12, 31)
#: For the gate: the weeks around changes of the clock.
WINDOWS = {
    "Asia/Shanghai": [(date(2012, 2, 20), date(2012, 3, 5))],
    "Asia/Kathmandu": [(date(2012, 2, 20), date(2012, 3, 5))],
    "Australia/Lord_Howe": [(date(2011, 3, 28), date(2011, 4, 5)), (date(2011, 9, 28), date(2011, 10, 4))],
    "Pacific/Apia": [(date(2011, 12, 26), date(2012, 1, 3)), (date(2011, 9, 20), date(2011, 9, 27))],
    "America/New_York": [(date(2012, 3, 8), date(2012, 3, 13)), (date(2012, 11, 1), date(2012, 11, 6))],
    "America/Sao_Paulo": [(date(2012, 10, 18), date(2012, 10, 23)), (date(2012, 2, 23), date(2012, 2, 28))],
}
#: Times that clocks jump over or show twice somewhere, and one that they leave alone.
TIMES = [time(0, 30), time(1, 45), time(2, 15), time(9, 0)]
walk = cache(oracle.walk)


def schedule(every: str, start: date, at: time = time(9), day: int | None = None, ends: date | None = None) -> Schedule:
    return Schedule(every, start, at, day, ends)


def dates(told: Schedule, last: date, after: date | None = None) -> list[date]:
    return list(takewhile(lambda day: day <= last, dates_after(told, after)))


@pytest.mark.parametrize("anchor", range(1, 32))
def test_monthly_dates_of_48_months(anchor: int) -> None:
    told = schedule(Every.MONTH, FIRST, day=anchor)
    due = [day for day in oracle.days(FIRST, LAST) if oracle.is_due("month", anchor, FIRST, day)]
    assert dates(told, LAST) == due
    assert len(due) == 48
    # From wherever one asks, the same dates follow.
    for day in oracle.days(date(2012, 1, 28), date(2012, 3, 31)):
        assert dates(told, LAST, after=day) == [each for each in due if each > day]


@pytest.mark.parametrize("every", ["day", "week", "fortnight"])
def test_dates_in_steps(every: str) -> None:
    for start in oracle.days(date(2011, 12, 20), date(2012, 1, 4)):
        told, last = schedule(every, start), date(2012, 6, 30)
        due = [day for day in oracle.days(start, last) if oracle.is_due(every, 0, start, day)]
        assert dates(told, last) == due
        for day in (start - timedelta(days=9), start, start + timedelta(days=1), date(2012, 2, 29)):
            assert dates(told, last, after=day) == [each for each in due if each > day]


def check_moments(zone: str, first: date, last: date, at: time) -> None:
    """Every date of a stretch is due when the oracle says, whatever the order is that has the date."""
    for day, moment in walk(zone, at, first, last).items():
        assert due_at(schedule(Every.DAY, first, at), day, zone) == moment, (zone, day, at)


@pytest.mark.parametrize("zone", ZONES)
def test_moments_around_changes_of_the_clock(zone: str) -> None:
    for first, last in WINDOWS[zone]:
        for at in TIMES:
            check_moments(zone, first, last, at)


@pytest.mark.proof
@pytest.mark.parametrize("zone", ZONES)
def test_moments_of_48_months(zone: str) -> None:
    """Anchors 1–31, month after month, each at the minute that the oracle finds; and so every other date."""
    for at in TIMES:
        moments = walk(zone, at, FIRST, LAST)
        for anchor in range(1, 32):
            told = schedule(Every.MONTH, FIRST, at, day=anchor)
            expected = [moment for day, moment in moments.items() if oracle.is_due("month", anchor, FIRST, day)]
            assert [due_at(told, day, zone) for day in dates(told, LAST)] == expected
        check_moments(zone, FIRST, LAST, at)


def test_the_anchor_stays() -> None:
    told = schedule(Every.MONTH, date(2011, 12, 31), day=31)
    assert dates(told, date(2012, 4, 30)) == [
        date(2011, 12, 31), date(2012, 1, 31), date(2012, 2, 29), date(2012, 3, 31), date(2012, 4, 30),
    ]  # fmt: skip


def test_a_date_that_a_zone_leaves_out_is_due_on_the_next() -> None:
    told = schedule(Every.DAY, date(2011, 12, 29))
    at = {day: due_at(told, day, "Pacific/Apia") for day in dates(told, date(2011, 12, 31))}
    assert at[date(2011, 12, 29)] == datetime(2011, 12, 29, 19, tzinfo=UTC)
    assert at[date(2011, 12, 30)] == at[date(2011, 12, 31)] == datetime(2011, 12, 30, 19, tzinfo=UTC)


def test_a_time_that_the_clock_jumps_over_and_one_that_it_shows_twice() -> None:
    told = schedule(Every.DAY, date(2012, 3, 1), time(2, 30))
    assert due_at(told, date(2012, 3, 11), "America/New_York") == datetime(2012, 3, 11, 7, 30, tzinfo=UTC)
    twice = schedule(Every.DAY, date(2012, 3, 1), time(1, 30))
    assert due_at(twice, date(2012, 11, 4), "America/New_York") == datetime(2012, 11, 4, 5, 30, tzinfo=UTC)


def test_moments_never_go_back() -> None:
    for zone in ZONES:
        for at in TIMES:
            told = schedule(Every.DAY, FIRST, at)
            moments = [due_at(told, day, zone) for day in dates(told, LAST)]
            assert moments == sorted(moments)


def test_a_schedule_ends_with_its_last_date() -> None:
    told = schedule(Every.WEEK, date(2026, 11, 2), ends=date(2026, 11, 15))
    assert dates(told, LAST.replace(year=2027)) == [date(2026, 11, 2), date(2026, 11, 9)]
    assert next_date(told, date(2026, 11, 9), "Asia/Shanghai", datetime(2026, 11, 9, tzinfo=UTC)) is None


def test_what_has_passed_is_not_next() -> None:
    told = schedule(Every.DAY, date(2026, 11, 2))
    nine = datetime(2026, 11, 2, 1, tzinfo=UTC)
    assert next_date(told, None, "Asia/Shanghai", nine - timedelta(seconds=1)) == date(2026, 11, 2)
    assert next_date(told, None, "Asia/Shanghai", nine) == date(2026, 11, 3)
