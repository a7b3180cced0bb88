"""The months that limits count in: at their edges to the microsecond, in many zones, and whatever becomes of the zone.

The slow oracle walks the hours of a zone's wall clock and knows nothing of how the code finds a month.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from groups.rules.windows import Window, month_of, window_at

#: Half and quarter hours, an hour that is half of one, both sides of the date line, and midnights that are not there.
ZONES = [
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/New_York",
    "Pacific/Kiritimati",
    "Pacific/Niue",
    "Europe/Berlin",
    "America/Asuncion",
]
TICK = timedelta(microseconds=1)
HALF_A_MONTH = timedelta(days=15)


def at(zone: str, year: int, month: int, day: int = 1, hour: int = 0) -> datetime:
    """A moment of a zone's wall clock, in UTC."""
    return datetime(year, month, day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def walk(zone: str, moment: datetime) -> Window:
    """Find a month by walking back and forth in quarters of an hour until the wall clock shows another one."""
    step, local = timedelta(minutes=15), ZoneInfo(zone)
    start = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    month = moment.astimezone(local).month
    end = start
    while (start - step).astimezone(local).month == month:
        start -= step
    while end.astimezone(local).month == month:
        end += step
    return Window(start, end)


# --- one zone ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2026, 2028])
def test_a_month_begins_and_ends_to_the_microsecond(zone: str, year: int) -> None:
    window = month_of(at(zone, year, 1, 17), zone)
    for month in range(1, 13):
        begins, ends = at(zone, year, month), at(zone, year + month // 12, month % 12 + 1)
        assert window == Window(begins, ends)
        assert window_at(window, zone, begins) is window
        assert window_at(window, zone, ends - TICK) is window
        following = window_at(window, zone, ends)
        assert following.starts_at == ends
        window = following


@pytest.mark.parametrize("zone", ZONES)
def test_a_leap_day_is_of_february(zone: str) -> None:
    days = {}
    for year in (2026, 2027, 2028):
        window = month_of(at(zone, year, 2, 10), zone)
        days[year] = (window.ends_at - window.starts_at) / timedelta(days=1)
        assert window_at(window, zone, at(zone, year, 3) - TICK) is window
    assert days == {2026: 28, 2027: 28, 2028: 29}
    leap_day = month_of(at(zone, 2028, 2, 29, 23), zone)
    assert leap_day == month_of(at(zone, 2028, 2, 1), zone)


# zone                 month          hours: a day's, and what the clocks take away or bring back
TURNS = [
    ("America/New_York", (2027, 3), 31 * 24 - 1),
    ("America/New_York", (2026, 11), 30 * 24 + 1),
    ("Europe/Berlin", (2027, 3), 31 * 24 - 1),
    ("Europe/Berlin", (2026, 10), 31 * 24 + 1),
    ("Australia/Lord_Howe", (2027, 4), 30 * 24 + 0.5),
    ("Australia/Lord_Howe", (2026, 10), 31 * 24 - 0.5),
    ("Asia/Shanghai", (2026, 10), 31 * 24),
    ("Pacific/Apia", (2011, 12), 30 * 24),  # 30 December 2011 was left out
]


@pytest.mark.parametrize(("zone", "month", "hours"), TURNS)
def test_a_month_in_which_the_clocks_turn(zone: str, month: tuple[int, int], hours: float) -> None:
    window = month_of(at(zone, *month, 15), zone)
    assert (window.ends_at - window.starts_at) / timedelta(hours=1) == hours
    assert window_at(window, zone, window.starts_at + timedelta(hours=hours) - TICK) is window
    assert window_at(window, zone, window.starts_at + timedelta(hours=hours)).starts_at == window.ends_at


# zone                 month       why its first midnight is special
MIDNIGHTS = [
    ("America/Asuncion", (2023, 10), "it is left out: the month begins at one o'clock"),
    ("Asia/Amman", (2016, 4), "the same, in spring"),
    ("America/Havana", (2026, 11), "it comes twice, and the first one counts"),
]


@pytest.mark.parametrize(("zone", "month", "why"), MIDNIGHTS)
def test_a_month_without_one_midnight(zone: str, month: tuple[int, int], why: str) -> None:
    begins = month_of(at(zone, *month, 15), zone).starts_at
    local = ZoneInfo(zone)
    assert begins.astimezone(local).date() == date(*month, 1), why
    assert (begins - TICK).astimezone(local).month == month[1] - 1, why
    before = month_of(begins - TICK, zone)
    assert before.ends_at == begins
    assert window_at(before, zone, begins).starts_at == begins


def test_a_month_that_has_begun_does_not_end_because_the_clocks_go_back() -> None:
    """In Newfoundland, in 2009, they went back a minute after midnight: it was October once more for an hour."""
    zone, second_october = "America/St_Johns", datetime(2009, 11, 1, 3, 0, tzinfo=UTC)
    assert second_october.astimezone(ZoneInfo(zone)).date() == date(2009, 10, 31)
    november = month_of(second_october, zone)
    assert november == Window(datetime(2009, 11, 1, 2, 30, tzinfo=UTC), at(zone, 2009, 12))
    assert window_at(month_of(at(zone, 2009, 8, 5), zone), zone, second_october) == november
    assert window_at(month_of(at(zone, 2009, 10, 5), zone), zone, second_october) == november


@pytest.mark.parametrize("zone", ZONES)
def test_idle_for_months(zone: str) -> None:
    """Nobody has spent since May: the months between are over, none of them is made up for."""
    may = month_of(at(zone, 2026, 5, 20), zone)
    november = Window(at(zone, 2026, 11), at(zone, 2026, 12))
    for moment in (at(zone, 2026, 11), at(zone, 2026, 11, 17, 5), at(zone, 2026, 12) - TICK):
        assert window_at(may, zone, moment) == november
    assert window_at(may, zone, at(zone, 2031, 12)) == Window(at(zone, 2031, 12), at(zone, 2032, 1))


# --- other zones ------------------------------------------------------------------------------------------------------
def test_what_has_begun_ends_when_it_was_going_to_end() -> None:
    november = month_of(at("Asia/Shanghai", 2026, 11, 20), "Asia/Shanghai")
    for zone in ZONES:
        assert window_at(november, zone, november.ends_at - TICK) is november
        assert window_at(november, zone, november.ends_at).starts_at == november.ends_at


def test_to_where_the_month_ends_a_day_later() -> None:
    """Shanghai's November is over; Niue, nineteen hours behind, still has it: its end is the same one once more."""
    november = month_of(at("Asia/Shanghai", 2026, 11, 20), "Asia/Shanghai")
    december = window_at(november, "Pacific/Niue", november.ends_at)
    assert december == Window(november.ends_at, at("Pacific/Niue", 2027, 1))
    assert window_at(december, "Pacific/Niue", at("Pacific/Niue", 2026, 12)) is december


def test_to_where_the_month_has_begun_already() -> None:
    """Kiritimati is in December for six hours when Shanghai's November ends: no second window for those hours."""
    november = month_of(at("Asia/Shanghai", 2026, 11, 20), "Asia/Shanghai")
    inside = at("Pacific/Kiritimati", 2026, 12) + timedelta(hours=1)
    assert window_at(november, "Pacific/Kiritimati", inside) is november
    december = window_at(november, "Pacific/Kiritimati", november.ends_at)
    assert december == Window(november.ends_at, at("Pacific/Kiritimati", 2027, 1))


def test_there_and_back_again_at_the_edge() -> None:
    """All zones in turn, every hour of the two days around a month's end: one window ends, one begins."""
    window = month_of(at("Asia/Shanghai", 2026, 11, 20), "Asia/Shanghai")
    begun = [window]
    for hour in range(96):
        moment = at("UTC", 2026, 11, 29) + timedelta(hours=hour)
        window = window_at(window, ZONES[hour % len(ZONES)], moment)
        if window is not begun[-1]:
            begun.append(window)
    assert len(begun) == 2


def test_an_end_without_the_guard_would_be_bought_twice() -> None:
    """What the shortest window is for: without it, Niue's end of the month would come 19 hours after Shanghai's."""
    november = month_of(at("Asia/Shanghai", 2026, 11, 20), "Asia/Shanghai")
    naive = Window(november.ends_at, at("Pacific/Niue", 2026, 12))
    assert naive.ends_at - naive.starts_at == timedelta(hours=19)
    assert window_at(november, "Pacific/Niue", november.ends_at).ends_at > naive.ends_at


# --- whatever happens -------------------------------------------------------------------------------------------------
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=8 * 365)).map(lambda later: at("UTC", 2024, 1) + later)
#: Pauses between spends: a moment, hours around an edge, weeks, months.
PAUSES = st.one_of(
    st.timedeltas(timedelta(0), timedelta(hours=30)),
    st.timedeltas(timedelta(0), timedelta(days=40)),
    st.timedeltas(timedelta(0), timedelta(days=200)),
)
EDGES = st.integers(-26, 26)


