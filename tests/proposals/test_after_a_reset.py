"""On the day after a PIN was reset, no proposal and no vote lets out more than any other door."""

from typing import Any

import pytest
from django.utils import timezone

from groups.members.models import Group
from tests.cast import PIN, Person, World, balance_of, found, money, pay_in, yuan
from wallet.identity.services import reset_pin, send_reset_code
from wallet.identity.sms import MemorySender


@pytest.fixture(autouse=True)
def _reset(world: World, owner: Person, settings: Any) -> None:
    settings.SMS_SENDER = "wallet.identity.sms.MemorySender"
    send_reset_code(user=owner.user, now=timezone.now())
    reset_pin(user=owner.user, code=MemorySender.messages.pop().params["code"], pin=PIN, now=timezone.now())


def propose(person: Person, group: Group, kind: str, payload: dict[str, Any]) -> Any:
    return person.api.post(f"/groups/{group.pk}/proposals", {"kind": kind, "payload": payload}, proof=True)


def transfer(person: Person, amount: int) -> dict[str, Any]:
    assert person.source is not None
    return {"source": str(person.source.pk), "amount": money(amount)}


def test_alone_one_proposes_no_more(world: World, owner: Person) -> None:
    group = found(owner, now=world.now)
    pay_in(world, owner, group, yuan(5000))
    propose(owner, group, "approve_transfer", transfer(owner, yuan(500.01))).expect(422, "pin_recently_reset")
    propose(owner, group, "dissolve", {"version": "1", "text": "再见"}).expect(422, "pin_recently_reset")
    assert balance_of(group) == yuan(5000)
    propose(owner, group, "approve_transfer", transfer(owner, yuan(500))).expect(201)


def test_nor_votes_for_more(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, owner, group, yuan(5000))
    made = propose(member, group, "approve_transfer", transfer(member, yuan(4000))).expect(201)
    votes = f"/groups/{group.pk}/proposals/{made['id']}/votes"
    owner.api.post(votes, {"choice": "approve"}, proof=True).expect(422, "pin_recently_reset")
    owner.api.post(votes, {"choice": "reject"}).expect(200)
