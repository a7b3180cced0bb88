"""Who pays whom so that everybody is even: 多退少补, with the fewest transfers. Pure.

Balances that sum to zero fall into groups that are even among themselves; a group of n needs n − 1 transfers. So the
fewest transfers come from the most groups. That is found exactly for up to `EXACT_MAX` people who are not even, by
dynamic programming over subsets; above, equal and opposite balances are paired first, and the rest pays down the line,
which is never more than one transfer fewer than there are people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from wallet.ledger.money import Key

K = TypeVar("K", bound=Key)
EXACT_MAX = 14


@dataclass(frozen=True, slots=True)
class Settlement(Generic[K]):
    """One transfer: from whom, to whom, how much (fen, > 0)."""

    debtor: K
    creditor: K
    amount: int


def settle(balances: Mapping[K, int]) -> list[Settlement[K]]:
    """Find the fewest transfers after which everybody has zero. Positive balances are owed to, negative ones owe (fen).

    :raises ValueError: when the balances do not sum to zero.
    """
    if sum(balances.values()) != 0:
        raise ValueError("balances that do not sum to zero cannot be settled")
    uneven = {key: balances[key] for key in sorted(balances) if balances[key]}
    groups = _most_groups(list(uneven), uneven) if len(uneven) <= EXACT_MAX else _pairs_first(uneven)
    return [settlement for group in groups for settlement in _down_the_line({key: uneven[key] for key in group})]


def _most_groups(keys: Sequence[K], balances: Mapping[K, int]) -> list[list[K]]:
    """Cut into the most groups that are even. `most[s]` is how many complete ones subset s has at best."""
    size = 1 << len(keys)
    sums, most, last = [0] * size, [0] * size, [0] * size
    for subset in range(1, size):
        low = (subset & -subset).bit_length() - 1
        sums[subset] = sums[subset & (subset - 1)] + balances[keys[low]]
        best = max(range(len(keys)), key=lambda bit: most[subset ^ 1 << bit] if subset >> bit & 1 else -1)
        last[subset] = best
        most[subset] = most[subset ^ 1 << best] + (sums[subset] == 0)
    groups: list[list[K]] = []
    subset = size - 1
    while subset:
        if sums[subset] == 0:
            groups.append([])
        groups[-1].append(keys[last[subset]])
        subset ^= 1 << last[subset]
    return groups


def _pairs_first(balances: Mapping[K, int]) -> list[list[K]]:
    groups, rest = [], dict(balances)
    for key, amount in balances.items():
        twin = next((other for other, owed in rest.items() if owed == -amount), None) if key in rest else None
        if twin is not None:
            groups.append([key, twin])
            del rest[key], rest[twin]
    return [*groups, list(rest)] if rest else groups


def _down_the_line(balances: dict[K, int]) -> list[Settlement[K]]:
    """Let the largest debtor pay the largest creditor until nobody is left."""
    found = []
    while any(balances.values()):
        debtor = min(balances, key=lambda key: (balances[key], key))
        creditor = max(balances, key=lambda key: (balances[key], key))
        amount = min(-balances[debtor], balances[creditor])
        found.append(Settlement(debtor, creditor, amount))
        balances[debtor] += amount
        balances[creditor] -= amount
    return found
