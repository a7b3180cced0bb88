"""What does not agree in a fund's day, by class. Pure: it reads and writes nothing.

The sums that must hold are those of `FundPosition`; what they mean is in docs/funds.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from yields.fundside.models import FundDifference, FundOrder, FundPosition

Kind = FundDifference.Kind


@dataclass(frozen=True, slots=True)
class Found:
    """A difference: what we say and what the other side says."""

    kind: str
    number: str = ""
    ours: str = ""
    theirs: str = ""


def compare_order(order: FundOrder, day: date, confirmed: int, has_news: bool) -> Iterator[Found]:
    """Compare an order that was due on a day, or was heard of on it, with what was confirmed by its end."""
    asked = order.amount
    ours, theirs = str(asked), str(confirmed)
    if confirmed == asked:
        if has_news and day != order.confirm_date:
            yield Found(Kind.CONFIRMED_LATE, order.number, order.confirm_date.isoformat(), day.isoformat())
    elif confirmed == 0:
        yield Found(Kind.NOT_CONFIRMED, order.number, ours, theirs)
    elif 0 < confirmed < asked or asked < confirmed < 0:
        yield Found(Kind.CONFIRMED_IN_PART, order.number, ours, theirs)
    else:
        yield Found(Kind.CONFIRMED_TOO_MUCH, order.number, ours, theirs)


def compare_statement(position: FundPosition) -> Iterator[Found]:
    """Compare what we hold with what the company states."""
    if position.shares != position.stated_shares:
        yield Found(Kind.POSITION_DIFFERS, "", str(position.shares), str(position.stated_shares))
    if position.income != position.stated_income:
        yield Found(Kind.INCOME_DIFFERS, "", str(position.income), str(position.stated_income))


def compare_wallets(position: FundPosition, booked: int) -> Iterator[Found]:
    """Compare the wallets' side with the fund's: bases with orders, and credits with income.

    `booked` is the income that was credited before the cut: with the orders it sums to what wallets held then.
    """
    held, asked = position.bases + position.leaving, position.ordered + booked
    if held != asked:
        yield Found(Kind.BASES_DIFFER, "", str(held), str(asked))
    assert position.yield_per_10k is not None
    exact = Decimal(position.bases) * position.yield_per_10k / 10_000
    credited = position.credits + position.truncated
    if exact != credited:
        yield Found(Kind.CREDITS_DIFFER, "", f"{credited:.8f}", f"{exact:.8f}")
    if position.stated_income < position.credits:
        yield Found(Kind.INCOME_SHORT, "", str(position.credits), str(position.stated_income))
