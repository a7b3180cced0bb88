"""Leaving and removing: the stake goes to its holder's own source, whole, and nobody is asked.

The membership ends and the stake leaves for the rail in one commit; from then on the member reads nothing and spends
nothing. Late money (a refund, a day's yield) that reaches the stake of somebody who left is sent after them.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from groups.funding.errors import SourceMissing
from groups.funding.models import Contribution, Movement, Withdrawal
from groups.funding.services import pay_out
from groups.members.errors import MoneyUnderWay
from groups.members.models import Membership
from groups.members.rights import Right
from groups.members.selectors import access_group, get_member
from groups.members.services import end_membership
from wallet.identity.models import User
from wallet.ledger.models import Account, Wallet
from wallet.ledger.selectors import get_stake
from wallet.ledger.services import lock_wallet
from wallet.rails.models import FundingSource
from wallet.rails.selectors import find_default_source, get_source

RETRY_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Parting:
    """A membership that ended, and the payout of its stake, where there was any."""

    membership: Membership
    withdrawal: Withdrawal | None


@transaction.atomic
def leave_group(*, actor: User, group_id: uuid.UUID, now: datetime, source_id: uuid.UUID | None = None) -> Parting:
    """Leave, taking the whole own stake to the own source (the default one, where none is named).

    :raises OwnerMustStay: for the owner.
    :raises MoneyUnderWay: while a contribution of the member is on its way in.
    :raises SourceMissing: when there is money and nowhere to send it.
    """
    wallet = lock_wallet(group_id)
    access = access_group(actor, group_id, Right.SEE)
    source = get_source(actor, source_id) if source_id else find_default_source(actor)
    return _part(wallet, access.membership, source, actor, now)


@transaction.atomic
def remove_member(*, actor: User, group_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> Parting:
    """Remove a member; their whole stake goes to their own default source.

    :raises NotAllowed: for anybody but the owner.
    :raises OwnerMustStay: when the owner is to be removed.
    :raises MoneyUnderWay: while a contribution of the member is on its way in.
    :raises SourceMissing: when there is money and nowhere to send it.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.REMOVE_MEMBERS)
    member = get_member(group_id, user_id)
    return _part(wallet, member, find_default_source(member.user), actor, now)


def _part(wallet: Wallet, member: Membership, source: FundingSource | None, actor: User, now: datetime) -> Parting:
    under_way = Contribution.objects.filter(group=wallet.pk, user=member.user_id, status=Movement.Status.REQUESTED)
    if under_way.exists():
        raise MoneyUnderWay
    stake = get_stake(wallet.pk, member.user_id).balance or 0
    withdrawal = None
    if stake > 0:
        if source is None:
            raise SourceMissing
        withdrawal = pay_out(
            wallet=wallet, group=member.group, user=member.user, source=source, amount=stake, actor=actor, now=now
        )
    end_membership(wallet=wallet, member=member, actor=actor, now=now)
    return Parting(member, withdrawal)


def pay_out_former_members(*, now: datetime, limit: int = 200) -> int:
    """Send late money after those who left, one wallet at a time; say how many payouts were made.

    Somebody without a linked source keeps the money in the stake until one is linked. What came back because the rail
    refused it waits a day before it is tried again.
    """
    former = Account.objects.filter(
        kind=Account.Kind.STAKE,
        balance__gt=0,
        holder__memberships__group=F("wallet_id"),
        holder__memberships__left_at__isnull=False,
        holder__sources__unlinked_at__isnull=True,
        holder__sources__isnull=False,
    ).distinct()
    paid = 0
    for wallet_id, holder_id in former.order_by("wallet_id", "id").values_list("wallet_id", "holder_id")[:limit]:
        paid += _pay_out_former_member(wallet_id, holder_id, now)
    return paid


@transaction.atomic
def _pay_out_former_member(wallet_id: uuid.UUID, holder_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(wallet_id)
    membership = Membership.objects.select_related("group", "user").get(group=wallet_id, user=holder_id)
    source = find_default_source(membership.user)
    stake = get_stake(wallet_id, holder_id).balance or 0
    returned = Withdrawal.objects.filter(
        group=wallet_id, user=holder_id, status=Movement.Status.FAILED, final_at__gt=now - RETRY_AFTER
    )
    if membership.is_current or source is None or stake <= 0 or returned.exists():
        return False
    pay_out(
        wallet=wallet, group=membership.group, user=membership.user, source=source, amount=stake, actor=None, now=now
    )
    return True
