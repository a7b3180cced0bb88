"""A run in parts: cut by the wallets' ids, each with one worker at a time, whose lease runs out when it is silent."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from groups.members.models import Group
from tests.cast import Person, World, found
from tests.yields.conftest import Desk, at, balance_of, pay, run, switch_on
from wallet.ledger import clock
from yields.models import Fund, YieldPartition, YieldRun
from yields.services import help_run, partitions, run_day, run_due
from yields.services.credits import Credited

pytestmark = pytest.mark.django_db
MON, TUE, WED, THU = (date(2026, 11, 2) + timedelta(days=n) for n in range(4))


@pytest.fixture
def five(world: World, owner: Person, fund: Fund, desk: Desk, settings: Any) -> list[Group]:
    """Five groups that earn, two in a part and one in a chunk."""
    settings.YIELD_PARTITION_WALLETS, settings.YIELD_CHUNK_WALLETS = 2, 1
    groups = [found(owner, now=at(MON, "08:00"), name=f"家{n}") for n in range(5)]
    for each in groups:
        pay(each, owner, 10_000_00, at(MON, "09:00"))
        switch_on(each, owner, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON, 3)
    run(fund, MON)
    return sorted(groups, key=lambda group: group.pk)


def parts_of(day: date) -> QuerySet[YieldPartition]:
    return YieldPartition.objects.filter(run__date=day).order_by("number")


def start(fund: Fund, day: date) -> YieldRun:
    """Begin a run as a worker that is gone before it has taken a part."""
    begun = YieldRun.objects.create(fund=fund, date=day, started_at=at(WED, "02:00"))
    partitions.plan(begun)
    return begun


def test_the_parts_hold_every_wallet_once(five: list[Group], fund: Fund) -> None:
    finished = run(fund, TUE)
    parts = list(parts_of(TUE))
    assert [(part.first, part.until) for part in parts] == [
        (None, five[2].pk),
        (five[2].pk, five[4].pk),
        (five[4].pk, None),
    ]
    assert [(part.enrolled, part.done, part.income, part.state) for part in parts] == [
        (2, 2, 2 * 123, "done"),
        (2, 2, 2 * 123, "done"),
        (1, 1, 123, "done"),
    ]
    assert (finished.state, finished.enrolled, finished.done, finished.income) == ("finished", 5, 5, 5 * 123)
    assert [balance_of(each) for each in five] == [10_001_23] * 5


def test_a_day_without_anybody_is_one_part(fund: Fund, desk: Desk) -> None:
    desk.publish_days(fund, MON, 1)
    assert run(fund, MON).state == "finished"
    assert [(part.enrolled, part.state) for part in parts_of(MON)] == [(0, "done")]


def test_whoever_was_enrolled_after_the_cut_falls_into_a_part(five: list[Group], fund: Fund, owner: Person) -> None:
    begun = start(fund, TUE)
    late = found(owner, now=at(MON, "08:00"), name="晚到")
    pay(late, owner, 10_000_00, at(MON, "09:00"))
    switch_on(late, owner, fund, at(TUE, "11:00"))
    assert help_run(run_id=begun.pk, now=at(WED, "02:00")).state == "finished"
    assert sum(part.enrolled for part in parts_of(TUE)) == 6


def test_helpers_are_called_and_the_last_closes_the_run(five: list[Group], fund: Fund) -> None:
    called: list[int] = []

    def help_at_once(begun: YieldRun, parts: int) -> None:
        called.append(parts)
        assert help_run(run_id=begun.pk, now=at(WED, "02:00")).state == "finished"

    finished = run_day(fund=fund, day=TUE, now=at(WED, "02:00"), call_helpers=help_at_once)
    assert (called, finished.state) == ([3], "finished")
    assert help_run(run_id=finished.pk, now=at(WED, "02:00")).checked_at == finished.checked_at
    assert [balance_of(each) for each in five] == [10_001_23] * 5


def test_while_another_has_a_part_the_run_goes_on_and_the_next_day_waits(five: list[Group], fund: Fund) -> None:
    begun = start(fund, TUE)
    taken = partitions._claim(begun, "another")
    assert taken is not None
    assert [(each.date, each.state) for each in run_due(now=at(THU, "02:00"))] == [(TUE, "running")]
    assert [balance_of(each) for each in five] == [10_000_00] * 2 + [10_001_23] * 3
    assert parts_of(TUE)[0].worker == "another"


def test_a_silent_workers_part_is_taken_over_when_its_lease_runs_out(
    five: list[Group], fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = start(fund, TUE)
    assert partitions._claim(begun, "silent") is not None
    later = clock.database_now() + timedelta(seconds=61)
    monkeypatch.setattr(clock, "database_now", lambda: later)
    assert run(fund, TUE).state == "finished"
    assert [balance_of(each) for each in five] == [10_001_23] * 5


def test_whoever_wakes_up_too_late_changes_nothing(
    five: list[Group], fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its first chunk a worker sleeps; another finishes the run; its second chunk is undone."""
    begun, now = start(fund, TUE), clock.database_now()
    slept: list[str] = []

    def sleep(wallets: int) -> None:
        if not slept:
            slept.append("once")
            monkeypatch.setattr(clock, "database_now", lambda: now + timedelta(seconds=61))
            assert run(fund, TUE, "03:00").state == "finished"

    again = help_run(run_id=begun.pk, now=at(WED, "02:00"), progress=sleep)
    assert (again.state, again.done) == ("finished", 5)
    assert [balance_of(each) for each in five] == [10_001_23] * 5
    assert {part.worker for part in parts_of(TUE)} == {""}


def test_without_the_guard_the_sleeper_would_go_on(
    five: list[Group], fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test before: with the guard off, the sleeper is stopped by the database alone."""

    def save_whatever_it_is(part: YieldPartition, **values: Any) -> None:
        YieldPartition.objects.filter(pk=part.pk).update(**values)

    begun, now = start(fund, TUE), clock.database_now()
    first = partitions._claim(begun, "sleeper")
    assert first is not None
    monkeypatch.setattr(clock, "database_now", lambda: now + timedelta(seconds=61))
    run(fund, TUE)
    monkeypatch.setattr(partitions, "_save", save_whatever_it_is)
    with pytest.raises(IntegrityError, match="yields_partition_lease"), transaction.atomic():
        partitions._note(first, Credited(), None)
    assert parts_of(TUE)[0].done == 2


def test_an_admin_sees_how_far_it_is(five: list[Group], fund: Fund, admin_client: Any) -> None:
    begun = start(fund, TUE)
    assert partitions._claim(begun, "host:17") is not None
    page = admin_client.get(f"/admin/yields/yieldrun/{begun.pk}/change/", headers={"Accept-Language": "en"})
    text = page.content.decode()
    assert "0 / 5" in text
    assert "host:17" in text
    assert "in work" in text


@pytest.mark.parametrize("moment", [at(WED, "02:00")])
def test_the_lock_is_renewed_with_every_chunk(five: list[Group], fund: Fund, moment: datetime) -> None:
    begun, leases = start(fund, TUE), []

    def look(wallets: int) -> None:
        part = parts_of(TUE).filter(state="working").first()
        leases.append((part.done, part.position, part.leased_until) if part else None)

    help_run(run_id=begun.pk, now=moment, progress=look)
    assert [lease[:2] for lease in leases if lease] == [
        (1, five[0].pk),
        (2, five[1].pk),
        (1, five[2].pk),
        (2, five[3].pk),
        (1, five[4].pk),
    ]
