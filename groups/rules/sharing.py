"""Who bears what of a spend: arithmetic over the stakes of the current members.

`pro_rata` by stake, `equal` and `weights` among the participants (everybody, where nobody is named), `payer` alone. The
shares equal the amount; nobody is asked for more than the own stake allows.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from groups.members.models import Membership, SharingRule
from groups.rules.errors import ParticipantUnknown
from wallet.api.fields import money
from wallet.ledger.errors import InsufficientFunds
from wallet.ledger.money import split
from wallet.ledger.selectors import list_stakes


@dataclass(frozen=True, slots=True)
class Stake:
    """A current member's stake: whose, in which account, how much (fen), how far it may fall, and the agreed weight."""

    user_id: uuid.UUID
    account_id: uuid.UUID
    balance: int
    floor: int
    weight: int
    role: str


def share(
    amount: int,
    *,
    rule: str,
    stakes: Sequence[Stake],
    payer_id: uuid.UUID,
    participants: Collection[uuid.UUID] = (),
) -> dict[uuid.UUID, int]:
    """Share an amount (fen, > 0) by a rule; the parts, by user, are above zero.

    :raises InsufficientFunds: when a share would bring a stake below its floor.
    :raises ParticipantUnknown: when somebody named is not a member.
    """
    known = {stake.user_id: stake for stake in stakes}
    if not set(participants) <= set(known):
        raise ParticipantUnknown
    named = [known[user_id] for user_id in set(participants)] or list(stakes)
    match rule:
        case SharingRule.PAYER:
            weights = {known[payer_id].account_id: 1}
        case SharingRule.EQUAL:
            weights = {stake.account_id: 1 for stake in named}
        case SharingRule.WEIGHTS:
            weights = {stake.account_id: stake.weight for stake in named}
        case _:
            weights = {stake.account_id: max(0, stake.balance) for stake in stakes}
    if not sum(weights.values()):
        raise InsufficientFunds(available=0)
    parts = split(amount, weights)
    _check_floors(parts, stakes)
    return {stake.user_id: parts[stake.account_id] for stake in stakes if parts.get(stake.account_id)}


def _check_floors(parts: dict[uuid.UUID, int], stakes: Sequence[Stake]) -> None:
    if any(
        stake.balance - parts.get(stake.account_id, 0) < stake.floor for stake in stakes if stake.account_id in parts
    ):
        raise InsufficientFunds(available=sum(max(0, stake.balance) for stake in stakes))


def list_shareable(group_id: uuid.UUID) -> list[Stake]:
    """Read the stakes of the current members, in the order of their accounts."""
    members = {member.user_id: member for member in Membership.objects.filter(group=group_id, left_at__isnull=True)}
    return [
        Stake(
            user_id=account.holder_id,
            account_id=account.pk,
            balance=account.balance or 0,
            floor=account.floor,
            weight=members[account.holder_id].weight,
            role=members[account.holder_id].role,
        )
        for account in list_stakes(group_id)
        if account.holder_id is not None and account.holder_id in members
    ]


def foresee_shares(rule: str, stakes: Sequence[Stake], payer_id: uuid.UUID, amount: int) -> dict[str, Any]:
    """Say what everybody would bear of a spend (fen) by a rule, and what would be left to them.

    :raises InsufficientFunds: when there is not enough.
    """
    shares = share(amount, rule=rule, stakes=stakes, payer_id=payer_id)
    return {
        "shares": {str(user_id): money(part) for user_id, part in shares.items()},
        "stakes": {str(stake.user_id): money(stake.balance - shares.get(stake.user_id, 0)) for stake in stakes},
    }
