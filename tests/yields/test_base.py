"""What earns, derived in one statement, against the slow and obvious: dated lots, day by day."""

import itertools
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.members.models import Group
from tests.cast import Person
from tests.yields.conftest import at, move, pay
from tests.yields.test_calendar import slow_base
from wallet.identity.models import User
from wallet.identity.services import sign_up
from wallet.ledger.selectors import list_stakes
from wallet.ledger.services import open_stake, open_wallet
from yields.base import Bases, derive_bases
from yields.calendar import SANDBOX, SHANGHAI, SHANGHAI_TIME, TradingCalendar, day_end

pytestmark = pytest.mark.django_db
_numbers = itertools.count(1)

#: A plain week; National Day; Spring Festival; the day that the exchange shut without a holiday; the end of a year.
STARTS = [
    date(2026, 11, 2),
    date(2026, 9, 24),
    date(2013, 9, 26),
    date(2026, 2, 9),
    date(2024, 2, 5),
    date(2025, 12, 26),
]
DAYS = 18
CLOCKS = [time(15), time(14, 59, 59, 999999), time(15, 0, 0, 1), time(0), time(23, 59, 59, 999999), time(10)]
Flow = tuple[datetime, tuple[int, ...]]


@dataclass
class History:
    """What happened to the stakes of some members, in order: a moment, and what each stake changed by."""

    flows: list[Flow]
    enrolled_at: datetime
    start: date

    def of(self, index: int | None) -> list[tuple[datetime, int]]:
        """Give a member's flows, or the wallet's, as the fund sees them: what was there at enrollment came in then."""
        flows = [(moment, sum(change) if index is None else change[index]) for moment, change in self.flows]
        opening = sum(fen for moment, fen in flows if moment < self.enrolled_at)
        later = [(moment, fen) for moment, fen in flows if moment >= self.enrolled_at]
        return [(self.enrolled_at, opening), *later]


@st.composite
def histories(draw: st.DrawFn) -> History:
    start = draw(st.sampled_from(STARTS))
    members = draw(st.integers(1, 3))
    clocks = st.sampled_from(CLOCKS) | st.times()
    moments = draw(st.lists(st.tuples(st.integers(0, DAYS - 1), clocks), max_size=14).map(sorted))
    stakes = [0] * members
    flows: list[Flow] = []
    for offset, clock in moments:
        change = [0] * members
        for index in draw(st.lists(st.integers(0, members - 1), min_size=1, max_size=members, unique=True)):
            change[index] = draw(st.integers(-stakes[index], 900_00))
            stakes[index] += change[index]
        if any(change):
            flows.append((datetime.combine(start + timedelta(days=offset), clock, SHANGHAI_TIME), tuple(change)))
    enrolled_on = start + timedelta(days=draw(st.integers(-20, DAYS - 4)))
    enrolled_at = datetime.combine(enrolled_on, draw(clocks), SHANGHAI_TIME)
    return History(flows, enrolled_at, start)


def play(history: History, people: list[User]) -> uuid.UUID:
    """Post a history into a new wallet."""
    wallet = open_wallet(now=at(history.start, "00:00"))
    for person in people:
        open_stake(wallet=wallet, holder=person)
    for moment, change in history.flows:
        amounts = {person.pk: fen for person, fen in zip(people, change, strict=False) if fen}
        move(wallet.pk, amounts, moment)
    return wallet.pk


def by_holder(wallet_id: uuid.UUID, bases: Bases) -> dict[uuid.UUID, int]:
    return {
        stake.holder_id: bases.stakes[stake.pk].base for stake in list_stakes(wallet_id) if stake.holder_id is not None
    }


@pytest.fixture
def people(db: None) -> list[User]:
    return [sign_up(phone=f"+861370000{n:04d}", name=f"人{n}", now=at(date(2013, 1, 1))) for n in range(3)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(), st.sampled_from([SHANGHAI, SANDBOX]), st.lists(st.integers(0, DAYS + 5), min_size=3, max_size=3))
def test_the_base_equals_the_day_by_day_simulation_for_wallet_and_members(
    people: list[User], history: History, calendar: TradingCalendar, offsets: list[int]
) -> None:
    wallet_id = play(history, people)
    for offset in offsets:
        day = history.start + timedelta(days=offset)
        if day_end(day) <= history.enrolled_at:
            continue
        enrolled_at = {wallet_id: history.enrolled_at}
        derived = derive_bases(day=day, calendar=calendar, enrolled_at=enrolled_at)[wallet_id]
        assert derived.wallet.base == slow_base(history.of(None), day, calendar)
        members = len(history.flows[0][1]) if history.flows else 0
        expected = [slow_base(history.of(index), day, calendar) for index in range(members)]
        found = by_holder(wallet_id, derived)
        assert [found[person.pk] for person in people[:members]] == expected


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(histories(), min_size=2, max_size=4))
def test_a_chunk_gives_each_wallet_what_it_has_alone(people: list[User], together: list[History]) -> None:
    day = STARTS[0] + timedelta(days=7)
    enrolled_at = {play(history, people): history.enrolled_at for history in together}
    chunk = derive_bases(day=day, calendar=SHANGHAI, enrolled_at=enrolled_at)
    alone = {
        wallet_id: derive_bases(day=day, calendar=SHANGHAI, enrolled_at={wallet_id: moment})[wallet_id]
        for wallet_id, moment in enrolled_at.items()
    }
    assert chunk == alone


