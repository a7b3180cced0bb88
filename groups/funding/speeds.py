"""How money goes out: at once, or on the day on which an ordinary redemption arrives.

What bounds the fast way, and which day that is, the rooms above know: they fill this in once, in their `apps.py`, and
this room need not know them. Whoever asks holds the wallet's lock, and waits for what bounds the fast way after it:
always in this order, so that nobody waits in a circle.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from groups.funding.models import Withdrawal
from groups.members.models import Group
from wallet.ledger.models import Wallet


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may go out fast today, and what is left of it (fen)."""

    limit: int
    left: int


@dataclass(frozen=True, slots=True)
class Ways:
    """What the rooms above know.

    `arrive` says when an ordinary payout of a group goes out, or raises `ArrivalUnknown`. `allow` reads what a group
    may still send fast today, None where nothing bounds it. `take` takes a withdrawal's amount of that, or says no.
    """

    arrive: Callable[[Group, datetime], datetime]
    allow: Callable[[Group, datetime], Allowance | None]
    take: Callable[[Wallet, Withdrawal, datetime], bool]


_ways: Ways | None = None


def set_ways(ways: Ways) -> None:
    """Let these say how money goes out."""
    global _ways
    _ways = ways


def get_ways() -> Ways:
    assert _ways is not None, "a room above says how money goes out"
    return _ways


@dataclass(frozen=True, slots=True)
class Forecast:
    """How an amount would go out by itself. Ordinary, and nobody knows when: then it cannot."""

    speed: Withdrawal.Speed
    expected_at: datetime | None
    allowance: Allowance | None

    @property
    def is_possible(self) -> bool:
        return self.speed == Withdrawal.Speed.FAST or self.expected_at is not None
