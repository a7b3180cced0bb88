"""Whoever shows a payment code has typed the PIN for it; and on the day after a reset a code pays little."""

from collections.abc import Iterator
from typing import Any

import pytest

from groups.members.models import Group
from groups.spending.models import Payment, PaymentCode
from groups.spending.services import show_code as show_code_unproven
from tests.cast import (
    Person,
    Shop,
    World,
    balance_of,
    join,
    kinds_since,
    money,
    pay_in,
    sequence_of,
    settle_on,
    show_code,
    yuan,
)
from wallet.identity.models import PaymentProof
from wallet.identity.sms import MemorySender, TextMessage


@pytest.fixture(autouse=True)
def _money(world: World, group: Group, owner: Person) -> None:
    """There are 3,000.00 in the group."""
    pay_in(world, owner, group, yuan(3_000))


@pytest.fixture
def inbox(settings: Any) -> Iterator[list[TextMessage]]:
    settings.SMS_SENDER = "wallet.identity.sms.MemorySender"
    MemorySender.messages.clear()
    yield MemorySender.messages
    MemorySender.messages.clear()


def path_of(group: Group) -> str:
    return f"/groups/{group.pk}/payment-codes"


def reset(person: Person, inbox: list[TextMessage]) -> None:
    """Let a person forget the PIN and set another one."""
    person.api.post("/me/pin/reset").expect(204)
    person.api.pin = "719402"
    code = inbox[-1].params["code"]
    person.api.post("/me/pin/reset/confirm", {"code": code, "pin": person.api.pin}).expect(200)


def test_no_code_without_a_proof(group: Group, member: Person) -> None:
    member.api.post(path_of(group), {}).expect(403, "payment_proof_required")
    member.api.post(path_of(group), {}, proof="x" * 43).expect(403, "payment_proof_invalid")
    assert not PaymentCode.objects.exists()
    assert member.api.post(path_of(group), {}, proof=True).expect(201)["amount_max"] is None


def test_a_body_may_be_left_out_of_both(group: Group, member: Person) -> None:
    proof = member.api.prove("POST", path_of(group))
    member.api.post(path_of(group), proof=proof).expect(201)


@pytest.mark.parametrize(
    "change", [{"sharing_rule": "equal"}, {"participants": []}, {"more": 1}, {"sharing_rule": None}], ids=str
)
def test_one_changed_field_is_another_code(group: Group, member: Person, change: dict[str, Any]) -> None:
    body = {"sharing_rule": "payer", "participants": [str(member.id)]}
    proof = member.api.prove("POST", path_of(group), body)
    answer = member.api.post(path_of(group), {**body, **change}, proof=proof)
    assert answer.status in (400, 403), answer.body
    assert not PaymentCode.objects.exists()
    member.api.post(path_of(group), body, proof=proof).expect(201)


def test_a_proof_is_of_one_group(world: World, group: Group, owner: Person) -> None:
    other = owner.api.post("/groups", {"name": "旅行", "scene": "trip"}).expect(201)["id"]
    proof = owner.api.prove("POST", f"/groups/{other}/payment-codes", {})
    owner.api.post(path_of(group), {}, proof=proof).expect(403, "payment_proof_invalid")


def test_a_refused_code_gives_its_proof_back(
    world: World, group: Group, owner: Person, member: Person, stranger: Person
) -> None:
    settle_on(owner, group, "change_sharing", {"payers_choose": True})
    body = {"sharing_rule": "equal", "participants": [str(member.id), str(stranger.id)]}
    proof = member.api.prove("POST", path_of(group), body)
    member.api.post(path_of(group), body, proof=proof).expect(422, "participant_unknown")
    assert PaymentProof.objects.get(device__user=member.id).used_at is None
    join(group, member, stranger, now=world.now)
    member.api.post(path_of(group), body, proof=proof).expect(201)
    member.api.post(path_of(group), body, proof=proof).expect(403, "payment_proof_invalid")


def test_a_proof_dies_with_its_device(group: Group, member: Person) -> None:
    proof = member.api.prove("POST", path_of(group), {})
    member.api.delete(f"/me/devices/{member.device.pk}").expect(204)
    member.api.post(path_of(group), {}, proof=proof).expect(401)


def test_after_a_reset_a_code_pays_up_to_the_cap(
    group: Group, member: Person, shop: Shop, inbox: list[TextMessage]
) -> None:
    reset(member, inbox)
    shown = member.api.post(path_of(group), {}, proof=True).expect(201)
    assert shown["amount_max"] == money(500_00)
    shop.charge(shown["code"], 500_00).expect(201)


def test_after_a_reset_a_larger_charge_is_refused_and_booked(
    world: World, group: Group, member: Person, shop: Shop, inbox: list[TextMessage]
) -> None:
    reset(member, inbox)
    code, before = show_code(member, group), sequence_of(group)
    first = shop.charge(code, 500_01, "trade-a")
    problem = first.expect(422, "pin_recently_reset")
    assert problem["data"] == {"amount_max": 500_00}
    assert "¥500.00" in problem["detail"]
    again = shop.charge(code, 500_01, "trade-a").expect(422, "pin_recently_reset")
    assert again["data"] == problem["data"]
    assert kinds_since(group, before) == ["payment_refused"]
    assert shop.look_up("trade-a").expect(200)["refusal_code"] == "pin_recently_reset"
    shop.charge(code, 1_00, "trade-b").expect(422, "payment_code_used")
    assert balance_of(group) == yuan(3_000)

    world.wait(24 * 3600)
    shop.charge(show_code(member, group), 500_01, "trade-c").expect(201)


def test_a_code_that_was_shown_before_the_reset_is_what_it_was(
    group: Group, member: Person, shop: Shop, inbox: list[TextMessage]
) -> None:
    """It lives for a minute, and was asked for by somebody who knew the PIN."""
    code = show_code(member, group)
    reset(member, inbox)
    shop.charge(code, 500_01).expect(201)


def test_services_ask_for_no_proof(world: World, group: Group, member: Person, shop: Shop) -> None:
    unlimited = show_code_unproven(actor=member.user, group_id=group.pk, now=world.now)
    shop.charge(unlimited.digits, 600_00).expect(201)
    limited = show_code_unproven(actor=member.user, group_id=group.pk, now=world.now, amount_max=1_00)
    shop.charge(limited.digits, 1_01).expect(422, "pin_recently_reset")
    assert Payment.objects.filter(status="refused").count() == 1