WED, THU, FRI, SAT, SUN, MON, TUE = (date(2026, 11, 4) + timedelta(days=n) for n in range(7))


def base_of(group: Group, day: date, enrolled_at: datetime, calendar: TradingCalendar = SHANGHAI) -> int:
    return derive_bases(day=day, calendar=calendar, enrolled_at={group.pk: enrolled_at})[group.pk].wallet.base


@pytest.mark.parametrize(
    ("paid_at", "first_day"),
    [
        (at(TUE - timedelta(days=7), "15:00"), THU),
        (at(WED, "14:59:59.999999"), THU),
        (at(WED, "15:00"), FRI),
        (at(THU, "14:59:59.999999"), FRI),
        (at(THU, "15:00"), MON),
        (at(FRI, "15:00"), TUE),
        (at(SAT, "09:00"), TUE),
        (at(date(2026, 9, 30), "15:00"), date(2026, 10, 9)),
        (at(date(2026, 10, 10), "10:00"), date(2026, 10, 13)),
        (at(date(2024, 2, 9), "10:00"), date(2024, 2, 20)),
        (at(date(2026, 2, 13), "15:00"), date(2026, 2, 25)),
    ],
)
def test_money_earns_from_the_day_that_the_table_says(
    group: Group, owner: Person, paid_at: datetime, first_day: date
) -> None:
    pay(group, owner, 1_000_00, paid_at)
    long_ago = at(date(2013, 3, 1))
    assert base_of(group, first_day - timedelta(days=1), long_ago) == 0
    assert base_of(group, first_day, long_ago) == 1_000_00


def test_a_weekend_earns_like_the_friday_before_it(group: Group, owner: Person) -> None:
    pay(group, owner, 500_00, at(THU, "14:00"))
    assert [base_of(group, day, at(WED, "08:00")) for day in (THU, FRI, SAT, SUN, MON)] == [0] + [500_00] * 4


def test_enrolling_counts_the_whole_balance_as_money_in_at_that_moment(group: Group, owner: Person) -> None:
    pay(group, owner, 800_00, at(date(2026, 10, 12)))
    assert base_of(group, THU, at(WED, "14:59:59.999999")) == 800_00
    assert [base_of(group, day, at(WED, "15:00")) for day in (WED, THU, FRI)] == [0, 0, 800_00]
    assert [base_of(group, day, at(SAT)) for day in (SUN, MON, TUE)] == [0, 0, 800_00]


def test_money_out_takes_unconfirmed_money_first(group: Group, owner: Person) -> None:
    long_ago = at(date(2026, 10, 1))
    pay(group, owner, 1_000_00, at(date(2026, 10, 12)))
    pay(group, owner, 300_00, at(WED, "16:00"))
    pay(group, owner, -200_00, at(THU, "09:00"))
    assert base_of(group, THU, long_ago) == 1_000_00
    pay(group, owner, -200_00, at(THU, "11:00"))
    assert base_of(group, THU, long_ago) == 900_00


def test_it_is_not_the_sum_of_what_came_in_less_what_went_out(group: Group, owner: Person) -> None:
    """The control: out, then in again. What went out was confirmed money; what came in is not, and must not hide it."""
    long_ago = at(date(2026, 10, 1))
    pay(group, owner, 1_000_00, at(date(2026, 10, 12)))
    flows = [-600_00, 600_00]
    pay(group, owner, flows[0], at(THU, "09:00"))
    pay(group, owner, flows[1], at(THU, "11:00"))
    mistaken = 1_000_00 - max(0, sum(flows))
    assert base_of(group, THU, long_ago) == 400_00 != mistaken


def test_what_moves_between_members_changes_their_bases_and_not_the_wallet_s(
    group: Group, owner: Person, member: Person
) -> None:
    pay(group, owner, 1_000_00, at(date(2026, 10, 12)))
    move(group.pk, {owner.id: -400_00, member.id: 400_00}, at(THU, "11:00"))
    derived = derive_bases(day=THU, calendar=SHANGHAI, enrolled_at={group.pk: at(date(2026, 10, 1))})[group.pk]
    assert derived.wallet.base == 1_000_00
    assert by_holder(group.pk, derived)[owner.id] == 600_00
    assert by_holder(group.pk, derived)[member.id] == 0


def test_a_past_day_is_derived_as_it_was_then(group: Group, owner: Person) -> None:
    long_ago = at(date(2026, 10, 1))
    pay(group, owner, 1_000_00, at(date(2026, 10, 12)))
    before = base_of(group, THU, long_ago)
    for later in (FRI, MON, TUE):
        pay(group, owner, -300_00, at(later, "00:00"))
    assert base_of(group, THU, long_ago) == before == 1_000_00


def test_a_wallet_without_money_has_a_base_of_nothing(group: Group) -> None:
    assert base_of(group, THU, at(WED)) == 0
    empty: dict[uuid.UUID, datetime] = defaultdict()
    assert derive_bases(day=THU, calendar=SHANGHAI, enrolled_at=empty) == {}
