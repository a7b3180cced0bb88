"""Reading requests strictly: every field there, of its type, within its limit; else a 400 says which is not."""

import json
import re
from collections.abc import Callable
from typing import Any

from .cards import KINDS
from .records import Order

AMOUNT_MAX = 100_000_000_00  # fen a transfer
_OUT_NO = re.compile(r"[A-Za-z0-9_:-]{1,64}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{12,19}", re.ASCII)

Check = Callable[[Any], bool]


class BadRequest(Exception):
    """The body is not what the interface asks for; the text says why."""


def _text(limit: int) -> Check:
    return lambda value: isinstance(value, str) and 0 < len(value) <= limit and "\0" not in value


_LINK: dict[str, Check] = {
    "number": lambda value: isinstance(value, str) and _NUMBER.fullmatch(value) is not None,
    "holder": _text(64),  # a real bank compares it; this one takes any name and forgets it
}
_ACCOUNT: dict[str, Check] = {
    "kind": lambda value: value in KINDS,
    "login": _text(128),
    "holder": _text(64),
}
_ORDER: dict[str, Check] = {
    "out_no": lambda value: isinstance(value, str) and _OUT_NO.fullmatch(value) is not None,
    "direction": lambda value: value in ("collect", "payout"),
    "token": _text(64),
    "amount": lambda value: type(value) is int and 0 < value <= AMOUNT_MAX,
    "currency": lambda value: value == "CNY",
    "subject": _text(128),
    "notify_url": lambda value: _text(500)(value) and value.startswith(("http://", "https://")),
}


def read_link(body: bytes) -> str:
    """Return the card number of a request to link a card."""
    number: str = _read(body, _LINK)["number"]
    return number


def read_account(body: bytes) -> tuple[str, str]:
    """Return kind and login of a request to link an account."""
    data = _read(body, _ACCOUNT)
    return data["kind"], data["login"]


def read_order(body: bytes) -> Order:
    """Return the order of a request for a transfer."""
    return Order(**_read(body, _ORDER))


def _read(body: bytes, checks: dict[str, Check]) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise BadRequest("the body is not JSON") from problem
    if not isinstance(data, dict) or data.keys() != checks.keys():
        raise BadRequest(f"the body is an object of {', '.join(checks)}")
    for name, check in checks.items():
        if not check(data[name]):
            raise BadRequest(f"{name} is missing, of the wrong type or out of bounds")
    return data
