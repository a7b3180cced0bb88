"""A command that wants a proof, at a door with idempotency keys (`door`): what it takes, and a repetition."""

from typing import Any

import pytest
from django.utils import timezone

from groups.members.models import Group
from tests.cast import PIN, Answer, Person, World, group, member, money, owner, shop, viewer, world
from wallet.identity.models import PaymentProof
from wallet.identity.services import reset_pin, send_reset_code
from wallet.identity.sms import MemorySender

__all__ = ["group", "member", "owner", "shop", "viewer", "world"]
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.identity.door")]
KEY, ANOTHER = "k" * 16, "a" * 16


def path_of(group: Group) -> str:
    return f"/groups/{group.pk}/out"


def prove(person: Person, group: Group, amount: int = 100) -> str:
    return person.api.prove("POST", path_of(group), {"amount": money(amount)})


def let_out(person: Person, group: Group, amount: int = 100, *, proof: str = "", key: str = KEY) -> Answer:
    return person.api.post(path_of(group), {"amount": money(amount)}, proof=proof, key=key)


def test_without_a_proof_nothing_leaves(group: Group, member: Person) -> None:
    let_out(member, group).expect(403, "payment_proof_required")
    let_out(member, group, proof="x" * 43).expect(403, "payment_proof_invalid")
    let_out(member, group, proof=prove(member, group)).expect(201)


def test_a_repetition_needs_no_proof(group: Group, member: Person) -> None:
    first = let_out(member, group, proof=(proof := prove(member, group)))
    first.expect(201)
    for again in (let_out(member, group, proof=proof), let_out(member, group)):
        assert (again.status, again.raw, again.headers["Idempotent-Replayed"]) == (201, first.raw, "true")
    assert PaymentProof.objects.count() == 1


def test_another_key_needs_another_proof(group: Group, member: Person) -> None:
    let_out(member, group, proof=(proof := prove(member, group))).expect(201)
    let_out(member, group, proof=proof, key=ANOTHER).expect(403, "payment_proof_invalid")
    let_out(member, group, proof=prove(member, group), key=ANOTHER).expect(201)


def test_a_refused_command_gives_its_proof_back(group: Group, member: Person) -> None:
    proof = prove(member, group, 1_000_01)
    refused = let_out(member, group, 1_000_01, proof=proof)
    refused.expect(422, "insufficient_funds")
    assert PaymentProof.objects.get().used_at is None
    assert let_out(member, group, 1_000_01).raw == refused.raw, "a refusal stays under its key"
    let_out(member, group, 1_000_01, proof=proof, key=ANOTHER).expect(422, "insufficient_funds")


def test_a_missing_proof_is_not_the_keys_answer(group: Group, member: Person) -> None:
    let_out(member, group).expect(403, "payment_proof_required")
    let_out(member, group, proof=prove(member, group)).expect(201)


@pytest.mark.parametrize(
    "change", [{"amount": money(101)}, {"memo": "x"}, {"amount": {"currency": "CNY", "amount": 99}}], ids=str
)
def test_one_changed_field_is_another_operation(group: Group, member: Person, change: dict[str, Any]) -> None:
    body = {"amount": money(100), **change}
    proof = prove(member, group)
    member.api.post(path_of(group), body, proof=proof).expect(403, "payment_proof_invalid")
    member.api.post(path_of(group), body, proof=True).expect(201)


def test_who_may_not_learns_so_before_proofs_are_looked_at(group: Group, member: Person, viewer: Person) -> None:
    let_out(viewer, group, proof=prove(viewer, group)).expect(403, "not_allowed")
    let_out(viewer, group, proof=prove(member, group)).expect(403, "not_allowed")


def test_two_minutes(world: World, group: Group, member: Person) -> None:
    proof = prove(member, group)
    world.wait(120)
    let_out(member, group, proof=proof).expect(403, "payment_proof_invalid")
    proof = prove(member, group)
    world.wait(119)
    let_out(member, group, proof=proof).expect(201)


def test_after_a_reset_little_can_leave(world: World, group: Group, member: Person, settings: Any) -> None:
    settings.SMS_SENDER = "wallet.identity.sms.MemorySender"
    send_reset_code(user=member.user, now=timezone.now())
    reset_pin(user=member.user, code=MemorySender.messages.pop().params["code"], pin=PIN, now=timezone.now())
    problem = let_out(member, group, 500_01, proof=prove(member, group, 500_01)).expect(422, "pin_recently_reset")
    assert problem["data"] == {"amount_max": 500_00}
    let_out(member, group, 500_00, proof=prove(member, group, 500_00), key=ANOTHER).expect(201)
    world.wait(24 * 3600)
    let_out(member, group, 500_01, proof=prove(member, group, 500_01), key="after-a-day-" + KEY).expect(201)
