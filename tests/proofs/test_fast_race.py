"""Two groups of one owner at once: together they never send more fast than the owner's day allows.

Each holds the lock of its own wallet, so only the owner's row of the day brings them together. It is judged and taken
in one statement. Read first and taken afterwards, the same race sends too much: which shows that it is one.
"""

import uuid
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from uuid6 import uuid7

from groups.funding.errors import FastAllowanceExceeded
from groups.funding.models import Withdrawal
from groups.funding.services import withdraw
from groups.members.models import Group
from tests.books import run
from tests.cast import Person, World, found, link, pay_in
from tests.proofs.crowd import MeetingPoint, at_once, kinds, values
from tests.yields.conftest import switch_on
from tests.yields.speeds import CAP, taken
from wallet.ledger.errors import WalletBusy
from wallet.rails.models import FundingSource
from yields.models import FastAllowance, Fund
from yields.services import allowances

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = "2026-11-02"


@pytest.fixture
def pair(world: World, owner: Person, settings: Any) -> list[Group]:
    """Two groups of one owner that earn, with ¥50,000 each."""
    settings.CONTRIBUTION_MAX_FEN = settings.CONTRIBUTION_DAY_MAX_FEN = 1_000_000_00
    fund = Fund.objects.create(code="T0001", name="测试货币", calendar=Fund.Calendar.SHANGHAI)
    groups = [found(owner, now=world.now, name=name) for name in ("我们的家", "班费")]
    for group in groups:
        pay_in(world, owner, group, 50_000_00)
        switch_on(group, owner, fund, world.now)
    return groups


def send(owner: Person, group: Group, amount: int, source: FundingSource | None = None) -> partial[Withdrawal]:
    source = source or owner.source
    assert source is not None
    return partial(
        withdraw, actor=owner.user, group_id=group.pk, source_id=source.pk, amount=amount, now=timezone.now()
    )


def race(owner: Person, pair: list[Group], monkeypatch: pytest.MonkeyPatch, take: Any) -> dict[str, int]:
    """Two withdrawals of ¥6,000, one of each group, which meet before they take what is left of the day."""
    monkeypatch.setattr(allowances, "_take", take)
    return kinds(at_once([send(owner, group, 6_000_00) for group in pair]))


def read_then_take(meeting: MeetingPoint, holder_id: uuid.UUID, day: date, amount: int) -> bool:
    """Take without the guard: look what is left, and write afterwards."""
    row = FastAllowance.objects.filter(holder=holder_id, date=day).first()
    is_enough = (row.taken if row else 0) + amount <= settings.FAST_CASH_OUT_DAY_MAX_FEN
    meeting.wait()
    if is_enough:
        unguarded = allowances.TAKE.partition("WHERE")[0]
        with connection.cursor() as cursor:
            cursor.execute(unguarded, {"id": uuid7(), "holder": holder_id, "date": day, "amount": amount})
    return is_enough


def test_two_groups_never_send_more_than_the_day_allows(
    pair: list[Group], owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    came_of_it = race(owner, pair, monkeypatch, MeetingPoint(2).before(allowances._take))
    assert came_of_it == {Withdrawal.__name__: 1, FastAllowanceExceeded.__name__: 1}
    assert taken(owner) == {TODAY: 6_000_00}


def test_nor_where_the_day_has_begun(pair: list[Group], owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    send(owner, pair[0], 1_00)()
    came_of_it = race(owner, pair, monkeypatch, MeetingPoint(2).before(allowances._take))
    assert came_of_it == {Withdrawal.__name__: 1, FastAllowanceExceeded.__name__: 1}
    assert taken(owner) == {TODAY: 6_001_00}


def test_read_first_and_taken_afterwards_they_send_too_much(
    pair: list[Group], owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    came_of_it = race(owner, pair, monkeypatch, partial(read_then_take, MeetingPoint(2)))
    assert came_of_it == {Withdrawal.__name__: 2}
    assert taken(owner) == {TODAY: 12_000_00}
    assert taken(owner)[TODAY] > CAP


def test_whoever_waits_for_the_day_for_too_long_is_told_to_try_again(pair: list[Group], owner: Person) -> None:
    send(owner, pair[0], 1_00)()

    def hurry() -> Withdrawal:
        run("SET lock_timeout = 100")
        return send(owner, pair[1], 1_00)()

    with transaction.atomic():
        run("SELECT FROM yields_fastallowance FOR UPDATE")
        assert kinds(at_once([hurry])) == {WalletBusy.__name__: 1}
    assert taken(owner) == {TODAY: 1_00}


def test_many_of_both_groups_fill_the_day(world: World, pair: list[Group], owner: Person) -> None:
    """Twenty of ¥900 at once over four connections, after two that will fail: nine go, and nobody waits in a circle."""
    failing = link(owner, "late_failed", now=world.now)
    first = [send(owner, group, 900_00, failing) for group in pair]
    assert len(values(at_once(first))) == 2
    acts = [send(owner, pair[n % 2], 900_00) for n in range(20)]
    outcomes = at_once(acts, threads=4)
    assert kinds(outcomes) == {Withdrawal.__name__: 9, FastAllowanceExceeded.__name__: 11}
    assert taken(owner) == {TODAY: 9_900_00}
    world.wait(60)  # what failed is given back
    assert taken(owner) == {TODAY: 8_100_00}
