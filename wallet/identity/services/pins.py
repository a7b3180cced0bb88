"""The payment PIN: set it, change it, reset it with a code, and try it.

A try is counted before it is compared, by one UPDATE that is committed on its own; the last one that is allowed locks
in that same statement. So however many come at once, no more than `PIN_TRIES_MAX` are compared, and a server that dies
in between has counted one try too many and never one too few. A right try takes its count back in the transaction of
what it was for (`accept_try`). Trying a code for the reset works alike.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext, override

from wallet.identity.codes import hash_code, new_code
from wallet.identity.errors import PinAlreadySet, PinCodeWrong, PinLocked, PinNotSet, PinTrivial, PinWrong
from wallet.identity.models import PaymentPin, PaymentProof, PinResetCode, User
from wallet.identity.pins import hash_pin, is_pin, is_trivial
from wallet.identity.selectors import find_pin
from wallet.identity.sms import TextMessage, send_sms

RESET = "pin_reset"

# A lock that has run out takes its tries with it.
COUNT_TRY = """
UPDATE identity_paymentpin SET
    tries = 1 + CASE WHEN locked_until IS NULL THEN tries ELSE 0 END,
    locked_until = CASE WHEN 1 + CASE WHEN locked_until IS NULL THEN tries ELSE 0 END >= %s THEN %s END
WHERE user_id = %s AND (locked_until IS NULL OR locked_until <= %s)
RETURNING *
"""
COUNT_CODE_TRY = """
UPDATE identity_pinresetcode SET tries = tries + 1 WHERE user_id = %s AND tries < %s AND expires_at > %s RETURNING *
"""


def set_pin(*, user: User, pin: str, now: datetime) -> PaymentPin:
    """Set a person's first payment PIN.

    :raises PinTrivial: when it is too easy.
    :raises PinAlreadySet: when there is one.
    """
    _check(user, pin)
    hashed = hash_pin(user_id=user.pk, pin=pin)
    kept, is_new = PaymentPin.objects.get_or_create(user=user, defaults={"pin_hash": hashed, "set_at": now})
    if not is_new:
        raise PinAlreadySet
    return kept


@transaction.atomic(durable=True)
def count_try(*, user: User, now: datetime) -> PaymentPin | None:
    """Count a try and give the PIN it may be compared with; None when no try is allowed, or there is no PIN."""
    until = now + timedelta(hours=settings.PIN_LOCK_HOURS)
    values = [settings.PIN_TRIES_MAX, until, user.pk, now]
    return next(iter(PaymentPin.objects.raw(COUNT_TRY, values)), None)


def try_pin(*, user: User, pin: str, now: datetime) -> PaymentPin:
    """Compare a PIN. A right one is still counted as a try, until `accept_try`.

    :raises PinNotSet: when there is none to compare with.
    :raises PinWrong: when it is another one.
    :raises PinLocked: when it is another one for the third time, or was before; then nothing is compared.
    """
    tried = count_try(user=user, now=now)
    if tried is None:
        kept = find_pin(user)
        raise PinLocked.until(kept.locked_until or now, now=now) if kept else PinNotSet
    if is_pin(pin, user_id=user.pk, pin_hash=tried.pin_hash):
        return tried
    if tried.locked_until:
        raise PinLocked.until(tried.locked_until, now=now)
    raise PinWrong(left=settings.PIN_TRIES_MAX - tried.tries)


def accept_try(tried: PaymentPin, *, pin_hash: str | None = None) -> None:
    """Take the count of a right try back, and put another PIN in its place where one is given.

    :raises PinWrong: when the PIN was replaced since it was compared.
    """
    compared = PaymentPin.objects.filter(pk=tried.pk, pin_hash=tried.pin_hash)
    if not compared.update(tries=0, locked_until=None, pin_hash=pin_hash or tried.pin_hash):
        raise PinWrong(left=max(0, settings.PIN_TRIES_MAX - tried.tries))


def change_pin(*, user: User, current: str, pin: str, now: datetime) -> None:
    """Change a payment PIN. The current one counts as a try; proofs that are not used yet are void.

    :raises PinTrivial: when the new one is too easy; then nothing was tried.
    :raises PinNotSet: when there is none.
    :raises PinWrong: when the current one is another one.
    :raises PinLocked: when it was wrong too often.
    """
    _check(user, pin)
    tried = try_pin(user=user, pin=current, now=now)
    hashed = hash_pin(user_id=user.pk, pin=pin)
    with transaction.atomic():
        accept_try(tried, pin_hash=hashed)
        PaymentPin.objects.filter(pk=user.pk).update(set_at=now)
        void_proofs(user)


def send_reset_code(*, user: User, now: datetime) -> None:
    """Send a code for resetting the payment PIN to the person's own phone; the one before is void.

    :raises PinNotSet: when there is nothing to reset.
    """
    assert user.phone is not None, "only members have PINs"
    if find_pin(user) is None:
        raise PinNotSet
    code, life = new_code(), timedelta(seconds=settings.PIN_RESET_CODE_LIFE_SECONDS)
    hashed = hash_code(phone=user.phone, code=code, purpose=RESET)
    kept = {"code_hash": hashed, "tries": 0, "expires_at": now + life}
    PinResetCode.objects.update_or_create(user=user, defaults=kept)
    send_sms(_write(user, user.phone, code, str(int(life.total_seconds()) // 60)))


def _write(user: User, phone: str, code: str, minutes: str) -> TextMessage:
    params = {"code": code, "minutes": minutes}
    with override(user.language):
        text = gettext(
            "[Hehua] %(code)s resets your payment PIN, within %(minutes)s minutes. Never tell it to anybody. If you did"
            " not ask for it, somebody else is logged in as you: log your devices out."
        )
    return TextMessage(phone=phone, template="pin_reset_code", params=params, text=text % params)


def reset_pin(*, user: User, code: str, pin: str, now: datetime) -> None:
    """Set another payment PIN with a code. It ends the lock, and lowers for a day what a proof lets out.

    :raises PinTrivial: when the PIN is too easy; then nothing was tried.
    :raises PinCodeWrong: when the code is wrong, too old, used, or was tried too often.
    """
    _check(user, pin)
    tried = count_code_try(user=user, now=now)
    given = hash_code(phone=user.phone or "", code=code, purpose=RESET)
    if tried is None or not constant_time_compare(tried.code_hash, given):
        raise PinCodeWrong
    hashed = hash_pin(user_id=user.pk, pin=pin)
    with transaction.atomic():
        # Of two requests with one right code, the second deletes nothing.
        if not PinResetCode.objects.filter(pk=user.pk, code_hash=given).delete()[0]:
            raise PinCodeWrong
        PaymentPin.objects.filter(pk=user.pk).update(
            pin_hash=hashed,
            tries=0,
            locked_until=None,
            lowered_until=now + timedelta(hours=settings.PIN_LOWERED_HOURS),
            set_at=now,
        )
        void_proofs(user)


@transaction.atomic(durable=True)
def count_code_try(*, user: User, now: datetime) -> PinResetCode | None:
    """Count a try at a person's code and give what it may be compared with; None when no try is allowed."""
    values = [user.pk, settings.PIN_RESET_TRIES_MAX, now]
    return next(iter(PinResetCode.objects.raw(COUNT_CODE_TRY, values)), None)


def void_proofs(user: User) -> None:
    """Void a person's proofs that are not used yet: whoever knew the old PIN has no use of it any more."""
    PaymentProof.objects.filter(device__user=user, used_at=None).delete()


def _check(user: User, pin: str) -> None:
    if is_trivial(pin, user.phone):
        raise PinTrivial
