"""A legal hold on one member's share: one operator asks, another approves; it ends by itself, or by two people again.

What is asked for moves nothing and tells nobody. Approved, the amount goes from the stake to HELD, all of it or none.
The group is told whose money is held and how much; the order, its reason and the operators stand in the row alone.
"""

import uuid
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from groups.disputes import events
from groups.disputes.errors import (
    LegalHoldEndWrong,
    LegalHoldNeedsAnother,
    LegalHoldStepClosed,
    LegalHoldTooLarge,
)
from groups.disputes.models import LegalHold
from groups.disputes.selectors import get_legal_hold, is_release_asked, status_at
from groups.members.errors import MemberNotFound
from groups.members.models import Membership
from wallet.identity.models import User
from wallet.identity.rights import check_permission
from wallet.ledger.models import Account, Wallet
from wallet.ledger.selectors import get_stake, system_account
from wallet.ledger.services import credit, debit, lock_wallet, post_entry
from wallet.ledger.sweeps import sweep

ASK, APPROVE = "disputes.ask_legal_hold", "disputes.approve_legal_hold"
Status = LegalHold.Status


@transaction.atomic
def ask_legal_hold(
    *,
    operator: User,
    group_id: uuid.UUID,
    user_id: uuid.UUID,
    amount: int,
    order_reference: str,
    reason: str,
    ends_at: datetime,
    now: datetime,
) -> LegalHold:
    """Ask for a hold of an amount (fen, > 0) of a member's share, also of somebody's who has left.

    :raises OperatorNotAllowed: without the right to ask.
    :raises MemberNotFound: when the person never was in the group.
    :raises LegalHoldEndWrong: when it would end in the past, or later than `LEGAL_HOLD_DAYS_MAX` from now.
    """
    lock_wallet(group_id)
    check_permission(operator, ASK)
    check_terms(group_id=group_id, user_id=user_id, ends_at=ends_at, now=now)
    return LegalHold.objects.create(
        group_id=group_id,
        user_id=user_id,
        amount=amount,
        order_reference=order_reference,
        reason=reason,
        asked_by=operator,
        created_at=now,
        ends_at=ends_at,
    )


def check_terms(*, group_id: uuid.UUID, user_id: uuid.UUID, ends_at: datetime, now: datetime) -> None:
    """Refuse what cannot be asked for.

    :raises MemberNotFound: when the person never was in the group.
    :raises LegalHoldEndWrong: when it would end in the past, or later than `LEGAL_HOLD_DAYS_MAX` from now.
    """
    if not Membership.objects.filter(group=group_id, user=user_id).exists():
        raise MemberNotFound
    if not now < ends_at <= now + timedelta(days=settings.LEGAL_HOLD_DAYS_MAX):
        raise LegalHoldEndWrong(days=settings.LEGAL_HOLD_DAYS_MAX)


@transaction.atomic
def approve_legal_hold(*, operator: User, group_id: uuid.UUID, hold_id: uuid.UUID, now: datetime) -> LegalHold:
    """Place what another operator has asked for: the amount is held from now on.

    :raises OperatorNotAllowed: without the right to approve.
    :raises LegalHoldStepClosed: when it was answered.
    :raises LegalHoldNeedsAnother: when the operator asked for it.
    :raises LegalHoldEndWrong: when its end has come meanwhile.
    :raises LegalHoldTooLarge: when the member's stake is smaller.
    """
    wallet = lock_wallet(group_id)
    hold = _get_to_answer(operator, group_id, hold_id, now)
    if now >= hold.ends_at:
        raise LegalHoldEndWrong(days=settings.LEGAL_HOLD_DAYS_MAX)
    stake = get_stake(wallet.pk, hold.user_id)
    if hold.amount > (stake.balance or 0):
        raise LegalHoldTooLarge(available=max(0, stake.balance or 0))
    _update(hold, status=Status.ACTIVE, answered_by=operator, answered_at=now)
    post_entry(
        wallet=wallet,
        kind="legal_hold_placed",
        reference=f"legal-hold:{hold.pk}",
        lines=[debit(stake, hold.amount), credit(system_account(wallet, Account.Kind.HELD), hold.amount)],
        event=events.legal_hold_placed(user=hold.user_id, amount=hold.amount),
        now=now,
    )
    return hold


@transaction.atomic
def decline_legal_hold(*, operator: User, group_id: uuid.UUID, hold_id: uuid.UUID, now: datetime) -> LegalHold:
    """Decline what another operator has asked for; nothing is held.

    :raises OperatorNotAllowed: without the right to approve.
    :raises LegalHoldStepClosed: when it was answered.
    :raises LegalHoldNeedsAnother: when the operator asked for it.
    """
    lock_wallet(group_id)
    hold = _get_to_answer(operator, group_id, hold_id, now)
    _update(hold, status=Status.DECLINED, answered_by=operator, answered_at=now)
    return hold


