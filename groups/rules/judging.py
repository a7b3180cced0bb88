"""Whether a group's rules let a spend through. Pure: what is judged by has been read under the wallet's lock.

The order is fixed, so that the same spend is always refused for the same reason: pause, category, payment, member and
month, group and month. Approval by others is asked for only after the money is there.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from groups.rules.errors import CategoryBlocked, LimitExceeded, SpendingPaused
from groups.rules.models import SpendingLimit
from groups.rules.windows import Window

ORDER = list(SpendingLimit.Limit)


@dataclass(frozen=True, slots=True)
class Tier:
    """Above an amount (fen), so many others must approve."""

    above: int
    approvals: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What the spend of one member is judged by: limits as (limit, amount), and what was spent in the window (fen)."""

    window: Window
    is_paused: bool
    blocked: frozenset[str]
    limits: Sequence[tuple[str, int]]
    tiers: Sequence[Tier]
    member_spent: int
    group_spent: int


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a limit allows (fen), and what of it is left."""

    limit: str
    amount: int
    left: int


def allowances(rules: Rules) -> Iterator[Allowed]:
    """Say of every limit what is left of it, in the order in which they are judged."""
    spent = {
        SpendingLimit.Limit.PAYMENT: 0,
        SpendingLimit.Limit.MEMBER_MONTH: rules.member_spent,
        SpendingLimit.Limit.GROUP_MONTH: rules.group_spent,
    }
    for limit, amount in sorted(rules.limits, key=lambda rule: (ORDER.index(SpendingLimit.Limit(rule[0])), rule[1])):
        yield Allowed(limit, amount, max(0, amount - spent[SpendingLimit.Limit(limit)]))


def judge(rules: Rules, amount: int, categories: Collection[str] = ()) -> None:
    """Refuse what the rules do not allow. `amount` is in fen; a transfer has no category.

    A payment may have two: what the merchant is, and what the merchant says of it. Neither may be blocked.

    :raises SpendingPaused: when the group or the member is paused.
    :raises CategoryBlocked: when a category is.
    :raises LimitExceeded: when the amount is more than a limit leaves.
    """
    if rules.is_paused:
        raise SpendingPaused
    for category in categories:
        if category in rules.blocked:
            raise CategoryBlocked(category=category)
    for allowed in allowances(rules):
        if amount > allowed.left:
            raise LimitExceeded(limit=allowed.limit, amount=allowed.amount, left=allowed.left)


def left_of(rules: Rules) -> int | None:
    """Say how much a payment may be at most by the limits (fen); None where there are none."""
    if rules.is_paused:
        return 0
    return min((allowed.left for allowed in allowances(rules)), default=None)


def tier_of(tiers: Sequence[Tier], amount: int) -> Tier | None:
    """Find the highest tier that an amount lies above."""
    return max((tier for tier in tiers if amount > tier.above), key=lambda tier: tier.above, default=None)
