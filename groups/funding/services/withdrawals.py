"""Money out of a member's own stake to their own source. Nobody is asked; only a hold stops it.

A withdrawal debits the stake and credits IN_TRANSIT when it is asked for; settled, IN_TRANSIT goes to RAIL; failed, it
goes back to the stake. What the group bears together is in `shared`.
"""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from groups.funding import events
from groups.funding.changes import outcome, payout
from groups.funding.errors import StakeCovers
from groups.funding.models import WITHDRAWAL, Movement, Withdrawal
from groups.funding.selectors import receiver_of
from groups.funding.services.drain import cover_of
from groups.funding.services.late import set_off_claims, settle_late
from groups.funding.services.movements import close_movement
from groups.funding.services.shared import finish_shared
from groups.funding.services.ways import choose_way, hand_to_rail, tell_way
from groups.members.models import Group
from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.identity.models import User
from wallet.ledger.errors import InsufficientFunds
from wallet.ledger.models import Account, Wallet
from wallet.ledger.selectors import get_stake, system_account
from wallet.ledger.services import credit, debit, lock_wallet, post_entry
from wallet.rails.models import FundingSource, Transfer
from wallet.rails.selectors import get_source


@transaction.atomic
def withdraw(
    *,
    actor: User,
    group_id: uuid.UUID,
    source_id: uuid.UUID,
    amount: int,
    now: datetime,
    speed: Withdrawal.Speed = Withdrawal.Speed.FAST,
) -> Withdrawal:
    """Send part of the own stake (fen, > 0) to one of the own sources, and at no other speed than asked for.

    :raises InsufficientFunds: when the stake is smaller.
    :raises SourceNotFound: when the source is not the member's.
    :raises StakeCovers: when part of the stake has to stay for a short time.
    :raises FastAllowanceExceeded: when less may go out fast today.
    :raises ArrivalUnknown: when nobody can say when an ordinary payout arrives.
    :raises RailUnavailable: when nobody serves the source's rail.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.WITHDRAW).group
    source = get_source(actor, source_id)
    set_off_claims(wallet, actor, now)
    check_cover(wallet, actor, amount, now)
    return pay_out(
        wallet=wallet, group=group, user=actor, source=source, amount=amount, actor=actor, now=now, speed=speed
    )


def check_cover(wallet: Wallet, user: User, amount: int, now: datetime) -> None:
    """Judge whether an amount (fen) of the own stake may leave, while others can still contest what they bear unasked.

    :raises StakeCovers: when less of the stake would stay than that.
    """
    cover, until = cover_of(wallet.pk, user.pk, now)
    if until is not None and (get_stake(wallet.pk, user.pk).balance or 0) - amount < cover:
        raise StakeCovers(cover=cover, until=f"{until:%Y-%m-%dT%H:%M:%SZ}")


def pay_out(
    *,
    wallet: Wallet,
    group: Group,
    user: User,
    source: FundingSource,
    amount: int,
    actor: User | None,
    now: datetime,
    speed: Withdrawal.Speed | None = None,
) -> Withdrawal:
    """Send part of a stake (fen, > 0) to its holder's source, under the lock that the caller holds.

    What its holder owes is taken first: whoever pays out a whole stake asks `set_off_claims` what is left of it.

    Where nobody has named a speed it goes fast if it may, and otherwise by the ordinary way.

    :raises InsufficientFunds: when the stake is smaller.
    :raises FastAllowanceExceeded: when it shall go fast, and less may today.
    :raises ArrivalUnknown: when it has to go by the ordinary way, and nobody can say when it arrives.
    """
    left = set_off_claims(wallet, user, now)
    if amount > left:  # a stake may be allowed to fall below zero by spends, and not by this
        raise InsufficientFunds(available=max(0, left))
    withdrawal = Withdrawal(
        group=group,
        user=user,
        source=source,
        amount=amount,
        speed=speed or Withdrawal.Speed.FAST,
        created_at=now,
    )
    choose_way(wallet, withdrawal, now, is_asked=speed is not None)
    withdrawal.save(force_insert=True)
    post_entry(
        wallet=wallet,
        kind=WITHDRAWAL,
        reference=f"withdrawal:{withdrawal.pk}",
        lines=[
            debit(get_stake(wallet.pk, user.pk), amount),
            credit(system_account(wallet, Account.Kind.IN_TRANSIT), amount),
        ],
        event=events.withdrawal_requested(
            actor=actor,
            withdrawal=withdrawal.pk,
            user=user.pk,
            source=source.label,
            amount=amount,
            **tell_way(withdrawal),
        ),
        now=now,
    )
    hand_to_rail(wallet, withdrawal, now)
    return withdrawal


def finish_withdrawal(wallet: Wallet, transfer: Transfer, now: datetime) -> None:
    """Book what became of a payout: it left through the rail, or it is back in the stake."""
    withdrawal = Withdrawal.objects.select_related("source", "user").get(group=wallet.pk, pk=transfer.subject_id)
    if transfer.late_at is not None:
        settle_late(wallet, withdrawal, now)
        if withdrawal.borne_by == Withdrawal.BorneBy.GROUP:
            outcome.tell(wallet, withdrawal, now)
        return
    if withdrawal.borne_by == Withdrawal.BorneBy.GROUP:
        finish_shared(wallet, withdrawal, transfer, now)
        outcome.tell(wallet, withdrawal, now)
        return
    told: dict[str, Any] = {
        "withdrawal": withdrawal.pk,
        "user": withdrawal.user_id,
        "source": receiver_of(withdrawal).label,
    }
    in_transit = system_account(wallet, Account.Kind.IN_TRANSIT)
    if transfer.status == Transfer.Status.SETTLED:
        close_movement(withdrawal, Movement.Status.SETTLED, now)
        kind, receiver = "withdrawal_settled", system_account(wallet, Account.Kind.RAIL)
        event = events.withdrawal_settled(**told, amount=withdrawal.amount)
    else:
        close_movement(withdrawal, Movement.Status.FAILED, now, transfer.failure_code)
        kind, receiver = "withdrawal_returned", get_stake(wallet.pk, withdrawal.user_id)
        event = events.withdrawal_failed(**told, failure_code=transfer.failure_code, amount=withdrawal.amount)
    post_entry(
        wallet=wallet,
        kind=kind,
        reference=f"withdrawal-outcome:{withdrawal.pk}",
        lines=[debit(in_transit, withdrawal.amount), credit(receiver, withdrawal.amount)],
        event=event,
        now=now,
    )
    payout.tell(wallet, withdrawal, now)
