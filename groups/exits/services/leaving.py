"""Leaving and being removed: the stake goes to its holder's own source, whole. Whoever leaves asks nobody.

The membership ends and the stake leaves for the rail in one commit; from then on the member reads nothing and spends
nothing. Late money (a refund, a day's yield) that reaches the stake of somebody who left is sent after them.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from groups.exits.errors import DebtOpen, LeavingAlready
from groups.exits.models import Leaving
from groups.exits.selectors import list_under_way
from groups.funding.errors import ArrivalUnknown, SourceMissing
from groups.funding.models import Withdrawal
from groups.funding.services import check_cover, pay_out, set_off_claims
from groups.members.errors import MoneyUnderWay, OwnerMustStay
from groups.members.models import Membership
from groups.members.rights import Right
from groups.members.selectors import access_group, list_members
from groups.members.services import end_membership
from groups.rules.errors import DebtsOpen
from wallet.identity.models import User
from wallet.ledger.models import Account, Wallet
from wallet.ledger.selectors import get_stake
from wallet.ledger.services import lock_wallet
from wallet.ledger.sweeps import sweep
from wallet.rails.models import FundingSource
from wallet.rails.selectors import find_default_source, find_payout_source, get_source

RETRY_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Parting:
    """A membership that ended, and the payout of its stake, where there was any."""

    membership: Membership
    withdrawal: Withdrawal | None


@transaction.atomic
def leave_group(
    *,
    actor: User,
    group_id: uuid.UUID,
    now: datetime,
    source_id: uuid.UUID | None = None,
    is_discreet: bool = False,
) -> Parting:
    """Leave, taking the whole own stake to the own source (the default one, where none is named).

    What the member owes by a claim is taken from it first; what is left of the claim stays open, and takes late money.

    Discreetly, the others see a payout like any other, and that the member has left only after it has settled.

    :raises OwnerMustStay: for the owner.
    :raises DebtOpen: while the member owes the others something.
    :raises MoneyUnderWay: while a contribution of the member is on its way in.
    :raises SourceMissing: when there is money and nowhere to send it.
    :raises StakeCovers: while the stake stands for what others bear unasked.
    :raises LeavingAlready: when a discreet leaving is under way.
    :raises ArrivalUnknown: when the stake is too much for the fast way, and the ordinary one has no day yet.
    :raises RailUnavailable: when nobody serves the source's rail.
    """
    wallet = lock_wallet(group_id)
    member = access_group(actor, group_id, Right.SEE).membership
    if member.role == Membership.Role.OWNER:
        raise OwnerMustStay
    source = get_source(actor, source_id) if source_id else find_default_source(actor)
    stake = set_off_claims(wallet, actor, now)
    _check_may_leave(member, stake, source)
    check_cover(wallet, actor, stake, now)
    paid = None
    if stake and source:
        paid = pay_out(wallet=wallet, group=member.group, user=actor, source=source, amount=stake, actor=actor, now=now)
    if paid and is_discreet:
        Leaving.objects.create(group=member.group, user=actor, withdrawal=paid, asked_at=now)
    else:
        end_membership(wallet=wallet, member=member, actor=actor, now=now)
    return Parting(member, paid)


def _check_may_leave(member: Membership, stake: int, source: FundingSource | None) -> None:
    if Leaving.objects.filter(group=member.group_id, user=member.user_id, ended_at__isnull=True).exists():
        raise LeavingAlready
    if stake < 0:
        raise DebtOpen(owed=-stake)
    if list_under_way(member.group_id, member.user_id).exists():
        raise MoneyUnderWay
    if stake and source is None:
        raise SourceMissing


def hear_payout(wallet: Wallet, withdrawal: Withdrawal, now: datetime) -> None:
    """Let a discreet leaving end with its payout; if the money came back, the member has not left.

    Nor has whoever owes the others something by now: nobody leaves a debt behind by leaving discreetly.
    """
    leaving = Leaving.objects.filter(group=wallet.pk, withdrawal=withdrawal, ended_at__isnull=True).first()
    if leaving is None:
        return
    Leaving.objects.filter(group=wallet.pk, pk=leaving.pk).update(ended_at=now)
    member = list_members(wallet.pk).select_related("group").filter(user=leaving.user_id).first()
    is_paid = withdrawal.status == Withdrawal.Status.SETTLED
    owes = (get_stake(wallet.pk, leaving.user_id).balance or 0) < 0
    if is_paid and not owes and member is not None and member.role != Membership.Role.OWNER:
        end_membership(wallet=wallet, member=member, actor=member.user, now=now)


def remove_member(*, wallet: Wallet, member: Membership, actor: User, now: datetime) -> Parting:
    """Remove a member, as the others have voted; the whole stake goes to the member's own default source.

    Where there is none, or nobody serves its rail, it stays theirs, like money that is still under way, and follows
    them as late money.

    :raises OwnerMustStay: when the owner is to be removed.
    :raises DebtsOpen: when the member owes the others something.
    :raises ArrivalUnknown: as when somebody leaves.
    """
    stake = set_off_claims(wallet, member.user, now)
    if stake < 0:
        raise DebtsOpen
    source, withdrawal = find_payout_source(member.user), None
    if stake and source:
        withdrawal = pay_out(
            wallet=wallet, group=member.group, user=member.user, source=source, amount=stake, actor=actor, now=now
        )
    end_membership(wallet=wallet, member=member, actor=actor, now=now)
    return Parting(member, withdrawal)


def pay_out_former_members(*, now: datetime, limit: int = 200) -> int:
    """Send late money after those who left and out of groups that are closed; say how many payouts were made.

    Somebody without a linked source keeps the money in the stake until one is linked, and so does somebody whose
    source's rail is not served. What came back because the rail refused it waits a day before it is tried again, and
    keeps nobody else waiting. What is too much for the fast way, while the ordinary one has no day yet, waits too.
    """
    returned = _list_returned(OuterRef("wallet_id"), OuterRef("holder_id"), now)
    former = Account.objects.filter(
        ~Exists(returned),
        Q(holder__memberships__left_at__isnull=False) | Q(holder__memberships__group__archived_at__isnull=False),
        kind=Account.Kind.STAKE,
        balance__gt=0,
        holder__memberships__group=F("wallet_id"),
        holder__sources__unlinked_at__isnull=True,
        holder__sources__isnull=False,
    ).distinct()
    due = former.order_by("wallet_id", "id").values_list("wallet_id", "holder_id")
    return sweep(due[:limit], partial(_pay_out_former_member, now=now))


def _list_returned(wallet_id: Any, holder_id: Any, now: datetime) -> QuerySet[Withdrawal]:
    """List what came back to somebody within the last day."""
    failed = Withdrawal.objects.filter(group=wallet_id, user=holder_id, status=Withdrawal.Status.FAILED)
    return failed.filter(final_at__gt=now - RETRY_AFTER)


@transaction.atomic
def _pay_out_former_member(wallet_id: uuid.UUID, holder_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(wallet_id)
    membership = Membership.objects.select_related("group", "user").get(group=wallet_id, user=holder_id)
    source = find_payout_source(membership.user)
    returned = _list_returned(wallet_id, holder_id, now)
    is_in = membership.is_current and membership.group.archived_at is None
    if is_in or source is None or returned.exists():
        return False
    stake = set_off_claims(wallet, membership.user, now)
    if stake <= 0:
        return False
    try:
        pay_out(
            wallet=wallet,
            group=membership.group,
            user=membership.user,
            source=source,
            amount=stake,
            actor=None,
            now=now,
        )
    except ArrivalUnknown:
        return False
    return True
