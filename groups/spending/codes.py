"""Payment codes: 18 digits, prefix 28, the last one a check digit (Luhn). Pure but for the random source.

Between prefix and check digit lie 15 digits from a CSPRNG: with a minute to live and a thousand codes alive at once, a
guess hits one in 10^12. Only the hash of a code is stored.
"""

import hashlib
import secrets

PREFIX = "28"
LENGTH = 18


def make_code() -> str:
    """Draw a new code."""
    body = f"{PREFIX}{secrets.randbelow(10**15):015d}"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """Compute the Luhn digit that belongs after `body` (ISO/IEC 7812-1, annex B)."""
    total = 0
    for index, char in enumerate(reversed(body)):
        digit = int(char) * (2 if index % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def is_well_formed(code: str) -> bool:
    """Say whether this can be a code at all, so that a misread one is told from an unknown one."""
    return (
        len(code) == LENGTH
        and code.isascii()
        and code.isdigit()
        and code.startswith(PREFIX)
        and check_digit(code[:-1]) == code[-1]
    )


def hash_code(code: str) -> str:
    """Hash a code for storing and looking up."""
    return hashlib.sha256(f"payment-code:{code}".encode()).hexdigest()
