"""What every adapter to a fund company offers.

- An order is known there by our own number. Asked again under the same number, it is taken once.
- A company confirms on a day what was ordered before, in one confirmation or several, each with a number of its own;
  it may be late, short, doubled or mistaken, and we believe only that it said so.
- Amounts are fen (a share is a yuan): > 0 buys shares, < 0 redeems them. No adapter is called inside a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


class CompanyNotConfigured(LookupError):
    """This installation has no company for the fund."""


class CompanyDown(Exception):
    """The company could not be asked, or has no answer yet; nothing was learned."""


class NumberReused(Exception):
    """Our number was used before for another order: a fault of ours, never to be retried."""


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What is asked of the company."""

    number: str
    fund: str
    trade_date: date
    amount: int


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the company did about an order, and on which day."""

    number: str  # the company's own
    order: str
    amount: int
    confirmed_on: date


@dataclass(frozen=True, slots=True)
class Statement:
    """What the company says of a day: the shares that earned on it, and what they earned."""

    shares: int
    income: int


class Company(Protocol):
    """A fund company, where we have one account for every fund of it."""

    def submit(self, request: OrderRequest) -> None:
        """Order shares. Asked again under the same number with the same content, it happens once.

        :raises NumberReused: when the number was used for another order.
        :raises CompanyDown: when it does not answer; it may have been taken or not.
        """
        ...

    def list_confirmations(self, fund: str, day: date) -> Sequence[Confirmation]:
        """List what the company confirmed on a day.

        :raises CompanyDown: when it does not answer.
        """
        ...

    def get_statement(self, fund: str, day: date) -> Statement:
        """Get the position and the income of a day.

        :raises CompanyDown: when it does not answer, or the day is not stated yet.
        """
        ...
