"""The payment PIN: set, tried, changed; three wrong ones lock it for three hours, and nobody reads it anywhere."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from tests.identity.conftest import NOW, PHONE, App
from wallet.identity import pins
from wallet.identity.deployment import check_costs, check_pepper
from wallet.identity.errors import PinAlreadySet, PinLocked, PinNotSet, PinTrivial, PinWrong
from wallet.identity.models import PaymentPin, User
from wallet.identity.pins import hash_pin, is_pin, is_trivial
from wallet.identity.services import change_pin, set_pin
from wallet.identity.services.pins import accept_try, try_pin

pytestmark = pytest.mark.django_db
PIN, OTHER, WRONG = "258036", "719402", "846291"
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def pin(member: User) -> PaymentPin:
    """The member's PIN is 258036."""
    return set_pin(user=member, pin=PIN, now=NOW)


# --- setting the first one --------------------------------------------------------------------------------------------
def test_a_person_sets_a_first_pin(phone_app: App, clock: Any) -> None:
    none = {"is_set": False, "locked_until": None, "lowered_until": None}
    assert phone_app.call("GET", "/me/pin").json() == none
    answer = phone_app.call("POST", "/me/pin", {"pin": PIN})
    assert (answer.status_code, answer.json()) == (201, none | {"is_set": True})
    assert phone_app.call("GET", "/me/pin").json() == answer.json()


def test_a_first_pin_is_set_once(phone_app: App, member: User, pin: PaymentPin) -> None:
    answer = phone_app.call("POST", "/me/pin", {"pin": OTHER})
    assert (answer.status_code, answer.json()["code"]) == (409, "pin_already_set")
    with pytest.raises(PinAlreadySet):
        set_pin(user=member, pin=PIN, now=NOW)
    try_pin(user=member, pin=PIN, now=NOW)


def test_a_pin_needs_a_login(app: App) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("PATCH", ""), ("POST", "/reset"), ("POST", "/reset/confirm")):
        assert app.call(method, f"/me/pin{path}", {}).status_code == 401


