"""An adapter that raises, which it must not: nothing is known of the transfer, and that can be given up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from groups.members.models import Group
from tests.cast import Person, World, money, pay_in, stakes_of, yuan
from wallet.rails.adapters import base, use_adapter
from wallet.rails.models import Transfer
from wallet.rails.services import advance_transfer
from wallet.rails.tasks import sweep_transfers


@dataclass
class Raises:
    """A bank that has never seen a number, and whose adapter cannot send one."""

    bank: base.Adapter
    trouble: Exception

    def submit(self, request: base.TransferRequest) -> base.SubmitAnswer:
        raise self.trouble

    def query(self, out_no: str) -> base.QueryAnswer:
        return base.NotFound()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bank, name)


@pytest.fixture(params=[base.NumberReused("t1"), ValueError("too many values to unpack")], ids=repr)
def raising(request: pytest.FixtureRequest, world: World) -> Iterator[None]:
    with use_adapter("sandbox", Raises(world.bank.adapter, request.param)):
        yield


def sweep_for(world: World, hours: int) -> None:
    for _ in range(hours):
        sweep_transfers()
        world.bank.now += timedelta(hours=1)


@pytest.mark.usefixtures("raising")
def test_a_collection_is_given_up(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    asked = {"source": str(member.source.pk), "amount": money(yuan(100))}
    member.api.post(f"/groups/{group.pk}/contributions", asked).expect(201)
    sweep_for(world, 2)
    assert Transfer.objects.get().status == "unknown"
    member.api.delete(f"/me/sources/{member.source.pk}", proof=True).expect(422, "source_in_use")
    sweep_for(world, 72)
    transfer = Transfer.objects.get()
    assert (transfer.status, transfer.failure_code) == ("failed", "no_answer")
    member.api.delete(f"/me/sources/{member.source.pk}", proof=True).expect(204)


def test_a_payout_stays_unknown(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    pay_in(world, member, group, yuan(100))
    asked = {"source": str(member.source.pk), "amount": money(yuan(40))}
    member.api.post(f"/groups/{group.pk}/withdrawals", asked, proof=True).expect(201)
    with use_adapter("sandbox", Raises(world.bank.adapter, ValueError("token"))):
        sweep_for(world, 80)
    assert Transfer.objects.get(direction="payout").status == "unknown"
    world.wait(3600)
    assert Transfer.objects.get(direction="payout").status == "settled"
    assert stakes_of(group)[member.name] == yuan(60)


def test_the_time_of_a_task_ends_it(world: World, group: Group, member: Person) -> None:
    """Celery raises inside the adapter when a task takes too long: that is no answer of the rail's."""
    assert member.source is not None
    asked = {"source": str(member.source.pk), "amount": money(yuan(100))}
    member.api.post(f"/groups/{group.pk}/contributions", asked).expect(201)
    transfer = Transfer.objects.get()
    with use_adapter("sandbox", Raises(world.bank.adapter, SoftTimeLimitExceeded())):
        with pytest.raises(SoftTimeLimitExceeded):
            advance_transfer(wallet_id=group.pk, transfer_id=transfer.pk, now=world.now)
        world.bank.now += timedelta(hours=1)
        with pytest.raises(SoftTimeLimitExceeded):
            sweep_transfers()
