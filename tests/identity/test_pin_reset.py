"""Who has forgotten the PIN gets a code by text message; what follows is a day on which little money can leave."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.identity.conftest import NOW, PHONE, App
from wallet.identity.codes import hash_code
from wallet.identity.errors import PinCodeWrong, PinLocked, PinTrivial, PinWrong
from wallet.identity.models import Device, PaymentPin, PinResetCode, User
from wallet.identity.services import issue_proof, reset_pin, send_reset_code, set_pin
from wallet.identity.services.pins import try_pin
from wallet.identity.sms import TextMessage

pytestmark = pytest.mark.django_db
PIN, OTHER, WRONG = "258036", "719402", "846291"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def pin(member: User) -> PaymentPin:
    return set_pin(user=member, pin=PIN, now=NOW)


def ask(app: App) -> Any:
    return app.call("POST", "/me/pin/reset")


def confirm(app: App, code: str, pin: str = OTHER) -> Any:
    return app.call("POST", "/me/pin/reset/confirm", {"code": code, "pin": pin})


def refused(answer: Any) -> bool:
    assert (answer.status_code, answer.json()["code"]) == (422, "pin_code_wrong")
    return True


def test_a_pin_is_reset_by_a_code(phone_app: App, member: User, pin: PaymentPin) -> None:
    for _ in range(3):
        with pytest.raises((PinWrong, PinLocked)):
            try_pin(user=member, pin=WRONG, now=NOW)
    answer = ask(phone_app)
    assert (answer.status_code, answer.content) == (204, b"")
    (message,) = phone_app.inbox
    assert (message.phone, message.template, message.params["minutes"]) == (PHONE, "pin_reset_code", "5")

    done = confirm(phone_app, message.params["code"])
    assert done.status_code == 200
    assert done.json() == {"is_set": True, "locked_until": None, "lowered_until": "2026-11-24T02:00:00Z"}
    try_pin(user=member, pin=OTHER, now=NOW)
    with pytest.raises(PinWrong):
        try_pin(user=member, pin=PIN, now=NOW)


def test_the_message_speaks_the_persons_language(phone_app: App, member: User) -> None:
    ask(phone_app)
    assert "支付密码" in phone_app.inbox[-1].text
    member.language = "en"
    member.save()
    ask(phone_app)
    assert "payment PIN" in phone_app.inbox[-1].text
    assert phone_app.code() in phone_app.inbox[-1].text


def test_a_code_is_used_once(phone_app: App) -> None:
    ask(phone_app)
    assert confirm(phone_app, phone_app.code()).status_code == 200
    assert refused(confirm(phone_app, phone_app.code(), WRONG))


def test_a_code_lives_for_five_minutes(phone_app: App, clock: Any) -> None:
    ask(phone_app)
    clock.shift(timedelta(minutes=5))
    assert refused(confirm(phone_app, phone_app.code()))
    ask(phone_app)
    clock.shift(timedelta(minutes=5) - timedelta(milliseconds=1))
    assert confirm(phone_app, phone_app.code()).status_code == 200


def test_a_code_is_tried_five_times(phone_app: App) -> None:
    ask(phone_app)
    for _ in range(5):
        assert refused(confirm(phone_app, phone_app.wrong_code()))
    assert refused(confirm(phone_app, phone_app.code()))
    ask(phone_app)
    for _ in range(4):
        assert refused(confirm(phone_app, phone_app.wrong_code()))
    assert confirm(phone_app, phone_app.code()).status_code == 200


def test_a_newer_code_voids_the_older(phone_app: App) -> None:
    ask(phone_app)
    older = phone_app.code()
    ask(phone_app)
    if older != phone_app.code():
        assert refused(confirm(phone_app, older))
    assert confirm(phone_app, phone_app.code()).status_code == 200


def test_a_pin_that_is_too_easy_does_not_cost_the_code(member: User, inbox: list[TextMessage]) -> None:
    send_reset_code(user=member, now=NOW)
    code = inbox[-1].params["code"]
    for _ in range(9):
        with pytest.raises(PinTrivial):
            reset_pin(user=member, code=code, pin="111111", now=NOW)
    reset_pin(user=member, code=code, pin=OTHER, now=NOW)


def test_a_code_is_for_its_person_and_purpose(member: User, stranger: User, inbox: list[TextMessage]) -> None:
    set_pin(user=stranger, pin=PIN, now=NOW)
    send_reset_code(user=member, now=NOW)
    code = inbox[-1].params["code"]
    with pytest.raises(PinCodeWrong):
        reset_pin(user=stranger, code=code, pin=OTHER, now=NOW)
    assert PinResetCode.objects.get().code_hash == hash_code(phone=PHONE, code=code, purpose="pin_reset")
    assert PinResetCode.objects.get().code_hash != hash_code(phone=PHONE, code=code)


def test_there_is_nothing_to_reset_without_a_pin(phone_app: App, pin: PaymentPin) -> None:
    pin.delete()
    answer = ask(phone_app)
    assert (answer.status_code, answer.json()["code"]) == (422, "pin_not_set")
    assert phone_app.inbox == []


def test_codes_are_limited_like_those_for_logging_in(phone_app: App, clock: Any) -> None:
    said = [ask(phone_app) for _ in range(4)]
    assert [answer.status_code for answer in said] == [204, 204, 204, 429]
    assert (said[3].json()["code"], said[3]["Retry-After"]) == ("too_many_pin_codes", "60")
    sent = []
    for _ in range(24 * 12 - 1):
        clock.shift(timedelta(minutes=5))
        sent.append(ask(phone_app).status_code)
    assert sent.count(204) == 17, "twenty a day"
    assert len(phone_app.inbox) == 20


def test_for_a_day_a_proof_lets_out_less(
    phone_app: App, member: User, device_and_token: tuple[Device, str], clock: Any
) -> None:
    def amount_max() -> int | None:
        device = device_and_token[0]
        return issue_proof(device=device, pin=OTHER, operation=b"pay", now=timezone.now())[0].amount_max

    ask(phone_app)
    confirm(phone_app, phone_app.code())
    assert amount_max() == 500_00
    clock.shift(timedelta(hours=24) - timedelta(milliseconds=1))
    assert amount_max() == 500_00
    clock.shift(timedelta(milliseconds=1))
    assert amount_max() is None
    assert phone_app.call("GET", "/me/pin").json()["lowered_until"] is None


def test_changing_the_pin_does_not_end_the_day(phone_app: App, clock: Any) -> None:
    ask(phone_app)
    confirm(phone_app, phone_app.code())
    clock.shift(timedelta(hours=1))
    changed = phone_app.call("PATCH", "/me/pin", {"current": OTHER, "pin": PIN}).json()
    assert changed["lowered_until"] == "2026-11-24T02:00:00Z"
