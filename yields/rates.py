"""What a day of the fund pays: exact arithmetic on integer fen and decimal rates; never a float.

- Income of a day is `base × R / 10,000`, cut down to the whole fen; what is cut off is lost, not carried over.
  (Checked on real accounts: cutting is exact on every day that can tell it from rounding, half-up on none of them.)
- The base is derived from the balance and the flows that are not confirmed yet; no second copy of the money is kept.
- A negative or inexact rate is an error here. Whether such a day is paid is for people to decide, never for arithmetic.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

DAYS_OF_ANNUALIZED = 7
_RATE_UNITS = 10_000  # a rate has four decimals
_SHARES_OF_RATE = 10_000  # and is the income, in yuan, of so many shares of one yuan
_PERCENT_STEP = Decimal("0.001")


def daily_income(base_fen: int, yield_per_10k: Decimal) -> int:
    """Return a day's income on `base_fen`, in fen, cut down; the rate is 每万份收益, yuan per 10,000 shares.

    :raises TypeError: when the base is not an int or the rate is not a Decimal.
    :raises ValueError: when either is negative, or the rate is not finite or has more than four decimals.
    """
    _check_base(base_fen)
    return base_fen * _to_rate_units(yield_per_10k) // (_RATE_UNITS * _SHARES_OF_RATE)


def annualized_7d(yields: Sequence[Decimal]) -> Decimal:
    """Return 七日年化, percent with three decimals (half-up), of the last seven calendar days' 每万份收益.

    `((Π(1 + Ri/10000)) ^ (365/7) − 1) × 100`: the only variant in use that reproduces the published figures.

    :raises TypeError: when a rate is not a Decimal.
    :raises ValueError: when fewer than seven days are given, or a rate is negative, not finite or too fine.
    """
    if len(yields) < DAYS_OF_ANNUALIZED:
        raise ValueError(f"七日年化 needs {DAYS_OF_ANNUALIZED} days, got {len(yields)}")
    with localcontext(prec=50):
        growth = Decimal(1)
        for rate in yields[-DAYS_OF_ANNUALIZED:]:
            growth *= 1 + Decimal(_to_rate_units(rate)) / (_RATE_UNITS * _SHARES_OF_RATE)
        annual = growth ** (Decimal(365) / DAYS_OF_ANNUALIZED)
        return ((annual - 1) * 100).quantize(_PERCENT_STEP, rounding=ROUND_HALF_UP)


def unconfirmed(flows: Sequence[int]) -> int:
    """Return what is left, in fen, of the money in among `flows` (in > 0, out < 0, oldest first).

    The flows are those since `yields.calendar.unconfirmed_since`. Money out takes unconfirmed money first, so the rest
    obeys `U ← max(0, U + x)`; that is the largest sum of the flows from any one of them to the end, or nothing. The
    same expression is one window function in SQL.
    """
    largest = suffix = 0
    for flow in reversed(flows):
        suffix += flow
        largest = max(largest, suffix)
    return largest


def base(balance_end: int, flows: Sequence[int]) -> int:
    """Return the fen that earn on a day, from the balance at its end and the unconfirmed flows up to then.

    Never below zero: who owes the group (a stake below zero, where members agreed to that) earns nothing.
    """
    return max(0, balance_end - unconfirmed(flows))


def _check_base(base_fen: int) -> None:
    if not isinstance(base_fen, int) or isinstance(base_fen, bool):
        raise TypeError(f"a base is an int of fen, not {type(base_fen).__name__}")
    if base_fen < 0:
        raise ValueError(f"a base is never negative: {base_fen}")


def _to_rate_units(rate: Decimal) -> int:
    """Return the rate times 10,000 as an exact int, whatever the precision of the caller's decimal context."""
    if not isinstance(rate, Decimal):
        raise TypeError(f"a rate is a Decimal, not {type(rate).__name__}")
    if not rate.is_finite() or rate < 0:
        raise ValueError(f"a rate is a finite number and never negative: {rate}")
    numerator, denominator = rate.as_integer_ratio()
    units, rest = divmod(numerator * _RATE_UNITS, denominator)
    if rest:
        raise ValueError(f"a rate has four decimals: {rate}")
    return units
