"""A rail that nobody here serves takes no money: who asks is refused, and what leaves by itself waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from groups.exits.services import pay_out_former_members
from groups.funding.models import Withdrawal
from groups.funding.services import send_waiting
from groups.members.models import Group
from tests.cast import Person, World, balance_of, join, meet, money, pay_in, settle_on, stakes_of, yuan
from wallet.rails.adapters import base, registry
from wallet.rails.models import Transfer
from wallet.rails.services import advance_transfer
from wallet.rails.tasks import sweep_transfers


@contextmanager
def unserved(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let nobody serve the sandbox bank."""
    with monkeypatch.context() as patch:
        patch.setattr(registry, "_overrides", {})
        yield


@pytest.fixture
def rich(world: World, group: Group, owner: Person, member: Person) -> Group:
    """A group to which a judge has come; the owner and the member have ¥100 each."""
    join(group, owner, meet("赵敏", "+8613800000005", now=world.now), now=world.now)
    pay_in(world, owner, group, yuan(100))
    pay_in(world, member, group, yuan(100))
    return group


def test_who_asks_is_refused(rich: Group, member: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert member.source is not None
    body = {"source": str(member.source.pk), "amount": money(yuan(50))}
    known = Transfer.objects.count()
    with unserved(monkeypatch):
        for path in ("contributions", "withdrawals"):
            answer = member.api.post(f"/groups/{rich.pk}/{path}", body, proof=True)
            answer.expect(503, "rail_unavailable")
        member.api.delete(f"/groups/{rich.pk}/members/{member.id}", proof=True).expect(503, "rail_unavailable")
    assert stakes_of(rich)[member.name] == yuan(100)
    assert Transfer.objects.count() == known
    member.api.post(f"/groups/{rich.pk}/withdrawals", body, proof=True).expect(201)


def test_what_follows_who_was_removed_waits(
    world: World, rich: Group, owner: Person, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unserved(monkeypatch):
        settle_on(owner, rich, "remove_member", {"user": str(member.id)})
        assert pay_out_former_members(now=world.now) == 0
    assert stakes_of(rich)[member.name] == yuan(100)
    assert world.send_late_money() == 1
    assert balance_of(rich) == yuan(100)


def test_a_group_ends_and_its_money_waits(
    world: World, rich: Group, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unserved(monkeypatch):
        settle_on(owner, rich, "dissolve", {"version": "1", "text": "散伙"})
    assert balance_of(rich) == yuan(200)
    assert world.send_late_money() == 2
    assert balance_of(rich) == 0


def test_what_was_announced_waits_longer(
    world: World, rich: Group, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert owner.source is not None
    body = {"source": str(owner.source.pk), "amount": money(yuan(150)), "borne_by": "group"}
    owner.api.post(f"/groups/{rich.pk}/withdrawals", body, proof=True).expect(201)
    waiting = Withdrawal.objects.get()
    assert waiting.status == "waiting"
    world.wait(25 * 3600)
    with unserved(monkeypatch):
        assert send_waiting(now=world.now) == 0
    waiting.refresh_from_db()
    assert (waiting.status, balance_of(rich)) == ("waiting", yuan(200))
    assert send_waiting(now=world.now) == 1


def test_a_step_stays_due(world: World, rich: Group, member: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rail is served no more, though money is on its way through it."""
    assert member.source is not None
    body = {"source": str(member.source.pk), "amount": money(yuan(50))}
    member.api.post(f"/groups/{rich.pk}/withdrawals", body, proof=True).expect(201)
    transfer = Transfer.objects.get(direction="payout")
    world.bank.now += timedelta(hours=1)
    with unserved(monkeypatch):
        assert sweep_transfers() == 0
        with pytest.raises(base.RailNotConfigured):
            advance_transfer(wallet_id=rich.pk, transfer_id=transfer.pk, now=world.now)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.attempts) == ("created", 0)
    assert sweep_transfers() == 1
