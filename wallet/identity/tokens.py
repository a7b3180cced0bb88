"""Secrets a device carries: made by a CSPRNG, told once, and kept only as a hash.

Tokens, tickets and session keys have 256 random bits, so a plain SHA-256 protects them at rest: nobody can guess what
was hashed. A one-time code has twenty bits and is hashed with the server's key instead (see `codes`).
"""

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Make a secret of 256 bits, safe in a header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Hash a secret into the 64 hexadecimal digits that the database keeps of it."""
    return hashlib.sha256(token.encode()).hexdigest()
