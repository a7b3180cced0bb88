"""A bank that hangs holds up nobody else: its steps have a queue of their own, and a sweep of them has an end."""

import time
from dataclasses import dataclass
from typing import Any

import pytest

from groups.funding.services import contribute
from groups.members.models import Group
from tests.cast import Person, World
from wallet.config.celery import app
from wallet.rails import tasks
from wallet.rails.adapters import base, use_adapter
from wallet.rails.models import Transfer


@dataclass
class Hangs:
    """A bank that is silent for seven seconds, on the clock by which a sweep is measured."""

    bank: base.Adapter
    patch: pytest.MonkeyPatch
    clock: float = 0

    def __post_init__(self) -> None:
        self.patch.setattr(time, "monotonic", lambda: self.clock)

    def submit(self, request: base.TransferRequest) -> base.SubmitAnswer:
        self.clock += 7
        return base.Unknown("ReadTimeout")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bank, name)


def test_what_asks_banks_has_a_queue_of_its_own(settings: Any) -> None:
    names = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()} | {"rails.advance"}
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in names}
    asking = {"rails.advance", "rails.sweep_transfers", "rails.reconcile_due"}
    assert {name for name, queue in queues.items() if queue == "rails"} == asking
    assert queues["autotransfers.run_due"] == queues["proposals.expire"] == "celery"


def test_a_sweep_has_an_end(world: World, group: Group, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert owner.source is not None
    for _ in range(12):
        contribute(actor=owner.user, group_id=group.pk, source_id=owner.source.pk, amount=100, now=world.now)
    with monkeypatch.context() as patch, use_adapter("sandbox", Hangs(world.bank.adapter, patch)):
        assert tasks.sweep_transfers() == 9
        assert Transfer.objects.filter(status="created").count() == 3
        assert tasks.sweep_transfers() == 3, "what was left is the next one's"