@transaction.atomic
def ask_release(*, operator: User, group_id: uuid.UUID, hold_id: uuid.UUID, now: datetime) -> LegalHold:
    """Ask that a hold be released before its end; anew, where it was declined.

    :raises OperatorNotAllowed: without the right to ask.
    :raises LegalHoldStepClosed: when it is not active, or a request waits for its answer.
    """
    lock_wallet(group_id)
    check_permission(operator, ASK)
    hold = get_legal_hold(group_id, hold_id)
    _check_status(hold, Status.ACTIVE, now)
    if is_release_asked(hold):
        raise LegalHoldStepClosed(status="release_asked")
    _update(hold, release_asked_by=operator, release_asked_at=now, release_declined_by=None, release_declined_at=None)
    return hold


@transaction.atomic
def approve_release(*, operator: User, group_id: uuid.UUID, hold_id: uuid.UUID, now: datetime) -> LegalHold:
    """Release a hold, as another operator has asked: the money is the member's again.

    :raises OperatorNotAllowed: without the right to approve.
    :raises LegalHoldStepClosed: when it is not active, or no request waits for an answer.
    :raises LegalHoldNeedsAnother: when the operator asked for it.
    """
    wallet = lock_wallet(group_id)
    hold = _get_to_release(operator, group_id, hold_id, now)
    _update(hold, status=Status.RELEASED, released_by=operator, ended_at=now)
    _give_back(wallet, hold, now)
    return hold


@transaction.atomic
def decline_release(*, operator: User, group_id: uuid.UUID, hold_id: uuid.UUID, now: datetime) -> LegalHold:
    """Decline a release that another operator has asked for: the hold goes on to its end, or to the next request.

    :raises OperatorNotAllowed: without the right to approve.
    :raises LegalHoldStepClosed: when it is not active, or no request waits for an answer.
    :raises LegalHoldNeedsAnother: when the operator asked for it.
    """
    lock_wallet(group_id)
    hold = _get_to_release(operator, group_id, hold_id, now)
    _update(hold, release_declined_by=operator, release_declined_at=now)
    return hold


def end_legal_holds(*, now: datetime, limit: int = 200) -> int:
    """Give back what was held until now, one wallet at a time; say how many holds have ended."""
    due = LegalHold.objects.filter(status=Status.ACTIVE, ends_at__lte=now).order_by("ends_at", "id")
    return sweep(due.values_list("group_id", "pk")[:limit], partial(_end, now=now))


@transaction.atomic
def _end(group_id: uuid.UUID, hold_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    hold = get_legal_hold(group_id, hold_id)
    if hold.status != Status.ACTIVE or now < hold.ends_at:
        return False
    _update(hold, status=Status.ENDED, ended_at=now)
    _give_back(wallet, hold, now)
    return True


def _give_back(wallet: Wallet, hold: LegalHold, now: datetime) -> None:
    held, stake = system_account(wallet, Account.Kind.HELD), get_stake(wallet.pk, hold.user_id)
    post_entry(
        wallet=wallet,
        kind="legal_hold_released",
        reference=f"legal-hold-end:{hold.pk}",
        lines=[debit(held, hold.amount), credit(stake, hold.amount)],
        event=events.legal_hold_released(user=hold.user_id, amount=hold.amount),
        now=now,
    )


def _get_to_answer(operator: User, group_id: uuid.UUID, hold_id: uuid.UUID, now: datetime) -> LegalHold:
    check_permission(operator, APPROVE)
    hold = get_legal_hold(group_id, hold_id)
    _check_status(hold, Status.ASKED, now)
    if hold.asked_by_id == operator.pk:
        raise LegalHoldNeedsAnother
    return hold


def _get_to_release(operator: User, group_id: uuid.UUID, hold_id: uuid.UUID, now: datetime) -> LegalHold:
    check_permission(operator, APPROVE)
    hold = get_legal_hold(group_id, hold_id)
    _check_status(hold, Status.ACTIVE, now)
    if not is_release_asked(hold):
        raise LegalHoldStepClosed(status=hold.status)
    if hold.release_asked_by_id == operator.pk:
        raise LegalHoldNeedsAnother
    return hold


def _check_status(hold: LegalHold, expected: str, now: datetime) -> None:
    if (status := status_at(hold, now)) != expected:
        raise LegalHoldStepClosed(status=str(status))


def _update(hold: LegalHold, **changes: object) -> None:
    for name, value in changes.items():
        setattr(hold, name, value)
    LegalHold.objects.filter(group=hold.group_id, pk=hold.pk).update(**changes)
