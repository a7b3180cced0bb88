"""Where this room tells the rooms above, under the wallet's lock, that a merchant has given money back, and asks them
what was contested of a payment before it is shared anew.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from groups.members.changes import News
from groups.spending.models import Refund
from wallet.ledger.models import Wallet

GivenBack = Callable[[Wallet, Refund, datetime], object]

#: A part of a payment is back with those who bore it: `GivenBack`.
refunding = News()


@dataclass(frozen=True, slots=True)
class Contest:
    """Whether a payment is contested now, and whose share of it was decided about, so that it stays as it is."""

    is_open: bool = False
    decided: frozenset[uuid.UUID] = frozenset()


Contests = Callable[[uuid.UUID, Collection[uuid.UUID]], Mapping[uuid.UUID, Contest]]


def _none(group_id: uuid.UUID, payment_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Contest]:
    return {}


_contests: Contests = _none


def set_contests(contests: Contests) -> None:
    """Let `contests(group_id, payment_ids)` say what was contested of payments, by payment."""
    global _contests
    _contests = contests


def read_contests(group_id: uuid.UUID, payment_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Contest]:
    """Read what was contested of these payments, by payment."""
    return _contests(group_id, payment_ids)
