"""One-time codes: six digits by text message, good for one number, one purpose, five minutes and five tries.

No code is kept, only an HMAC of number and code under the server's key, because a million plain hashes are tried in a
second. How long a code for logging in lives and how often it may be tried are allauth's settings.
"""

import secrets

from allauth.core.internal.cryptokit import normalize_user_code
from django.utils.crypto import salted_hmac

CODE_DIGITS = 6


def new_code() -> str:
    """Make six random digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def hash_code(*, phone: str, code: str, purpose: str = "login") -> str:
    """Bind a code to the number it was sent to, and to what it is for."""
    told = f"{phone} {normalize_user_code(code)}"
    return salted_hmac(f"wallet.identity.codes.{purpose}", told, algorithm="sha256").hexdigest()
