"""Amounts are integer fen; what is divided is divided without loss.

Pure arithmetic: no database, no clock, no float. The parts of a split always equal the whole, and the same input gives
the same parts on every machine: remainders go to the largest fraction first, ties to the smaller key.
"""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar


class Key(Protocol):
    """What the parts of a split are named by: anything ordered and hashable, an account id as a rule."""

    def __lt__(self, other: Any, /) -> bool: ...
    def __hash__(self) -> int: ...


K = TypeVar("K", bound=Key)


def split(amount: int, weights: Mapping[K, int]) -> dict[K, int]:
    """Split an amount (fen, ≥ 0) in proportion to the weights, by largest remainder.

    Keys with weight 0 get 0. No part exceeds its weight as long as the amount does not exceed their sum, so a spend of
    no more than the balance never asks more of a stake than it has.

    :raises ValueError: when the amount is negative, a weight is negative, or nothing weighs anything.
    """
    total = sum(weights.values())
    if amount < 0 or total <= 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError(f"cannot split {amount} over weights that sum to {total}")
    parts = {key: amount * weight // total for key, weight in weights.items()}
    by_fraction = sorted(weights, key=lambda key: (-(amount * weights[key] % total), key))
    for key in by_fraction[: amount - sum(parts.values())]:
        parts[key] += 1
    assert sum(parts.values()) == amount
    return parts
