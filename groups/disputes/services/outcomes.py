"""How a dispute ends: once, under the lock, with one entry.

Conceded or upheld, who contested gets what they bear of it and have not had back by then, up to the contested amount;
first from what is held, then from the respondent's stake as far as that goes. What is held beyond it goes back to the
respondent; all of it where the dispute is withdrawn, dismissed, or open at its deadline.

A deadline that has passed decides, also where beat has not come by yet: nothing said later counts. The two can agree in
a group that has closed as well: what is held of one of them is still somebody's.
"""

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from groups.disputes import events
from groups.disputes.errors import AwardTooLarge, DisputeClosed, DisputeNotYours, ReasonMissing
from groups.disputes.models import Dispute
from groups.disputes.selectors import contested_entry, get_dispute, outcome_at, parties_of, share_left
from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.identity.models import User
from wallet.identity.rights import check_permission
from wallet.ledger.models import Account, Wallet
from wallet.ledger.selectors import get_stake, system_account
from wallet.ledger.services import Line, credit, debit, lock_wallet, post_entry, record_event
from wallet.ledger.sweeps import sweep

Status = Dispute.Status
STILL_OPEN = Q(status=Status.OPEN)


@transaction.atomic
def concede(*, actor: User, group_id: uuid.UUID, dispute_id: uuid.UUID, now: datetime) -> Dispute:
    """Give in, as the respondent: the contested amount goes to who contested it.

    :raises DisputeNotYours: for anybody but the respondent.
    :raises DisputeClosed: when it has ended.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.SEE)
    dispute = get_dispute(group_id, dispute_id)
    if dispute.respondent_id != actor.pk:
        raise DisputeNotYours
    _check_open(dispute, now)
    return _end(wallet, dispute, Status.CONCEDED, asked=dispute.amount, actor=actor, now=now)


@transaction.atomic
def withdraw(*, actor: User, group_id: uuid.UUID, dispute_id: uuid.UUID, now: datetime) -> Dispute:
    """Take a dispute back, as who opened it: what is held goes back to the respondent.

    :raises DisputeNotYours: for anybody but who opened it.
    :raises DisputeClosed: when it has ended.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.SEE)
    dispute = get_dispute(group_id, dispute_id)
    if dispute.user_id != actor.pk:
        raise DisputeNotYours
    _check_open(dispute, now)
    return _end(wallet, dispute, Status.WITHDRAWN, asked=0, actor=actor, now=now)


@transaction.atomic
def decide_dispute(
    *,
    operator: User,
    group_id: uuid.UUID,
    dispute_id: uuid.UUID,
    uphold: bool,
    reason: str,
    now: datetime,
    amount: int | None = None,
) -> Dispute:
    """Uphold a dispute, whole or to an amount (fen, > 0), or dismiss it, as an operator. The group reads the reason.

    :raises OperatorNotAllowed: without the right to decide disputes.
    :raises ReasonMissing: without a reason.
    :raises DisputeClosed: when it has ended.
    :raises AwardTooLarge: when the amount is more than was contested.
    """
    wallet = lock_wallet(group_id)
    check_permission(operator, "disputes.decide_dispute")
    dispute = get_dispute(group_id, dispute_id)
    _check_open(dispute, now)
    asked = dispute.amount if amount is None else amount
    if not reason.strip():
        raise ReasonMissing
    assert asked > 0, asked
    if asked > dispute.amount:
        raise AwardTooLarge(contested=dispute.amount)
    outcome, asked = (Status.UPHELD, asked) if uphold else (Status.DISMISSED, 0)
    return _end(wallet, dispute, outcome, asked=asked, actor=operator, reason=reason.strip(), now=now)


def expire_disputes(*, now: datetime, limit: int = 200) -> int:
    """Close what nobody has answered until the deadline, one wallet at a time; say how many were closed."""
    due = Dispute.objects.filter(STILL_OPEN, deadline_at__lte=now).order_by("deadline_at", "id")
    return sweep(due.values_list("group_id", "pk")[:limit], partial(_expire, now=now))


@transaction.atomic
def _expire(group_id: uuid.UUID, dispute_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    dispute = get_dispute(group_id, dispute_id)
    if dispute.status != Status.OPEN or now < dispute.deadline_at:
        return False
    _end(wallet, dispute, Status.EXPIRED, asked=0, actor=None, now=now)
    return True


def _check_open(dispute: Dispute, now: datetime) -> None:
    if (outcome := outcome_at(dispute, now)) != Status.OPEN:
        raise DisputeClosed(outcome=str(outcome))


def _end(
    wallet: Wallet, dispute: Dispute, outcome: str, *, asked: int, actor: User | None, now: datetime, reason: str = ""
) -> Dispute:
    """End a dispute: note the outcome, move the money, tell the group."""
    stake = get_stake(wallet.pk, dispute.respondent_id)
    reach = dispute.held + max(0, stake.balance or 0)
    dispute.awarded = min(asked, reach, _unreturned(wallet, dispute)) if asked else 0
    dispute.status, dispute.ended_by, dispute.ended_at, dispute.decision_reason = outcome, actor, now, reason
    # The lock lets nobody come between; should it ever fail, the row itself ends once.
    row = Dispute.objects.filter(STILL_OPEN, group=dispute.group_id, pk=dispute.pk)
    ended = row.update(status=outcome, awarded=dispute.awarded, ended_by=actor, ended_at=now, decision_reason=reason)
    if not ended:
        raise DisputeClosed(outcome=get_dispute(dispute.group_id, dispute.pk).status)
    _move(wallet, dispute, stake, now)
    return dispute


def _unreturned(wallet: Wallet, dispute: Dispute) -> int:
    """Say what who contested bears of it now: a merchant may have given back meanwhile, or the rail."""
    return share_left(wallet, contested_entry(dispute), dispute.user_id)


def _move(wallet: Wallet, dispute: Dispute, stake: Account, now: datetime) -> None:
    awarded = dispute.awarded or 0
    told = _describe(dispute, awarded)
    lines = _list_lines(wallet, dispute, stake, awarded)
    if not lines:
        record_event(wallet=wallet, event=events.dispute_closed_unfunded(**told), now=now)
        return
    post_entry(
        wallet=wallet,
        kind="dispute_upheld" if awarded else "dispute_returned",
        reference=outcome_reference(dispute),
        lines=lines,
        event=events.dispute_upheld(**told) if awarded else events.dispute_closed(**told),
        now=now,
    )


def _list_lines(wallet: Wallet, dispute: Dispute, stake: Account, awarded: int) -> list[Line]:
    lines, back = [], dispute.held - awarded
    if dispute.held:
        lines.append(debit(system_account(wallet, Account.Kind.HELD), dispute.held))
    if awarded:
        lines.append(credit(get_stake(wallet.pk, dispute.user_id), awarded))
    if back:
        lines.append(credit(stake, back) if back > 0 else debit(stake, -back))
    return lines


def _describe(dispute: Dispute, awarded: int) -> dict[str, Any]:
    return {
        **parties_of(dispute),
        # Members read why an operator decided so; who that was stands in the row.
        "actor": None if dispute.decision_reason else dispute.ended_by,
        "outcome": dispute.status,
        "reason": dispute.decision_reason,
        "amount": dispute.amount,
        "awarded": awarded,
        "returned": max(0, dispute.held - awarded),
    }


def outcome_reference(dispute: Dispute) -> str:
    """Name the end of a dispute in the books; a wallet has it once."""
    return f"dispute-outcome:{dispute.pk}"
