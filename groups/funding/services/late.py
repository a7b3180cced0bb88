"""A payout that had failed, whose money went back to those who bore it, and that the rail has made after all.

The money has left, and the books say so: it is taken again from those who had it back, each as far as their stake goes,
never below zero. What is missing is a claim on them. Until it is collected, IN_TRANSIT is short of it: so much has left
that was not asked for. Operators collect it, and whoever takes their own stake out pays it first. The reference holds
that this happens once.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from groups.funding import events
from groups.funding.changes import payout
from groups.funding.errors import ClaimNotFound, NothingToCollect
from groups.funding.models import Claim, Withdrawal
from groups.funding.selectors import receiver_of
from groups.funding.services.movements import close_movement
from groups.rules.services import count_spend
from wallet.identity.models import User
from wallet.identity.rights import check_permission
from wallet.ledger.models import Account, Posting, Wallet
from wallet.ledger.selectors import get_stake, list_stakes, system_account
from wallet.ledger.services import EventDraft, credit, debit, lock_wallet, post_entry


@dataclass(frozen=True, slots=True)
class Part:
    """What one of those who bore a payout bears again (fen): taken from the stake, and missing there."""

    stake: Account
    holder_id: uuid.UUID
    taken: int
    missing: int


def settle_late(wallet: Wallet, withdrawal: Withdrawal, now: datetime) -> None:
    """Take again what has left after all, and open claims on what is missing."""
    is_shared = withdrawal.borne_by == Withdrawal.BorneBy.GROUP
    parts = [_part(stake, bears) for stake, bears in _list_bearers(withdrawal)]
    missing = sum(part.missing for part in parts)
    close_movement(withdrawal, Withdrawal.Status.SETTLED, now)
    withdrawal.late_at = now
    if is_shared and withdrawal.counted_in is None:
        withdrawal.counted_in = count_spend(withdrawal.group, withdrawal.user_id, withdrawal.amount, now)
    row = Withdrawal.objects.filter(group=wallet.pk, pk=withdrawal.pk)
    row.update(late_at=now, counted_in=withdrawal.counted_in)
    Claim.objects.bulk_create(
        Claim(
            group=withdrawal.group,
            withdrawal=withdrawal,
            user_id=part.holder_id,
            amount=part.missing,
            outstanding=part.missing,
            opened_at=now,
        )
        for part in parts
        if part.missing
    )
    kind, prefix = ("transfer_out", "transfer-out") if is_shared else ("withdrawal", "withdrawal")
    lines = [debit(part.stake, part.taken) for part in parts if part.taken]
    if missing:
        lines.append(debit(system_account(wallet, Account.Kind.IN_TRANSIT), missing))
    post_entry(
        wallet=wallet,
        kind=f"{kind}_settled_late",
        reference=f"{prefix}-late:{withdrawal.pk}",
        lines=[*lines, credit(system_account(wallet, Account.Kind.RAIL), withdrawal.amount)],
        event=_tell(withdrawal, missing, {part.holder_id: part.taken for part in parts}),
        memo=withdrawal.memo,
        now=now,
    )
    if not is_shared:
        payout.tell(wallet, withdrawal, now)


def _list_bearers(withdrawal: Withdrawal) -> list[tuple[Account, int]]:
    """List whose stakes it was taken from when it left, and how much of each (fen)."""
    wallet_id = withdrawal.group_id
    if withdrawal.borne_by == Withdrawal.BorneBy.OWN:
        return [(get_stake(wallet_id, withdrawal.user_id), withdrawal.amount)]
    lines = Posting.objects.filter(wallet=wallet_id, entry=withdrawal.entry_id, amount__lt=0)
    borne = dict(lines.values_list("account_id", "amount"))
    return [(stake, -borne[stake.pk]) for stake in list_stakes(wallet_id).filter(pk__in=borne)]


def _part(stake: Account, bears: int) -> Part:
    assert stake.holder_id is not None
    taken = min(bears, max(0, stake.balance or 0))
    return Part(stake, stake.holder_id, taken, bears - taken)


def _tell(withdrawal: Withdrawal, claimed: int, taken: Mapping[uuid.UUID, int]) -> EventDraft:
    told: dict[str, Any] = {
        "withdrawal": withdrawal.pk,
        "user": withdrawal.user_id,
        "source": receiver_of(withdrawal).label,
        "amount": withdrawal.amount,
        "claimed": claimed,
    }
    if withdrawal.borne_by == Withdrawal.BorneBy.OWN:
        return events.withdrawal_settled_late(**told)
    return events.transfer_settled_late(**told, shares=taken)


@transaction.atomic
def collect_claim(*, operator: User, group_id: uuid.UUID, claim_id: uuid.UUID, now: datetime) -> int:
    """Take what is owed from the stake of who owes it, as far as that goes, as an operator; say how much (fen).

    :raises OperatorNotAllowed: without the right to.
    :raises ClaimNotFound: when there is no such claim in the group.
    :raises NothingToCollect: when it is closed, or the stake is empty.
    """
    wallet = lock_wallet(group_id)
    check_permission(operator, "funding.collect_claim")
    claim = Claim.objects.filter(group=group_id, pk=claim_id).first()
    if claim is None:
        raise ClaimNotFound
    amount = _collect(wallet, claim, operator, now)
    if amount == 0:
        raise NothingToCollect
    return amount


def set_off_claims(wallet: Wallet, user: User, now: datetime) -> int:
    """Take what a member owes from their stake, oldest first, and say what is left there (fen), below zero included.

    Under the lock that the caller holds, who is about to pay the stake out.
    """
    for claim in Claim.objects.filter(group=wallet.pk, user=user, closed_at__isnull=True).order_by("id"):
        _collect(wallet, claim, None, now)
    return get_stake(wallet.pk, user.pk).balance or 0


def _collect(wallet: Wallet, claim: Claim, operator: User | None, now: datetime) -> int:
    """Take what is outstanding of a claim, as far as the stake goes; say how much (fen)."""
    stake = get_stake(wallet.pk, claim.user_id)
    amount = min(claim.outstanding, max(0, stake.balance or 0))
    if amount == 0:
        return 0
    outstanding = claim.outstanding - amount
    Claim.objects.filter(group=wallet.pk, pk=claim.pk).update(
        outstanding=outstanding, closed_at=None if outstanding else now
    )
    post_entry(
        wallet=wallet,
        kind="claim_collected",
        # What is outstanding only ever falls, so each step has a reference of its own.
        reference=f"claim:{claim.pk}:{claim.outstanding}",
        lines=[debit(stake, amount), credit(system_account(wallet, Account.Kind.IN_TRANSIT), amount)],
        event=events.claim_collected(
            actor=operator,
            claim=claim.pk,
            withdrawal=claim.withdrawal_id,
            user=claim.user_id,
            amount=amount,
            outstanding=outstanding,
        ),
        now=now,
    )
    return amount
