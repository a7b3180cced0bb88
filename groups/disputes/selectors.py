"""Reads of disputes and legal holds, and of what is held of whom."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum

from groups.disputes.errors import DisputeNotFound, LegalHoldNotFound
from groups.disputes.models import Dispute, LegalHold
from groups.funding.models import Withdrawal
from groups.spending.changes import Contest
from groups.spending.models import Payment
from wallet.ledger import clock
from wallet.ledger.models import Posting, Wallet
from wallet.ledger.remains import read_shares
from wallet.ledger.selectors import get_stake


def list_disputes(group_id: uuid.UUID) -> QuerySet[Dispute]:
    """List the disputes of a group, those that have ended included."""
    return Dispute.objects.filter(group=group_id)


def get_dispute(group_id: uuid.UUID, dispute_id: uuid.UUID) -> Dispute:
    """Get a dispute of a group.

    :raises DisputeNotFound: when there is none.
    """
    dispute = list_disputes(group_id).filter(pk=dispute_id).first()
    if dispute is None:
        raise DisputeNotFound
    return dispute


def get_legal_hold(group_id: uuid.UUID, hold_id: uuid.UUID) -> LegalHold:
    """Get a legal hold on a group's wallet.

    :raises LegalHoldNotFound: when there is none.
    """
    hold = LegalHold.objects.filter(group=group_id, pk=hold_id).first()
    if hold is None:
        raise LegalHoldNotFound
    return hold


def held_of(group_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """Sum what is held of a member's money now (fen), by disputes and by legal holds."""
    contested = Dispute.objects.filter(group=group_id, respondent=user_id, status=Dispute.Status.OPEN)
    ordered = LegalHold.objects.filter(group=group_id, user=user_id, status=LegalHold.Status.ACTIVE)
    sums = contested.aggregate(sum=Sum("held"))["sum"], ordered.aggregate(sum=Sum("amount"))["sum"]
    return sum(each or 0 for each in sums)


def parties_of(dispute: Dispute) -> dict[str, Any]:
    """Say whose dispute it is and what about, as its events tell."""
    return {
        "dispute": dispute.pk,
        "user": dispute.user_id,
        "respondent": dispute.respondent_id,
        "payment": dispute.payment_id,
        "withdrawal": dispute.withdrawal_id,
    }


def contested_entry(dispute: Dispute) -> uuid.UUID:
    """Find the entry by which the group bore what is contested."""
    if dispute.payment_id:
        payments = Payment.objects.filter(group=dispute.group_id, pk=dispute.payment_id)
        entry_id = payments.values_list("entry_id", flat=True).get()
    else:
        assert dispute.withdrawal_id is not None
        withdrawals = Withdrawal.objects.filter(group=dispute.group_id, pk=dispute.withdrawal_id)
        entry_id = withdrawals.values_list("entry_id", flat=True).get()
    assert entry_id is not None, "only what was borne is contested"
    return entry_id


def share_left(wallet: Wallet, entry_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """Read from the postings what a member bears of an entry and has not had back (fen), under the lock."""
    return read_shares(wallet.pk, entry_id).get(user_id, 0)


def part_of(wallet: Wallet, entry_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """Read from the postings what an entry brought a member (fen)."""
    stake = get_stake(wallet.pk, user_id)
    part: int = Posting.objects.filter(wallet=wallet, entry=entry_id, account=stake).aggregate(sum=Sum("amount"))["sum"]
    return part or 0


def contests_of(group_id: uuid.UUID, payment_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Contest]:
    """Say what was contested of these payments, for who wants to share one anew.

    What somebody was awarded has been made up for by the respondent, until it has come back and was passed on: a share
    that was moved before would be had twice.
    """
    found: dict[uuid.UUID, Contest] = {}
    for dispute in list_disputes(group_id).filter(payment__in=payment_ids):
        assert dispute.payment_id is not None
        known = found.get(dispute.payment_id, Contest())
        is_open = known.is_open or outcome_at(dispute, clock.database_now()) == Dispute.Status.OPEN
        awarded = {dispute.user_id} if (dispute.awarded or 0) > dispute.repaid else set()
        found[dispute.payment_id] = Contest(is_open, known.decided | awarded)
    return found


def outcome_at(dispute: Dispute, now: datetime) -> str:
    """Say what a dispute is at a moment: past its deadline it has expired, whether or not beat has closed it."""
    is_over = dispute.status == Dispute.Status.OPEN and now >= dispute.deadline_at
    return Dispute.Status.EXPIRED if is_over else dispute.status


def is_release_asked(hold: LegalHold) -> bool:
    """Say whether somebody has asked for a hold's release and waits for the answer."""
    return hold.release_asked_by_id is not None and hold.release_declined_by_id is None


def status_at(hold: LegalHold, now: datetime) -> str:
    """Say what a legal hold is at a moment: past its end it has ended, whether or not beat has given the money back."""
    is_over = hold.status == LegalHold.Status.ACTIVE and now >= hold.ends_at
    return LegalHold.Status.ENDED if is_over else hold.status