@pytest.mark.parametrize(
    "easy",
    [
        "000000", "111111", "999999",
        "012345", "123456", "456789", "789012", "987654", "654321", "109876",
        "121212", "909090", "112112", "123123", "700700",
        PHONE[-6:],
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(phone_app: App, member: User, easy: str) -> None:
    answer = phone_app.call("POST", "/me/pin", {"pin": easy})
    assert (answer.status_code, answer.json()["code"]) == (422, "pin_trivial")
    with pytest.raises(PinTrivial):
        set_pin(user=member, pin=easy, now=NOW)
    assert not PaymentPin.objects.exists()


@pytest.mark.parametrize("fair", [PIN, OTHER, WRONG, "100200", "135790", "112233", "123455", "121221"])
def test_what_is_not_that_easy_may_be_set(fair: str) -> None:
    assert not is_trivial(fair, PHONE)


@given(pin=st.from_regex(r"\A[0-9]{6}\Z"))
def test_few_pins_are_too_easy(pin: str) -> None:
    runs = {"".join(str((first + step * n) % 10) for n in range(6)) for first in range(10) for step in (-1, 0, 1)}
    repeated = pin[:2] == pin[2:4] == pin[4:] or pin[:3] == pin[3:]
    assert is_trivial(pin, None) == (pin in runs or repeated)


@pytest.mark.parametrize(
    "sent", ["25803", "2580361", "", "25803a", "２５８０３６", "٢٥٨٠٣٦", "25 036", None, ["258036"], 1.5, True]
)
def test_what_is_no_pin_is_refused_and_not_told_again(phone_app: App, pin: PaymentPin, sent: Any) -> None:
    for method, path, body in (
        ("POST", "/me/pin", {"pin": sent}),
        ("PATCH", "/me/pin", {"current": PIN, "pin": sent}),
        ("POST", "/me/pin/reset/confirm", {"code": "123456", "pin": sent}),
        ("POST", "/pin/proofs", {"pin": sent, "operation": {"method": "POST", "path": "/api/v1/x"}}),
    ):
        answer = phone_app.call(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), path
        assert {error["pointer"] for error in answer.json()["errors"]} == {"/pin"}
        assert not sent or str(sent) not in answer.content.decode()
    pin.refresh_from_db()
    assert pin.tries == 0


# --- trying -----------------------------------------------------------------------------------------------------------
def test_three_wrong_ones_lock_for_three_hours(phone_app: App, pin: PaymentPin, clock: Any) -> None:
    said = [phone_app.call("PATCH", "/me/pin", {"current": WRONG, "pin": OTHER}) for _ in range(4)]
    assert [answer.status_code for answer in said] == [422, 422, 429, 429]
    assert [answer.json()["code"] for answer in said] == ["pin_wrong", "pin_wrong", "pin_locked", "pin_locked"]
    assert [answer.json()["data"] for answer in said[:2]] == [{"left": 2}, {"left": 1}]
    until = "2026-11-23T05:00:00+00:00"
    assert said[2].json()["data"] == said[3].json()["data"] == {"locked_until": until}
    assert said[2]["Retry-After"] == said[3]["Retry-After"] == "10800"
    assert phone_app.call("GET", "/me/pin").json()["locked_until"] == "2026-11-23T05:00:00Z"

    clock.shift(timedelta(hours=3) - SECOND)
    locked = phone_app.call("PATCH", "/me/pin", {"current": PIN, "pin": OTHER})
    assert (locked.json()["code"], locked["Retry-After"]) == ("pin_locked", "1")
    clock.shift(SECOND)
    assert phone_app.call("GET", "/me/pin").json()["locked_until"] is None
    assert phone_app.call("PATCH", "/me/pin", {"current": PIN, "pin": OTHER}).status_code == 200


def test_while_it_is_locked_nothing_is_compared(member: User, pin: PaymentPin, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        with pytest.raises(PinWrong):
            try_pin(user=member, pin=WRONG, now=NOW)
    with pytest.raises(PinLocked):
        try_pin(user=member, pin=WRONG, now=NOW)
    monkeypatch.setattr("wallet.identity.services.pins.is_pin", lambda *args, **kwargs: pytest.fail("compared"))
    for moment in (NOW, NOW + timedelta(hours=3) - SECOND):
        with pytest.raises(PinLocked):
            try_pin(user=member, pin=PIN, now=moment)


def test_a_right_one_takes_the_count_back(member: User, pin: PaymentPin) -> None:
    for _ in range(4):
        for _ in range(2):
            with pytest.raises(PinWrong):
                try_pin(user=member, pin=WRONG, now=NOW)
        accept_try(try_pin(user=member, pin=PIN, now=NOW))  # the third try, which locks until it is shown right
        pin.refresh_from_db()
        assert (pin.tries, pin.locked_until) == (0, None)


def test_after_a_lock_there_are_three_tries_again(member: User, pin: PaymentPin) -> None:
    now = NOW
    for _ in range(3):
        for left in (2, 1):
            with pytest.raises(PinWrong) as wrong:
                try_pin(user=member, pin=WRONG, now=now)
            assert wrong.value.data == {"left": left}
        with pytest.raises(PinLocked) as locked:
            try_pin(user=member, pin=WRONG, now=now)
        assert locked.value.retry_after_seconds == 10_800
        now += timedelta(hours=3)
    accept_try(try_pin(user=member, pin=PIN, now=now))


def test_a_server_that_dies_after_counting_has_counted(member: User, pin: PaymentPin) -> None:
    for _ in range(3):
        try_pin(user=member, pin=PIN, now=NOW)  # right, and nobody came to say so
    with pytest.raises(PinLocked):
        try_pin(user=member, pin=PIN, now=NOW)


def test_nobody_is_locked_out_by_somebody_else(member: User, stranger: User, pin: PaymentPin) -> None:
    set_pin(user=stranger, pin=OTHER, now=NOW)
    for _ in range(3):
        with pytest.raises((PinWrong, PinLocked)):
            try_pin(user=stranger, pin=PIN, now=NOW)
    try_pin(user=member, pin=PIN, now=NOW)


def test_without_a_pin_there_is_nothing_to_try(phone_app: App, member: User) -> None:
    with pytest.raises(PinNotSet):
        try_pin(user=member, pin=PIN, now=NOW)
    answer = phone_app.call("PATCH", "/me/pin", {"current": PIN, "pin": OTHER})
    assert (answer.status_code, answer.json()["code"]) == (422, "pin_not_set")


# --- changing ---------------------------------------------------------------------------------------------------------
def test_a_pin_is_changed(phone_app: App, member: User, pin: PaymentPin, clock: Any) -> None:
    clock.shift(timedelta(days=1))
    answer = phone_app.call("PATCH", "/me/pin", {"current": PIN, "pin": OTHER})
    assert (answer.status_code, answer.json()["is_set"]) == (200, True)
    with pytest.raises(PinWrong):
        try_pin(user=member, pin=PIN, now=NOW)
    accept_try(try_pin(user=member, pin=OTHER, now=NOW))
    pin.refresh_from_db()
    assert pin.set_at == NOW + timedelta(days=1)
    assert pin.lowered_until is None, "whoever knows the PIN may as well change it"


def test_a_new_one_that_is_too_easy_is_no_try(member: User, pin: PaymentPin) -> None:
    for current in (PIN, WRONG):
        with pytest.raises(PinTrivial):
            change_pin(user=member, current=current, pin="123456", now=NOW)
    pin.refresh_from_db()
    assert pin.tries == 0


def test_a_pin_that_was_replaced_meanwhile_is_not_right_any_more(member: User, pin: PaymentPin) -> None:
    tried = try_pin(user=member, pin=PIN, now=NOW)
    change_pin(user=member, current=PIN, pin=OTHER, now=NOW)
    with pytest.raises(PinWrong):
        accept_try(tried)


# --- at rest ----------------------------------------------------------------------------------------------------------
def test_what_is_kept_is_argon2_under_the_pepper(member: User, pin: PaymentPin, settings: Any) -> None:
    assert pin.pin_hash.startswith("$argon2id$")
    assert is_pin(PIN, user_id=member.pk, pin_hash=pin.pin_hash)
    assert not is_pin(WRONG, user_id=member.pk, pin_hash=pin.pin_hash)
    settings.PIN_PEPPER = "another pepper"
    assert not is_pin(PIN, user_id=member.pk, pin_hash=pin.pin_hash)


def test_one_persons_hash_is_nobody_elses() -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    assert not is_pin(PIN, user_id=other, pin_hash=hash_pin(user_id=one, pin=PIN))
    assert hash_pin(user_id=one, pin=PIN) != hash_pin(user_id=one, pin=PIN)


def test_costs_come_from_the_settings_and_may_be_raised(member: User, pin: PaymentPin, settings: Any) -> None:
    assert "m=8,t=1,p=1" in pin.pin_hash
    settings.PIN_ARGON2 = {"time_cost": 2, "memory_cost": 16, "parallelism": 1}
    assert "m=16,t=2,p=1" in hash_pin(user_id=member.pk, pin=PIN)
    try_pin(user=member, pin=PIN, now=NOW)


def test_without_a_pepper_no_pin_is_kept(member: User, settings: Any) -> None:
    settings.PIN_PEPPER = ""
    with pytest.raises(ImproperlyConfigured):
        set_pin(user=member, pin=PIN, now=NOW)
    assert not PaymentPin.objects.exists()


@pytest.mark.parametrize(("pepper", "is_fine"), [("", False), ("x" * 31, False), ("x" * 32, True)])
def test_a_deployment_without_a_pepper_is_complained_about(settings: Any, pepper: str, is_fine: bool) -> None:
    settings.PIN_PEPPER = pepper
    assert [fault.id for fault in check_pepper(None)] == ([] if is_fine else ["identity.E001"])


@pytest.mark.parametrize(("costs", "is_fine"), [((1, 8), False), ((1, 65_536), False), ((2, 19_456), True)])
def test_a_deployment_with_the_costs_of_tests_is_complained_about(
    settings: Any, costs: tuple[int, int], is_fine: bool
) -> None:
    settings.PIN_ARGON2 = {"time_cost": costs[0], "memory_cost": costs[1], "parallelism": 1}
    assert [fault.id for fault in check_costs(None)] == ([] if is_fine else ["identity.E002"])


def test_a_pin_is_in_no_repr_and_no_error(member: User, pin: PaymentPin) -> None:
    assert pin.pin_hash not in repr(pin) + str(pin)
    with pytest.raises(PinWrong) as wrong:
        try_pin(user=member, pin=WRONG, now=NOW)
    assert WRONG not in repr(wrong.value) + str(wrong.value) + wrong.value.describe()
    assert pins.PIN_FORM not in wrong.value.describe()
