"""Who may read the events of a wallet: a question this room asks and a room above answers.

What binds the answer: whatever changes who may read a wallet records an event in that wallet, in the same transaction.
So somebody who reads events first and asks for the range afterwards never passes on an event that was numbered after a
removal: if it was there to be read, the removal was there to be seen (`selectors.read_page`).
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """Up to which number somebody may read. None is no end, as for a member; a number, their last event."""

    until: int | None = None

    def allows(self, sequence: int) -> bool:
        return self.until is None or sequence <= self.until

    def cap(self, sequence: int) -> int:
        return sequence if self.until is None else min(sequence, self.until)


Readers = Callable[[uuid.UUID, Collection[uuid.UUID]], Mapping[uuid.UUID, Range]]


def _nobody(user_id: uuid.UUID, wallet_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Range]:
    return {}


_readers: Readers = _nobody


def set_readers(readers: Readers) -> None:
    """Let `readers(user_id, wallet_ids)` say what the person may read of each wallet.

    A wallet that is missing in the answer is one the person may not know of.
    """
    global _readers
    _readers = readers


def find_ranges(user_id: uuid.UUID, wallet_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Range]:
    """Find, now, what the person may read of these wallets."""
    return _readers(user_id, wallet_ids)


def find_range(user_id: uuid.UUID, wallet_id: uuid.UUID) -> Range | None:
    """Find, now, what the person may read of this wallet."""
    return find_ranges(user_id, [wallet_id]).get(wallet_id)
