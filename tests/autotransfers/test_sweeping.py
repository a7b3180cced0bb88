"""Workers that take what is due: one that breaks holds up nobody, and is taken again when its lease is over."""

from datetime import timedelta
from typing import Any

import pytest

from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.services import run_due, sweeping
from groups.autotransfers.services.running import run_order
from groups.autotransfers.tasks import run_due_auto_transfers
from groups.members.models import Group
from tests.autotransfers.conftest import local, order_in, runs_of
from tests.cast import Person, World


def test_one_that_breaks_holds_up_nobody(
    world: World, group: Group, owner: Person, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = order_in(world, group, owner), order_in(world, group, member)
    world.go_to(local("2026-11-03 09:00"))

    def take(group_id: Any, order_id: Any, now: Any) -> int:
        assert order_id != broken.pk
        return run_order(group_id=group_id, order_id=order_id, now=now)

    with monkeypatch.context() as patch:
        patch.setitem(sweeping.TAKES, AutoTransfer, take)
        assert run_due(now=world.now) == 2
    assert (runs_of(broken), runs_of(fine)) == ({}, {"11-03": "under_way"})
    assert run_due(now=world.now + timedelta(seconds=119)) == 0
    assert run_due(now=world.now + timedelta(seconds=120)) == 1
    assert runs_of(broken) == {"11-03": "under_way"}


def test_a_batch_at_a_time(world: World, group: Group, member: Person, settings: Any) -> None:
    settings.AUTO_TRANSFER_BATCH = 2
    for _ in range(5):
        order_in(world, group, member)
    world.go_to(local("2026-11-03 09:00"))
    assert [run_due_auto_transfers() for _ in range(4)] == [2, 2, 1, 0]
    assert AutoTransferRun.objects.filter(group=group).count() == 5
