"""How requests and notices are signed: HMAC-SHA256 with the customer's secret, written `t=<unix>,v1=<hex>`.

A request signs `<t>.<method>.<path>.<body>`, a notice `<t>.<raw body>`. The moment is signed too, and is good for five
minutes, so that a recorded message cannot be sent again later. Signatures are compared in constant time.
"""

import hashlib
import hmac
import re
from datetime import datetime

SIGNATURE_HEADER = "Sandbox-Signature"
KEY_HEADER = "Sandbox-Key"
TOLERANCE_SECONDS = 300

_HEADER = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)


class BadSignature(Exception):
    """The signature is missing, malformed or wrong."""


class StaleSignature(Exception):
    """The signature is right, but its moment is more than five minutes away."""


def sign_request(secret: bytes, now: datetime, method: str, path: str, body: bytes) -> str:
    """Return the header's value for a request."""
    return _sign(secret, int(now.timestamp()), _request_parts(method, path, body))


def sign_notice(secret: bytes, now: datetime, body: bytes) -> str:
    """Return the header's value for a notice."""
    return _sign(secret, int(now.timestamp()), body)


def check_request(secret: bytes, header: str, now: datetime, method: str, path: str, body: bytes) -> None:
    """Return quietly when the request is signed with `secret`.

    :raises BadSignature: when it is not.
    :raises StaleSignature: when it was signed more than five minutes before or after `now`.
    """
    match = _HEADER.fullmatch(header)
    if match is None:
        raise BadSignature
    signed_at = int(match[1])
    if not hmac.compare_digest(_sign(secret, signed_at, _request_parts(method, path, body)), header):
        raise BadSignature
    if abs(now.timestamp() - signed_at) > TOLERANCE_SECONDS:
        raise StaleSignature


def _request_parts(method: str, path: str, body: bytes) -> bytes:
    return f"{method}.{path}.".encode() + body


def _sign(secret: bytes, signed_at: int, message: bytes) -> str:
    digest = hmac.new(secret, f"{signed_at}.".encode() + message, hashlib.sha256).hexdigest()
    return f"t={signed_at},v1={digest}"
