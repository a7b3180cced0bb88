"""A proof says that a PIN was typed for one operation. It is good for that, on that device, for two minutes, once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from tests.identity.conftest import NOW, App
from wallet.api.idempotency import fingerprint
from wallet.identity.errors import PinRecentlyReset, PinWrong, ProofInvalid
from wallet.identity.models import Device, PaymentProof, PinResetCode, User
from wallet.identity.services import (
    Allowance,
    change_pin,
    forget_expired,
    issue_device,
    issue_proof,
    reset_pin,
    send_reset_code,
    set_pin,
    use_proof,
)
from wallet.identity.services.pins import try_pin
from wallet.identity.sms import TextMessage
from wallet.identity.tasks import forget_old_proofs
from wallet.identity.tokens import hash_token

pytestmark = pytest.mark.django_db
PIN, OTHER, WRONG = "258036", "719402", "846291"
PATH = "/api/v1/groups/019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d10/withdrawals"
BODY = {"source": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b11", "amount": {"amount": 100, "currency": "CNY"}}
OPERATION = fingerprint("POST", PATH, BODY)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def device(device_and_token: tuple[Device, str]) -> Device:
    """The device of a member whose PIN is 258036."""
    device, _ = device_and_token
    set_pin(user=device.user, pin=PIN, now=NOW)
    return device


def prove(device: Device, *, pin: str = PIN, now: Any = NOW) -> str:
    return issue_proof(device=device, pin=pin, operation=OPERATION, now=now)[1]


def is_good(proof: str, device: Device, *, operation: bytes = OPERATION, now: Any = NOW) -> bool:
    try:
        with transaction.atomic():
            use_proof(proof=proof, device=device, operation=operation, now=now)
    except ProofInvalid:
        return False
    return True


def ask(app: App, pin: str = PIN, **change: Any) -> Any:
    operation = {"method": "POST", "path": PATH, "body": BODY, **change}
    return app.call("POST", "/pin/proofs", {"pin": pin, "operation": operation})


# --- asking -----------------------------------------------------------------------------------------------------------
def test_a_right_pin_becomes_a_proof(phone_app: App, device: Device) -> None:
    answer = ask(phone_app)
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    body = answer.json()
    assert body == {"proof": body["proof"], "expires_at": "2026-11-23T02:02:00Z"}
    assert len(body["proof"]) == 43
    assert is_good(body["proof"], device)


def test_a_wrong_pin_becomes_none(phone_app: App, device: Device) -> None:
    said = [ask(phone_app, WRONG) for _ in range(3)] + [ask(phone_app)]
    assert [answer.status_code for answer in said] == [422, 422, 429, 429]
    assert [answer.json()["code"] for answer in said] == ["pin_wrong", "pin_wrong", "pin_locked", "pin_locked"]
    assert not PaymentProof.objects.exists()


def test_somebody_without_a_pin_proves_nothing(phone_app: App) -> None:
    answer = ask(phone_app)
    assert (answer.status_code, answer.json()["code"]) == (422, "pin_not_set")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"method": "GET"}, "/operation/method"),
        ({"method": "post"}, "/operation/method"),
        ({"path": "/admin/"}, "/operation/path"),
        ({"path": PATH + "?x=1"}, "/operation/path"),
        ({"path": PATH + "#x"}, "/operation/path"),
        ({"path": "/api/v1/" + "x" * 505}, "/operation/path"),
        ({"body": None}, "/operation/body"),
    ],
)
def test_what_is_no_operation_is_no_try(phone_app: App, device: Device, change: Any, pointer: str) -> None:
    for _ in range(4):
        answer = ask(phone_app, WRONG, **change)
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert ask(phone_app).status_code == 201


def test_an_operation_without_a_body_has_an_empty_one(phone_app: App, device: Device) -> None:
    asked = {"pin": PIN, "operation": {"method": "POST", "path": PATH}}
    proof = phone_app.call("POST", "/pin/proofs", asked).json()["proof"]
    assert is_good(proof, device, operation=fingerprint("POST", PATH, {}))


# --- being good -------------------------------------------------------------------------------------------------------
def test_a_proof_is_used_once(device: Device) -> None:
    proof = prove(device)
    assert [is_good(proof, device) for _ in range(3)] == [True, False, False]


def test_a_proof_lives_for_two_minutes(device: Device) -> None:
    assert is_good(prove(device), device, now=NOW + timedelta(seconds=119, milliseconds=999))
    assert not is_good(prove(device), device, now=NOW + timedelta(seconds=120))


@pytest.mark.parametrize(
    "operation",
    [
        fingerprint("PUT", PATH, BODY),
        fingerprint("POST", PATH + "/", BODY),
        fingerprint("POST", PATH, {}),
        fingerprint("POST", PATH, {**BODY, "amount": {"amount": 101, "currency": "CNY"}}),
        fingerprint("POST", PATH, {**BODY, "amount": {"amount": 100.0, "currency": "CNY"}}),
        fingerprint("POST", PATH, {**BODY, "amount": {"amount": "100", "currency": "CNY"}}),
        fingerprint("POST", PATH, {**BODY, "source": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b12"}),
        fingerprint("POST", PATH, {**BODY, "memo": ""}),
        fingerprint("POST", PATH, [BODY]),
    ],
)
def test_a_proof_with_one_thing_changed_is_refused(device: Device, operation: bytes) -> None:
    proof = prove(device)
    assert not is_good(proof, device, operation=operation)
    assert is_good(proof, device), "being refused has not used it up"


def test_the_order_of_a_body_is_nothing_of_an_operation() -> None:
    reordered = {"amount": {"currency": "CNY", "amount": 100}, "source": BODY["source"]}
    assert fingerprint("POST", PATH, reordered) == OPERATION


def test_a_proof_is_of_its_device_alone(device: Device, member: User, stranger: User) -> None:
    proof = prove(device)
    tablet, _ = issue_device(user=member, name="tablet", now=NOW)
    of_stranger, _ = issue_device(user=stranger, name="Pixel", now=NOW)
    assert [is_good(proof, each) for each in (tablet, of_stranger, device)] == [False, False, True]


@pytest.mark.parametrize("proof", ["", "made-up", "\x00", "x" * 5_000, "凭证"])
def test_an_invented_proof_is_good_for_nothing(device: Device, proof: str) -> None:
    assert not is_good(proof, device)


def test_a_command_that_is_rolled_back_has_not_used_its_proof(device: Device) -> None:
    proof = prove(device)
    with transaction.atomic():
        use_proof(proof=proof, device=device, operation=OPERATION, now=NOW)
        transaction.set_rollback(True)
    assert is_good(proof, device)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_no_proof_is_used(device: Device) -> None:
    proof = prove(device)
    with pytest.raises(AssertionError):
        use_proof(proof=proof, device=device, operation=OPERATION, now=NOW)
    assert is_good(proof, device)


def test_another_pin_voids_the_proofs_of_the_old_one(
    device: Device, member: User, stranger: User, inbox: list[TextMessage]
) -> None:
    before_change = prove(device)
    change_pin(user=member, current=PIN, pin=OTHER, now=NOW)
    before_reset = prove(device, pin=OTHER)
    send_reset_code(user=member, now=NOW)
    reset_pin(user=member, code=inbox[-1].params["code"], pin=PIN, now=NOW)
    assert [is_good(proof, device) for proof in (before_change, before_reset, prove(device))] == [False, False, True]


def test_a_pin_that_is_reset_while_a_proof_is_made_proves_nothing(
    device: Device, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def try_and_be_late(**asked: Any) -> Any:
        tried = try_pin(**asked)
        change_pin(user=member, current=PIN, pin=OTHER, now=NOW)
        return tried

    monkeypatch.setattr("wallet.identity.services.proofs.try_pin", try_and_be_late)
    with pytest.raises(PinWrong):
        prove(device)
    assert not PaymentProof.objects.exists()


@pytest.mark.parametrize(
    ("amount_max", "amount", "passes"), [(None, 10**12, True), (500_00, 500_00, True), (500_00, 500_01, False)]
)
def test_what_a_proof_lets_out(amount_max: int | None, amount: int, passes: bool) -> None:
    allowance = Allowance(amount_max)
    if passes:
        allowance.check(amount)
        return
    with pytest.raises(PinRecentlyReset) as refusal:
        allowance.check(amount)
    assert refusal.value.data == {"amount_max": 500_00}
    assert "¥500.00" in refusal.value.describe()


# --- being kept, and forgotten ----------------------------------------------------------------------------------------
def test_only_its_hash_is_kept(device: Device) -> None:
    proof = prove(device)
    kept = PaymentProof.objects.get()
    assert kept.pk == hash_token(proof)
    assert proof not in repr(vars(kept))


def test_a_device_has_ten_proofs_at_most(device: Device) -> None:
    proofs = [prove(device, now=NOW + timedelta(seconds=n)) for n in range(15)]
    later = NOW + timedelta(seconds=15)
    assert [is_good(proof, device, now=later) for proof in proofs] == [False] * 5 + [True] * 10


def test_old_proofs_go_with_new_ones(device: Device) -> None:
    for minute in range(9):
        assert is_good(prove(device, now=NOW + timedelta(minutes=3 * minute)), device, now=NOW) is True
    assert PaymentProof.objects.count() == 1


def test_what_is_over_is_forgotten_every_night(device: Device, member: User, clock: Any, inbox: Any) -> None:
    for _ in range(5):
        prove(device)
    send_reset_code(user=member, now=NOW)
    assert forget_expired(now=NOW + timedelta(seconds=119), limit=10) == 0
    assert forget_expired(now=NOW + timedelta(seconds=120), limit=3) == 3
    assert forget_expired(now=NOW + timedelta(seconds=300), limit=3) == 3
    assert (PaymentProof.objects.count(), PinResetCode.objects.count()) == (0, 0)

    good, _ = prove(device), clock.shift(timedelta(days=1))
    fresh = prove(device, now=NOW + timedelta(days=1))
    for _ in range(2):
        forget_old_proofs()
    assert [is_good(proof, device, now=NOW + timedelta(days=1)) for proof in (good, fresh)] == [False, True]
