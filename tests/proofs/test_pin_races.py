"""Two hundred at once: wrong PINs, wrong codes, and one proof for many commands.

Each race is run twice: as it is, and with the guard gone, when the same race compares too often or pays too often.
"""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from groups.members.models import Group
from groups.spending.models import PaymentCode
from tests.cast import PIN, Answer, Person, World
from tests.proofs.crowd import MeetingPoint, at_once, values
from wallet.identity.errors import PinCodeWrong
from wallet.identity.models import PaymentPin, PinResetCode, User
from wallet.identity.pins import is_pin
from wallet.identity.services import pins, proofs, send_reset_code
from wallet.identity.sms import MemorySender

pytestmark = pytest.mark.django_db(transaction=True)
WRONG, OTHER = "846291", "719402"
#: So many threads are at a meeting point at once.
NAIVE = 10


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The PINs that were compared."""
    seen: list[str] = []

    def note(pin: str, **kept: Any) -> bool:
        seen.append(pin)
        return is_pin(pin, **kept)

    monkeypatch.setattr(pins, "is_pin", note)
    return seen


def told(answers: list[Answer | Exception]) -> dict[str, int]:
    return Counter(answer.body["code"] if answer.status >= 400 else str(answer.status) for answer in values(answers))


# --- PINs -------------------------------------------------------------------------------------------------------------
def type_at_once(person: Person, typed: list[str], threads: int) -> dict[str, int]:
    path = "/groups/019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d10/payment-codes"
    asked = [partial(person.api.ask_proof, pin, "POST", path) for pin in typed]
    return told(at_once(asked, threads=threads))


def test_of_two_hundred_wrong_pins_three_are_compared(world: World, member: Person, compared: list[str]) -> None:
    assert type_at_once(member, [WRONG] * 200, 20) == {"pin_wrong": 2, "pin_locked": 198}
    assert compared == [WRONG] * 3
    assert type_at_once(member, [PIN] * 20, 10) == {"pin_locked": 20}
    assert len(compared) == 3
    world.wait(3 * 3600)
    assert type_at_once(member, [WRONG] * 50, 10) == {"pin_wrong": 2, "pin_locked": 48}
    assert len(compared) == 6


def test_of_two_hundred_pins_the_right_one_is_not_found(world: World, member: Person, compared: list[str]) -> None:
    """The right one is among them, as the last: somebody who guesses gets three guesses, whatever the order is."""
    type_at_once(member, [f"{n:06}" for n in range(199)] + [PIN], 20)
    assert len(compared) == 3
    assert PIN not in compared


def test_right_ones_at_once_leave_no_lock(member: Person, compared: list[str]) -> None:
    """More than three under way count as tries until they are shown right: the fourth may have to come again."""
    came_of_it = type_at_once(member, [PIN] * 60, 12)
    assert set(came_of_it) <= {"201", "pin_locked"}
    assert came_of_it["201"] == len(compared) >= 3
    assert type_at_once(member, [WRONG, WRONG, PIN], 1) == {"pin_wrong": 2, "201": 1}


def read_then_write(*, user: User, now: Any, meeting: MeetingPoint) -> PaymentPin | None:
    """Count a try as somebody would who has not heard of races."""
    pin = PaymentPin.objects.get(user=user)
    meeting.wait()
    if pin.locked_until or pin.tries >= 3:
        return None
    PaymentPin.objects.filter(user=user).update(tries=F("tries") + 1)
    return pin


def test_when_tries_are_read_before_they_are_counted_more_are_compared(
    member: Person, compared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    naive = partial(read_then_write, meeting=MeetingPoint(NAIVE))
    monkeypatch.setattr(pins, "count_try", naive)
    type_at_once(member, [WRONG] * NAIVE, NAIVE)
    assert len(compared) > 3


# --- codes ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def code(member: Person, settings: Any) -> str:
    """The code that the member has been sent."""
    settings.SMS_SENDER = "wallet.identity.sms.MemorySender"
    send_reset_code(user=member.user, now=timezone.now())
    return MemorySender.messages.pop().params["code"]


def reset_at_once(person: Person, codes: list[str], threads: int) -> list[Exception | None]:
    ask = partial(pins.reset_pin, user=person.user, pin=OTHER, now=timezone.now())
    return at_once([partial(ask, code=code) for code in codes], threads=threads)


def test_of_a_hundred_wrong_codes_five_are_compared(member: Person, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []

    def note(kept: str, given: str) -> bool:
        seen.append((kept, given))
        return constant_time_compare(kept, given)

    monkeypatch.setattr(pins, "constant_time_compare", note)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    outcomes = reset_at_once(member, [wrong] * 100, 20)
    assert {type(outcome) for outcome in outcomes} == {PinCodeWrong}
    assert len(seen) == 5
    reset_at_once(member, [code], 1)
    assert len(seen) == 5


def test_a_right_code_resets_once(member: Person, code: str) -> None:
    assert len(values(reset_at_once(member, [code] * 5, 5))) == 1
    assert not PinResetCode.objects.exists()


def test_without_its_guard_a_code_is_tried_for_ever(member: Person, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = "AND tries < %s "
    assert guard in pins.COUNT_CODE_TRY
    monkeypatch.setattr(pins, "COUNT_CODE_TRY", pins.COUNT_CODE_TRY.replace(guard, "AND 0 < %s "))
    wrong = f"{(int(code) + 1) % 10**6:06}"
    reset_at_once(member, [wrong] * 20, 10)
    assert len(values(reset_at_once(member, [code], 1))) == 1


# --- proofs -----------------------------------------------------------------------------------------------------------
def show_at_once(group: Group, person: Person, times: int, threads: int) -> dict[str, int]:
    path = f"/groups/{group.pk}/payment-codes"
    proof = person.api.prove("POST", path, {})
    return told(at_once([partial(person.api.post, path, {}, proof=proof)] * times, threads=threads))


def test_one_proof_shows_one_code(group: Group, member: Person) -> None:
    assert show_at_once(group, member, 60, 12) == {"201": 1, "payment_proof_invalid": 59}
    assert PaymentCode.objects.count() == 1


def test_without_its_guard_a_proof_shows_many_codes(
    group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = " AND used_at IS NULL"
    assert guard in proofs.USE
    monkeypatch.setattr(proofs, "USE", proofs.USE.replace(guard, ""))
    assert show_at_once(group, member, 6, 3) == {"201": 6}


def test_as_many_proofs_show_as_many_codes(group: Group, member: Person) -> None:
    """What the race above proves is the proof's doing."""
    path = f"/groups/{group.pk}/payment-codes"
    proved = [member.api.prove("POST", path, {}) for _ in range(10)]
    assert told(at_once([partial(member.api.post, path, {}, proof=proof) for proof in proved])) == {"201": 10}
    assert PaymentCode.objects.count() == 10
