"""Standing orders under fire: each occurrence happens once, however often and by however many it is taken.

Four workers, each of which claims everything again and again, for no lease holds it back (as if beats overlapped), and
takes every row five times; one of them after the other is killed where it stands. Then the guards are taken away.
"""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import Any
from unittest.mock import MagicMock

import pytest
from django.db import connection

from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.selectors import get_order
from groups.autotransfers.services import run_due, sweeping
from groups.autotransfers.services.running import run_order
from groups.autotransfers.services.sweeping import CLAIM, claim
from groups.funding.models import Contribution
from groups.members.models import Group
from tests.autotransfers.bulk import fill
from tests.autotransfers.conftest import order_in
from tests.books import as_owner, run
from tests.cast import Person, World, balance_of, found
from tests.proofs.crowd import MeetingPoint, at_once, kinds, take_lock_off, without_constraints
from wallet.ledger.checks import check_books
from wallet.ledger.models import Entry
from wallet.rails.adapters import base, use_adapter
from wallet.rails.models import Transfer
from wallet.rails.selectors import get_source
from wallet.rails.services import advance_transfer, unlink_source
from wallet.rails.unlinking import hear_objections

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, DELIVERIES, BEATS = 4, 5, 3
SECONDS_MAX = 3_600
AMOUNT = 1_00


# --- killed at random -------------------------------------------------------------------------------------------------
class Prompt:
    """A bank that settles at once."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def submit(self, request: base.TransferRequest) -> base.Answer:
        return base.Settled(request.amount, self.now)


def deliver_often(take: Callable[..., object]) -> Callable[..., object]:
    def often(*asked: Any) -> object:
        return [take(*asked) for _ in range(DELIVERIES)]

    return often


def work(now: datetime, seed: int) -> None:
    """Be a worker that is told over and over that something is due."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sweeping.TAKES.update({model: deliver_often(take) for model, take in sweeping.TAKES.items()})
    while True:
        for _ in range(BEATS):
            run_due(now=now, batches=1)


def hire(now: datetime, seed: int) -> BaseProcess:
    connection.close()  # a child has a connection of its own, or it would speak in ours
    worker = multiprocessing.get_context("fork").Process(target=work, args=[now, seed], daemon=True)
    worker.start()
    return worker


def kill_at_random(now: datetime, seed: int, rest: float) -> int:
    """Let workers work, killing one of them now and then, until nothing is due; say how many were killed."""
    chance, killed = random.Random(seed), 0
    workers = [hire(now, number) for number in range(WORKERS)]
    deadline = time.monotonic() + SECONDS_MAX
    try:
        while AutoTransfer.objects.filter(status="active").exists():
            assert time.monotonic() < deadline
            time.sleep(chance.uniform(0.05, rest))
            victim = workers.pop(chance.randrange(WORKERS))
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
            killed += 1
            workers.append(hire(now, killed))
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
    return killed


