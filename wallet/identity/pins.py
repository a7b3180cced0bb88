"""Payment PINs: six digits, which of them are too easy, and how they are kept. No function here touches the database.

There are a million PINs, so no hash alone keeps them from somebody who has stolen the database. What does is the
pepper, a key that is not in it (`PIN_PEPPER`): a PIN is bound to its person by an HMAC under the pepper, and that is
hashed by Argon2id, so that whoever has stolen the pepper too still needs hours for each person.
"""

import hmac
import uuid
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

#: The form of a PIN; which of them may be set is for `is_trivial`.
PIN_FORM = r"^[0-9]{6}$"


def is_trivial(pin: str, phone: str | None) -> bool:
    """Say whether a PIN is among the first that anybody would try: 111111, 345678, 109876, 121212, 123123, the phone's.

    Runs go on from 9 to 0.
    """
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    is_run = steps in ({0}, {1}, {9})
    is_repeated = pin in (pin[:2] * 3, pin[:3] * 2)
    return is_run or is_repeated or bool(phone and phone.endswith(pin))


def hash_pin(*, user_id: uuid.UUID, pin: str) -> str:
    """Hash a person's PIN for keeping."""
    return _hasher().hash(_pepper(user_id, pin))


def is_pin(pin: str, *, user_id: uuid.UUID, pin_hash: str) -> bool:
    """Compare what somebody typed with what is kept. Callers have counted the try before (`services.pins`)."""
    try:
        return _hasher().verify(pin_hash, _pepper(user_id, pin))
    except VerifyMismatchError:
        return False


def _hasher() -> PasswordHasher:
    return PasswordHasher(**settings.PIN_ARGON2)


def _pepper(user_id: uuid.UUID, pin: str) -> bytes:
    if not settings.PIN_PEPPER:
        raise ImproperlyConfigured("PIN_PEPPER is not set: without it payment PINs cannot be kept.")
    return hmac.digest(settings.PIN_PEPPER.encode(), f"{user_id} {pin}".encode(), "sha256")
