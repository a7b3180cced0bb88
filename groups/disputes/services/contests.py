"""A member contests the own share of what somebody else spent: a payment, or a transfer out that the group bears.

Only that amount is held, and from the stake of who made it (docs/decisions/0011). Who bore which share is read from the
postings, so a refund counts, and a sharing rule that was changed since does not. Before a transfer has left there is no
share yet; what stops it then is an objection (`groups.funding`).
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from groups.disputes import events
from groups.disputes.errors import (
    ContestedBefore,
    ContestedTooMuch,
    DisputeWindowOver,
    NothingToContest,
    OwnPayment,
    OwnTransfer,
    TransferNotLeft,
)
from groups.disputes.models import Dispute
from groups.disputes.selectors import parties_of, share_left
from groups.funding.models import Withdrawal
from groups.funding.selectors import get_withdrawal
from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.spending.models import Payment
from groups.spending.selectors import get_payment
from wallet.identity.models import User
from wallet.ledger.models import Account, Entry, Wallet
from wallet.ledger.selectors import get_stake, system_account
from wallet.ledger.services import credit, debit, lock_wallet, post_entry, record_event


@transaction.atomic
def contest(
    *,
    actor: User,
    group_id: uuid.UUID,
    reason: str,
    now: datetime,
    payment_id: uuid.UUID | None = None,
    withdrawal_id: uuid.UUID | None = None,
    amount: int | None = None,
) -> Dispute:
    """Contest the own share of a payment or of a withdrawal that the group bears, and hold as much as there is.

    One of the two is named; all of the share is contested, where no amount (fen, > 0) is named.

    :raises PaymentNotFound: and `WithdrawalNotFound`, when there is no such thing in the group.
    :raises OwnPayment: and `OwnTransfer`, when the actor made it.
    :raises TransferNotLeft: while others can still object to it.
    :raises ContestedBefore: when the actor has contested it, however that ended.
    :raises DisputeWindowOver: later than `DISPUTE_WINDOW_DAYS` after it.
    :raises NothingToContest: when the actor bears nothing of it.
    :raises ContestedTooMuch: when the amount is more than the actor bears of it.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.DISPUTE)
    assert (payment_id is None) != (withdrawal_id is None), "one thing is contested"
    payment = get_payment(group_id, payment_id) if payment_id else None
    withdrawal = get_withdrawal(group_id, withdrawal_id) if withdrawal_id else None
    contested = payment or withdrawal
    assert contested is not None
    left = _judge(wallet, contested, actor, now)
    amount = left if amount is None else amount
    if amount > left:
        raise ContestedTooMuch(left=left)
    stake = get_stake(wallet.pk, contested.user_id)
    dispute = Dispute.objects.create(
        group_id=wallet.pk,
        user=actor,
        respondent_id=contested.user_id,
        payment=payment,
        withdrawal=withdrawal,
        amount=amount,
        held=min(amount, max(0, stake.balance or 0)),
        reason=reason,
        created_at=now,
        deadline_at=now + timedelta(days=settings.DISPUTE_LIFE_DAYS),
    )
    _hold(wallet, dispute, stake, now)
    return dispute


def _judge(wallet: Wallet, contested: Payment | Withdrawal, actor: User, now: datetime) -> int:
    """Judge whether the actor may contest it, and say up to how much (fen)."""
    is_payment = isinstance(contested, Payment)
    if contested.user_id == actor.pk:
        raise OwnPayment if is_payment else OwnTransfer
    this = {"payment": contested} if is_payment else {"withdrawal": contested}
    if Dispute.objects.filter(group=wallet.pk, user=actor, **this).exists():
        raise ContestedBefore
    if contested.status == Withdrawal.Status.WAITING:
        raise TransferNotLeft
    entry = Entry.objects.get(wallet=wallet, pk=contested.entry_id) if contested.entry_id else None
    # What waited for objections counts from when it left.
    if entry is not None and now - entry.posted_at > timedelta(days=settings.DISPUTE_WINDOW_DAYS):
        raise DisputeWindowOver(days=settings.DISPUTE_WINDOW_DAYS)
    left = share_left(wallet, entry.pk, actor.pk) if entry is not None else 0
    if not left:
        raise NothingToContest
    return left


def _hold(wallet: Wallet, dispute: Dispute, stake: Account, now: datetime) -> None:
    told: dict[str, Any] = {
        **parties_of(dispute),
        "actor": dispute.user_id,
        "deadline_at": dispute.deadline_at,
        "default": dispute.DEFAULT,
        "amount": dispute.amount,
        "held": dispute.held,
    }
    if not dispute.held:
        record_event(wallet=wallet, event=events.dispute_opened_unfunded(**told), now=now)
        return
    held = system_account(wallet, Account.Kind.HELD)
    post_entry(
        wallet=wallet,
        kind="dispute_held",
        reference=f"dispute:{dispute.pk}",
        lines=[debit(stake, dispute.held), credit(held, dispute.held)],
        event=events.dispute_opened(**told),
        now=now,
    )
