"""What the bank's book is made of: plain values, in the order of the columns of `schema.sql`.

Amounts are integer fen. Moments are text, UTC in ISO 8601 with microseconds, as they stand in the book.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Order:
    """A transfer as the customer asks for it."""

    out_no: str
    direction: str  # collect: from the card to the customer; payout: the other way
    token: str
    amount: int
    currency: str
    subject: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class Account:
    """A linked card."""

    token: str
    card: str
    label: str
    opening: int
    balance: int
    linked_at: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer as booked: the order and what became of it."""

    out_no: str
    direction: str
    token: str
    amount: int
    currency: str
    subject: str
    notify_url: str
    status: str
    failure_code: str | None
    accepted_at: str
    due_at: str
    final_at: str | None

    @property
    def reference(self) -> str:
        """Return the bank's own reference."""
        return f"SB{hashlib.sha256(self.out_no.encode()).hexdigest()[:16].upper()}"

    @property
    def order(self) -> Order:
        """Return what was asked for."""
        return Order(self.out_no, self.direction, self.token, self.amount, self.currency, self.subject, self.notify_url)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank says to an order, now and whenever the same one comes again."""

    kind: Literal["accepted", "refused", "timeout"]
    transfer: Transfer | None


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice to be sent now."""

    id: int
    notice_id: str
    out_no: str
    body: bytes
    notify_url: str
    flaw: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The book in sums, in fen: `opening - balance` is what the cards have paid, on balance, to the customer."""

    opening: int
    balance: int
    collected: int
    paid_out: int
    processing: int