@given(moment=MOMENTS, zone=st.sampled_from(ZONES))
@example(moment=datetime(2026, 11, 1, 4, 30, tzinfo=UTC), zone="America/Havana")
@example(moment=datetime(2028, 2, 29, 12, tzinfo=UTC), zone="Pacific/Kiritimati")
def test_the_code_agrees_with_somebody_who_walks(moment: datetime, zone: str) -> None:
    assert month_of(moment, zone) == walk(zone, moment)


@given(founded=MOMENTS, zone=st.sampled_from(ZONES), pauses=st.lists(PAUSES, max_size=8))
def test_where_the_zone_stays_windows_are_the_zones_months(
    founded: datetime, zone: str, pauses: list[timedelta]
) -> None:
    window, moment = month_of(founded, zone), founded
    for pause in pauses:
        moment += pause
        window = window_at(window, zone, moment)
        assert window == walk(zone, moment)


Spends = list[tuple[timedelta, str, int | None]]
#: A pause, a zone that the owner has set meanwhile, and for some the hours to the nearest end of the window.
SPENDS = st.lists(st.tuples(PAUSES, st.sampled_from(ZONES), st.none() | EDGES), min_size=1, max_size=40)


def spend_all(founded: datetime, zone: str, spends: Spends) -> list[tuple[datetime, Window]]:
    """Let a group be founded and spend, as its zone changes; give back each moment with its window."""
    window, moment = month_of(founded, zone), founded
    counted = [(moment, window)]
    for pause, elsewhere, hours in spends:
        wanted = moment + pause if hours is None else window.ends_at + timedelta(hours=hours)
        moment = max(moment, wanted)
        window = window_at(window, elsewhere, moment)
        counted.append((moment, window))
    return counted


