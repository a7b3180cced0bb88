"""Who bears what of a spend: arithmetic over the stakes of the current members.

`pro_rata` by stake, `equal` and `weights` among the participants (everybody, where nobody is named), `payer` alone. The
shares equal the amount; nobody is asked for more than the own stake allows.

All have agreed on the group's rule. A payer may choose another for one payment, as long as nobody else bears more by
it; unless all have agreed that payers choose (`payers_choose`). Whoever pays is always among those who bear it.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from groups.members.models import Membership, SharingRule
from groups.rules.errors import ParticipantUnknown, PayerMustShare, SharingNotAgreed
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
    parts = _split(amount, rule, stakes, payer_id, participants)
    _check_floors(parts, stakes)
    return parts


def _split(
    amount: int, rule: str, stakes: Sequence[Stake], payer_id: uuid.UUID, participants: Collection[uuid.UUID]
) -> dict[uuid.UUID, int]:
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
    return {stake.user_id: parts[stake.account_id] for stake in stakes if parts.get(stake.account_id)}


def _check_floors(parts: dict[uuid.UUID, int], stakes: Sequence[Stake]) -> None:
    if any(stake.balance - parts[stake.user_id] < stake.floor for stake in stakes if stake.user_id in parts):
        raise InsufficientFunds(available=sum(max(0, stake.balance) for stake in stakes))


@dataclass(frozen=True, slots=True)
class Choice:
    """How a payer wants one payment to be shared, where not by the group's rule: another rule, or among whom."""

    rule: str
    participants: Sequence[uuid.UUID] = ()

    @property
    def names(self) -> list[uuid.UUID]:
        """Who is named, in order; by stake and by the payer nobody is."""
        return sorted(set(self.participants)) if self.rule in (SharingRule.EQUAL, SharingRule.WEIGHTS) else []

    def is_by(self, rule: str) -> bool:
        """Say whether it is the group's rule, and nothing else."""
        return self.rule == rule and not self.names


def check_choice(
    amount: int, choice: Choice, *, rule: str, payers_choose: bool, stakes: Sequence[Stake], payer_id: uuid.UUID
) -> None:
    """Judge whether a payer may share an amount (fen) so, where the group's rule is another. Stakes' floors aside.

    :raises ParticipantUnknown: when somebody named is not a member.
    :raises PayerMustShare: when others are named, and the payer is not.
    :raises SharingNotAgreed: when another bears more by it than by the group's rule.
    """
    if not {stake.user_id for stake in stakes}.issuperset(choice.participants):
        raise ParticipantUnknown
    if choice.is_by(rule):
        return
    parts = _split(amount, choice.rule, stakes, payer_id, choice.names)
    if choice.names and payer_id not in choice.names:
        raise PayerMustShare
    if payers_choose:
        return
    try:
        agreed = _split(amount, rule, stakes, payer_id, ())
    except InsufficientFunds:
        agreed = {}
    if any(part > agreed.get(user_id, 0) for user_id, part in parts.items() if user_id != payer_id):
        raise SharingNotAgreed


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


def foresee_shares(choice: Choice, stakes: Sequence[Stake], payer_id: uuid.UUID, amount: int) -> dict[str, Any]:
    """Say what everybody would bear of a spend (fen), and what would be left to them.

    :raises InsufficientFunds: when there is not enough.
    """
    shares = share(amount, rule=choice.rule, stakes=stakes, payer_id=payer_id, participants=choice.names)
    return {
        "shares": {str(user_id): money(part) for user_id, part in shares.items()},
        "stakes": {str(stake.user_id): money(stake.balance - shares.get(stake.user_id, 0)) for stake in stakes},
    }