def check_exactly_once(world: World, owner: Person, settings: Any, *, groups: int, orders: int) -> None:
    settings.RAILS, settings.AUTO_TRANSFER_LEASE_SECONDS = [], 0
    settings.GROUPS_PER_USER_MAX = 100_000
    settings.AUTO_TRANSFERS_PER_GROUP_MAX = settings.AUTO_TRANSFERS_PER_MEMBER_MAX = 100_000
    count = groups * orders
    settings.AUTO_TRANSFER_BATCH = max(20, min(500, count // 10))
    homes = [found(owner, now=world.now, name=f"家{number}") for number in range(groups)]
    for home in homes:
        for _ in range(orders):
            order_in(world, home, owner, amount=AMOUNT, runs_max=1)
    world.bank.now += timedelta(days=1)
    started = time.monotonic()
    killed = kill_at_random(world.now, seed=count, rest=max(0.3, count / 5_000))
    print(f"{count} due orders, {killed} workers killed, {time.monotonic() - started:.1f} s")
    for _ in range(DELIVERIES):
        run_due(now=world.now)
    assert killed > 0
    assert AutoTransferRun.objects.count() == Contribution.objects.count() == Transfer.objects.count() == count
    with use_adapter("sandbox", Prompt(world.now)):  # type: ignore[arg-type]
        for wallet_id, transfer_id in Transfer.objects.values_list("wallet_id", "pk"):
            advance_transfer(wallet_id=wallet_id, transfer_id=transfer_id, now=world.now)
    assert AutoTransferRun.objects.filter(status="settled").count() == count
    assert len(set(Entry.objects.values_list("reference", flat=True))) == count
    assert [balance_of(home) for home in homes] == [orders * AMOUNT] * groups


def test_each_happens_once_whoever_is_killed(world: World, owner: Person, settings: Any) -> None:
    check_exactly_once(world, owner, settings, groups=4, orders=25)


@pytest.mark.proof
def test_each_of_10_000_happens_once_whoever_is_killed(world: World, owner: Person, settings: Any) -> None:
    check_exactly_once(world, owner, settings, groups=20, orders=500)


# --- the guards, and what they guard against --------------------------------------------------------------------------
def take_twice_at_once(world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Let two workers take the same order, both of which have read it before either writes, if nothing keeps them."""
    order = order_in(world, group, member)
    world.bank.now += timedelta(days=1)
    monkeypatch.setattr("groups.autotransfers.services.running.get_order", MeetingPoint(2).after(get_order))
    asked = {"group_id": group.pk, "order_id": order.pk, "now": world.now}
    return kinds(at_once([lambda: run_order(**asked) for _ in range(2)]))


def test_two_workers_at_once(world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert take_twice_at_once(world, group, member, monkeypatch) == {"int": 2}
    assert AutoTransferRun.objects.count() == Contribution.objects.count() == 1


def test_without_the_lock_the_constraint_keeps_them(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    assert take_twice_at_once(world, group, member, monkeypatch) == {"int": 1, "IntegrityError": 1}
    assert AutoTransferRun.objects.count() == Contribution.objects.count() == 1


@pytest.mark.plants_a_fault
def test_without_the_lock_and_the_constraints_it_happens_twice(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    with without_constraints("autotransfers_run_once", "funding_contribution_reference"):
        assert take_twice_at_once(world, group, member, monkeypatch) == {"int": 2}
        assert AutoTransferRun.objects.count() == Contribution.objects.count() == 2
        assert {finding.code for finding in check_books()} == {"auto_run_twice", "auto_transfer_passed"}


# --- claiming ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def many(world: World, group: Group, member: Person) -> AutoTransfer:
    """Two thousand due orders, which PostgreSQL has looked at."""
    order = order_in(world, group, member)
    fill(order, 1_999)
    world.bank.now += timedelta(days=1)
    with as_owner():
        run("VACUUM (ANALYZE) autotransfers_autotransfer")
    return order


@pytest.mark.plants_a_fault  # copies of one order have no events
def test_a_claim_finds_its_rows_in_the_index_alone(world: World, many: AutoTransfer) -> None:
    asked: dict[str, Any] = {"now": world.now, "until": world.now, "limit": 500}
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, COSTS OFF) " + CLAIM.format(table="autotransfers_autotransfer"), asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    found_in = plan.partition("CTE due")[2].partition("CTE taken")[0]
    assert "Index Only Scan using autotransfers_order_swept" in found_in, plan


@pytest.mark.plants_a_fault
def test_claims_share_the_rows_and_no_row_is_claimed_twice(world: World, many: AutoTransfer) -> None:
    claims: list[set[Any]] = []
    while claimed := claim(AutoTransfer, world.now):
        claims.append({row_id for _, row_id in claimed})
    assert [len(each) for each in claims] == [500] * 4
    assert len(set.union(*claims)) == 2_000
    later = world.now + timedelta(seconds=120)
    assert len(claim(AutoTransfer, later)) == 500, "when the lease is over they are due again"


@pytest.mark.plants_a_fault
def test_claims_at_once_do_not_wait_for_each_other(world: World, many: AutoTransfer) -> None:
    outcomes = at_once([lambda: claim(AutoTransfer, world.now) for _ in range(4)], threads=4)
    claimed = [row_id for outcome in outcomes if isinstance(outcome, list) for _, row_id in outcome]
    assert kinds(outcomes) == {"list": 4}
    assert len(set(claimed)) == len(claimed) >= 500


# --- unlinking --------------------------------------------------------------------------------------------------------
def order_and_unlink_at_once(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, int], bool]:
    """Order from a card and unlink it, both of which have looked before either writes, if nothing keeps them.

    Say what came of it, and whether there is an order now without a card.
    """
    meeting = MeetingPoint(2)
    monkeypatch.setattr("groups.autotransfers.services.orders.get_source", meeting.after(get_source))
    monkeypatch.setattr("wallet.rails.services.linking.hear_objections", meeting.after(hear_objections))
    source = member.source
    assert source is not None
    acts: list[Callable[[], object]] = [
        lambda: order_in(world, group, member),
        lambda: unlink_source(user=member.user, source_id=source.pk, now=world.now),
    ]
    outcomes = at_once(acts)
    return kinds(outcomes), AutoTransfer.objects.filter(source__unlinked_at__isnull=False).exists()


def test_no_order_begins_with_a_card_that_is_being_unlinked(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    came_of_it, is_left_without = order_and_unlink_at_once(world, group, member, monkeypatch)
    assert came_of_it in ({"AutoTransfer": 1, "AutoTransferNeeds": 1}, {"SourceNotFound": 1, "NoneType": 1})
    assert not is_left_without


def test_without_the_lock_of_the_person_one_does(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groups.autotransfers.services.orders.User", MagicMock())
    came_of_it, is_left_without = order_and_unlink_at_once(world, group, member, monkeypatch)
    assert came_of_it == {"AutoTransfer": 1, "NoneType": 1}
    assert is_left_without
