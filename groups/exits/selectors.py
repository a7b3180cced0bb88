"""What parting would bring, to one member or to all, as things stand now."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet, Sum

from groups.disputes.selectors import held_of
from groups.exits.settling import Settlement, settle
from groups.funding.models import Contribution, Movement, Withdrawal
from groups.funding.selectors import claimed_of
from groups.funding.services import foresee_way
from groups.funding.services.drain import cover_of
from groups.funding.speeds import Forecast
from groups.members.models import Membership
from groups.members.selectors import Access, stakes_by_holder
from groups.rules.errors import DebtsOpen
from groups.rules.sharing import Stake
from wallet.ledger.models import Wallet
from wallet.ledger.money import split
from wallet.rails.models import FundingSource
from wallet.rails.selectors import find_default_source


def list_under_way(group_id: uuid.UUID, user_id: uuid.UUID) -> QuerySet[Contribution]:
    """List the contributions of a member that have not arrived yet."""
    return Contribution.objects.filter(group=group_id, user=user_id, status=Movement.Status.REQUESTED)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a member would get by leaving now (fen), where it goes, how and by when, and what stands in the way (codes).

    `arrives_by` is None where nobody can say.
    """

    stake: int
    held: int
    coming_in: int
    going_out: int
    owes: int
    pays_out: int
    source: FundingSource | None
    speed: Withdrawal.Speed
    fast_left: int | None
    expected_at: datetime | None
    arrives_by: datetime | None
    obstacles: list[str]


def foresee_exit(access: Access, now: datetime) -> WhatIf:
    """Work out what a member would get by leaving now."""
    group_id, user = access.group.pk, access.user
    stake = stakes_by_holder(group_id).get(user.pk, 0)
    left = stake if stake < 0 else max(0, stake - claimed_of(group_id, user.pk))
    source = find_default_source(user)
    coming_in = _sum(list_under_way(group_id, user.pk))
    own = Withdrawal.objects.filter(group=group_id, user=user, borne_by=Withdrawal.BorneBy.OWN)
    way = foresee_way(access.group, max(0, left), now)
    starts_at = way.expected_at or now
    return WhatIf(
        stake=stake,
        held=held_of(group_id, user.pk),
        coming_in=coming_in,
        going_out=_sum(own.filter(status=Withdrawal.Status.REQUESTED)),
        owes=max(0, -stake),
        pays_out=max(0, left),
        source=source,
        speed=way.speed,
        fast_left=way.allowance.left if way.allowance else None,
        expected_at=way.expected_at,
        arrives_by=starts_at + timedelta(hours=settings.PAYOUT_ARRIVES_HOURS) if way.is_possible else None,
        obstacles=_obstacles(access, left, coming_in, source, way, now),
    )


def _obstacles(
    access: Access, left: int, coming_in: int, source: FundingSource | None, way: Forecast, now: datetime
) -> list[str]:
    """Name what refuses to let the member leave now, by its codes."""
    found = {
        "owner_must_stay": access.membership.role == Membership.Role.OWNER,
        "debt_open": left < 0,
        "stake_covers": cover_of(access.group.pk, access.user.pk, now)[0] > 0,
        "money_under_way": coming_in > 0,
        "source_missing": left > 0 and source is None,
        "arrival_unknown": not way.is_possible,
    }
    return [code for code, is_so in found.items() if is_so]


def _sum(movements: QuerySet[Contribution] | QuerySet[Withdrawal]) -> int:
    total: int = movements.aggregate(sum=Sum("amount"))["sum"] or 0
    return total


def foresee_dissolution(
    stakes: Sequence[Stake], weights: Mapping[uuid.UUID, int] | None = None
) -> dict[uuid.UUID, int]:
    """Say what everybody in a group would get if it were dissolved, by their stakes or as agreed (fen, by person).

    :raises DebtsOpen: when something else was agreed, while somebody owes the others something.
    """
    if not weights:
        return {stake.user_id: stake.balance for stake in stakes}
    if any(stake.balance < 0 for stake in stakes):
        raise DebtsOpen
    shares = agreed_shares(stakes, weights)
    return {stake.user_id: shares[stake.account_id] for stake in stakes}


def agreed_shares(stakes: Sequence[Stake], weights: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, int]:
    """Split all there is by the weights that were agreed on; whoever has none gets nothing (fen, by account)."""
    total = sum(stake.balance for stake in stakes)
    return split(total, {stake.account_id: weights.get(stake.user_id, 0) for stake in stakes})


def plan_settlement(wallet: Wallet) -> list[Settlement[uuid.UUID]]:
    """Find the fewest transfers after which nobody has anything in the pool and nobody owes it anything.

    The pool is one of the parties, named by the wallet's id: it pays out what it holds.
    """
    stakes: Mapping[uuid.UUID | None, int] = stakes_by_holder(wallet.pk)
    balances = {holder: balance for holder, balance in stakes.items() if holder is not None}
    return settle({**balances, wallet.pk: -wallet.balance})