def months_in(first: datetime, last: datetime) -> int:
    """Count the calendar months (of UTC) that a span touches."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


@given(founded=MOMENTS, zone=st.sampled_from(ZONES), spends=SPENDS)
def test_no_zone_buys_a_second_allowance(founded: datetime, zone: str, spends: Spends) -> None:
    counted = spend_all(founded, zone, spends)
    windows = list(dict.fromkeys(window for _, window in counted))
    for moment, window in counted:
        assert window.starts_at <= moment < window.ends_at, "whatever is spent is spent in a window"
    for window in windows:
        assert window.ends_at - window.starts_at >= HALF_A_MONTH
    for before, after in pairwise(windows):
        assert before.ends_at <= after.starts_at, "windows never overlap"
    begun = [window.starts_at for window in windows]
    for first in range(len(begun)):
        for last in range(first, len(begun)):
            assert last - first + 1 <= months_in(begun[first], begun[last]) + 1


@given(founded=MOMENTS, zone=st.sampled_from(ZONES), spends=SPENDS)
def test_a_window_is_about_a_month(founded: datetime, zone: str, spends: Spends) -> None:
    """Zones lie 26 hours apart at most, so no move makes a month much shorter or longer than one."""
    for _, window in spend_all(founded, zone, spends):
        assert timedelta(days=28, hours=-26) <= window.ends_at - window.starts_at <= timedelta(days=31, hours=27)
