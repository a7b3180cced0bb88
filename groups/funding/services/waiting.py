"""Money of everybody's that is announced: it leaves when its hours are over, unless somebody stops it.

Whoever has a say in the pool's money may object, whoever asked may take it back, and it is off when they leave or the
group closes. When it leaves, everything is judged again.
"""

import uuid
from datetime import datetime
from functools import partial

from django.db import transaction

from groups.funding import events
from groups.funding.errors import NotWaiting, WithdrawalNotFound
from groups.funding.models import Withdrawal
from groups.funding.services.movements import close_movement
from groups.funding.services.shared import Status, list_shared, send, told, update
from groups.members.errors import NotAllowed
from groups.members.models import Membership
from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.proposals.errors import NotEligible
from groups.proposals.quorums import everybody
from groups.proposals.selectors import list_electors
from wallet.identity.models import User
from wallet.ledger import clock
from wallet.ledger.errors import WalletBusy
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event
from wallet.ledger.sweeps import sweep
from wallet.rails.errors import RailUnavailable
from wallet.rails.selectors import get_source
from wallet.refusals import Refusal


@transaction.atomic
def object_to(*, actor: User, group_id: uuid.UUID, withdrawal_id: uuid.UUID, now: datetime) -> Withdrawal:
    """Stop an announced withdrawal before it leaves. Objecting again changes nothing.

    :raises NotEligible: for the one who asked, and for whoever has no say in the pool's money.
    :raises NotWaiting: when it has left, was stopped otherwise, or its hours are over.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.SEE)
    withdrawal = get_shared(group_id, withdrawal_id)
    if withdrawal.status == Status.STOPPED and withdrawal.objector_id == actor.pk:
        return withdrawal
    if actor.pk not in everybody(list_electors(group_id), but=[withdrawal.user_id]).voters:
        raise NotEligible
    _check_waiting(withdrawal)
    withdrawal.objector = actor
    update(withdrawal, objector=actor)
    close_movement(withdrawal, Status.STOPPED, now)
    record_event(wallet=wallet, event=events.transfer_stopped(actor=actor, **told(withdrawal)), now=now)
    return withdrawal


@transaction.atomic
def cancel_shared(*, actor: User, group_id: uuid.UUID, withdrawal_id: uuid.UUID, now: datetime) -> Withdrawal:
    """Take the own announced withdrawal back before it leaves. Again changes nothing.

    :raises NotAllowed: for anybody else.
    :raises NotWaiting: when it has left or was stopped.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.SEE)
    withdrawal = get_shared(group_id, withdrawal_id)
    if actor.pk != withdrawal.user_id:
        raise NotAllowed(right="cancel_withdrawal")
    if withdrawal.status == Status.CANCELLED:
        return withdrawal
    _check_waiting(withdrawal)
    close_movement(withdrawal, Status.CANCELLED, now)
    record_event(wallet=wallet, event=events.transfer_stopped(actor=actor, **told(withdrawal)), now=now)
    return withdrawal


def _check_waiting(withdrawal: Withdrawal) -> None:
    over = withdrawal.executes_at is None or clock.database_now() >= withdrawal.executes_at
    if withdrawal.status != Status.WAITING:
        raise NotWaiting(status=withdrawal.status)
    if over:
        raise NotWaiting(status=Status.REQUESTED)


def hear_departure(wallet: Wallet, member: Membership, now: datetime) -> None:
    """Whoever leaves does not take anything along but what is theirs."""
    stop_waiting(wallet=wallet, user_id=member.user_id, now=now)


def stop_waiting(*, wallet: Wallet, now: datetime, user_id: uuid.UUID | None = None) -> None:
    """Stop what waits, of somebody who leaves or of a group that closes, under the lock that the caller holds."""
    waiting = list_shared(wallet.pk).filter(status=Status.WAITING)
    for withdrawal in waiting.filter(user=user_id) if user_id else waiting:
        close_movement(withdrawal, Status.CANCELLED, now)
        record_event(wallet=wallet, event=events.transfer_stopped(**told(withdrawal)), now=now)


def send_waiting(*, now: datetime, limit: int = 200) -> int:
    """Let leave what nobody objected to in time, one wallet at a time; say how many there were."""
    due = Withdrawal.objects.filter(status=Status.WAITING, executes_at__lte=clock.database_now())
    rows = due.order_by("group_id", "id").values_list("group_id", "id")
    return sweep(rows[:limit], partial(_send_waiting, now=now))


@transaction.atomic
def _send_waiting(group_id: uuid.UUID, withdrawal_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    withdrawal = get_shared(group_id, withdrawal_id)
    if withdrawal.status != Status.WAITING or withdrawal.executes_at is None:
        return False
    if clock.database_now() < withdrawal.executes_at:
        return False
    try:
        with transaction.atomic():
            access_group(withdrawal.user, group_id, Right.SPEND)
            assert withdrawal.source_id is not None, "what waits goes to a member's own source"
            get_source(withdrawal.user, withdrawal.source_id)
            send(wallet, withdrawal, now)
    except WalletBusy:  # it waits for the next beat
        raise
    except RailUnavailable:  # nobody serves its rail now: so does this
        return False
    except Refusal as refusal:
        close_movement(withdrawal, Status.REFUSED, now, refusal.code)
        refused = events.transfer_refused(**told(withdrawal), failure_code=refusal.code)
        record_event(wallet=wallet, event=refused, now=now)
    return True


def get_shared(group_id: uuid.UUID, withdrawal_id: uuid.UUID) -> Withdrawal:
    """Get a withdrawal that the group bears.

    :raises WithdrawalNotFound: when there is none.
    """
    withdrawal = list_shared(group_id).filter(pk=withdrawal_id).first()
    if withdrawal is None:
        raise WithdrawalNotFound
    return withdrawal
