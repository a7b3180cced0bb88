"""Worker, beat and the Redis server are killed while many standing orders are due, and Redis is emptied among them.

Everything is real: Celery's processes and their messages, a Redis server of its own, the sandbox bank as a process with
its own book, which settles and sends notices. In the end each order has happened once, at the bank too.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.services import Terms, make_order
from groups.funding.models import Contribution
from groups.members.models import Group
from tests.cast import Person, balance_of, found, meet
from tests.proofs.house import House, open_house
from wallet.ledger.checks import check_books
from wallet.ledger.models import Entry
from wallet.rails.adapters import use_adapter
from wallet.rails.models import Transfer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
AMOUNT = 1_00
SECONDS_MAX = 1_800
ACTS: dict[str, Callable[[House], None]] = {
    "worker killed": lambda house: again(house, "worker"),
    "beat killed": lambda house: again(house, "beat"),
    "Redis killed": lambda house: again(house, "redis"),
    "Redis emptied": House.empty_redis,
}


def again(house: House, name: str) -> None:
    house.kill(name)
    house.start(name)


def set_out(owner: Person, *, groups: int, orders: int, now: datetime) -> list[Group]:
    """Let somebody order, yesterday, what is due since a minute ago, in so many groups so many times."""
    yesterday = now - timedelta(days=1)
    homes = [found(owner, now=yesterday, name=f"家{number}") for number in range(groups)]
    assert owner.source is not None
    for home in homes:
        at = (now - timedelta(minutes=1)).astimezone(ZoneInfo(home.time_zone)).time().replace(second=0, microsecond=0)
        terms = Terms(amount=AMOUNT, every="day", at=at, source=owner.source.pk, runs_max=1)
        for _ in range(orders):
            make_order(actor=owner.user, group_id=home.pk, terms=terms, now=yesterday)
    return homes


def wreck(house: House, seed: int, rest: tuple[float, float], rounds: int) -> Counter[str]:
    """Do each act once a round, in an order of chance, while orders are waiting; say what was done."""
    chance, done = random.Random(seed), Counter[str]()
    deadline = time.monotonic() + SECONDS_MAX
    acts: list[str] = []
    while AutoTransfer.objects.filter(status="active").exists() and done.total() < rounds * len(ACTS):
        assert time.monotonic() < deadline, read_ends(house)
        time.sleep(chance.uniform(*rest))
        house.restart_ended()
        acts = acts or chance.sample(list(ACTS), len(ACTS))
        if AutoTransfer.objects.filter(status="active").exists():
            ACTS[acts[-1]](house)
            done[acts.pop()] += 1
    return done


def wait_until_settled(house: House) -> None:
    """Wait until the last of them has happened and settled, undisturbed."""
    deadline = time.monotonic() + SECONDS_MAX
    due, open_transfers = AutoTransfer.objects.filter(status="active"), Transfer.objects.filter(final_at__isnull=True)
    while due.all().exists() or open_transfers.all().exists():
        assert time.monotonic() < deadline, read_ends(house)
        house.restart_ended()
        time.sleep(0.2)


def read_ends(house: House) -> str:
    return "\n".join(f"{path.name}\n{path.read_text()[-1500:]}" for path in house.folder.glob("*.log"))


def check_exactly_once(
    folder: Path, settings: Any, *, groups: int, orders: int, hurried: bool, rest: tuple[float, float], rounds: int
) -> None:
    """Let it happen, disturbed after every so many seconds, for so many rounds; and look at the books of both sides."""
    settings.GROUPS_PER_USER_MAX = 100_000
    settings.AUTO_TRANSFERS_PER_GROUP_MAX = settings.AUTO_TRANSFERS_PER_MEMBER_MAX = 100_000
    count, now = groups * orders, timezone.now()
    with open_house(folder, "tests.proofs.hurried" if hurried else "wallet.config.settings") as house:
        with use_adapter("sandbox", house.reach_bank()):
            owner = meet("张伟", "+8613800000001", now=now)
            homes = set_out(owner, groups=groups, orders=orders, now=now)
        started = time.monotonic()
        house.start("worker", "beat")
        done = wreck(house, count, rest, rounds)
        wait_until_settled(house)
        took = time.monotonic() - started
        house.stop()
        bank = house.count_banks_book()
    print(f"{count} due orders, {took:.1f} s, {count / took:.1f}/s from due to settled")
    print(f"{dict(done)}; ended by themselves: {dict(house.ended)}")
    assert not rounds or set(done) == set(ACTS), "everything was to be killed while something was due"
    assert AutoTransferRun.objects.count() == Contribution.objects.count() == Transfer.objects.count() == count
    assert AutoTransferRun.objects.filter(status="settled").count() == count
    assert len(set(Entry.objects.values_list("reference", flat=True))) == Entry.objects.count() == count
    assert [balance_of(home) for home in homes] == [orders * AMOUNT] * groups
    assert (bank.collected, bank.processing) == (count * AMOUNT, 0)
    assert check_books() == []


def test_each_happens_once_whatever_dies(tmp_path: Path, settings: Any) -> None:
    check_exactly_once(tmp_path, settings, groups=3, orders=40, hurried=True, rest=(1.0, 2.0), rounds=2)


@pytest.mark.proof
def test_each_of_10_000_happens_once_whatever_dies(tmp_path: Path, settings: Any) -> None:
    check_exactly_once(tmp_path, settings, groups=20, orders=500, hurried=False, rest=(4.0, 10.0), rounds=1_000)


@pytest.mark.proof
def test_10_000_left_alone(tmp_path: Path, settings: Any) -> None:
    """For comparison: what four workers do when nothing dies."""
    check_exactly_once(tmp_path, settings, groups=20, orders=500, hurried=False, rest=(0, 0), rounds=0)
