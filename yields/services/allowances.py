"""What goes out of a fund fast: `FAST_CASH_OUT_DAY_MAX_FEN` a holder and day of Shanghai, over all groups they own.

The holder of the fund account is the owner who enrolled. Their row of the day is written by one statement that judges
and takes at once, under its row's lock, which is held until the commit. It is always taken after the wallet's, and
whoever has it waits for no other wallet, so two groups of one owner wait for each other one way round only. What failed
is given back to the day that it was taken of; what arrives after it had failed counts again, even above the bound, for
it has left.

Ordinary money arrives on the trading day after T, where T is the day itself before 15:00, or the next trading day.
"""

import uuid
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.db.models import F
from psycopg import errors as postgres
from uuid6 import uuid7

from groups.funding.errors import ArrivalUnknown
from groups.funding.models import Contribution, Withdrawal
from groups.funding.speeds import Allowance
from groups.members.models import Group
from wallet.ledger.errors import WalletBusy
from wallet.ledger.models import Wallet
from yields.calendar import SANDBOX, SHANGHAI, SHANGHAI_TIME, CalendarNotLoaded, confirmation
from yields.models import FastAllowance, FastCashOut
from yields.selectors import find_holding

#: Judges and takes in one: of two that would be too much together, the second finds what the first has taken.
TAKE = """
    INSERT INTO yields_fastallowance (id, holder_id, date, taken) VALUES (%(id)s, %(holder)s, %(date)s, %(amount)s)
    ON CONFLICT (holder_id, date) DO UPDATE SET taken = yields_fastallowance.taken + excluded.taken
    WHERE yields_fastallowance.taken + excluded.taken <= %(limit)s"""


def say_arrival(group: Group, now: datetime) -> datetime:
    """Say when an ordinary payout goes out that is asked for now: on the trading day after T.

    :raises ArrivalUnknown: when that is past the last year whose trading days are loaded.
    """
    enrollment = find_holding(group.pk, now)
    free = SANDBOX if group.is_sandbox else SHANGHAI
    try:
        day = confirmation(now, enrollment.fund.trading_days if enrollment else free).confirm_date
    except CalendarNotLoaded:
        raise ArrivalUnknown(date=today(now).isoformat()) from None
    return datetime.combine(day, settings.ORDINARY_PAYOUT_AT, SHANGHAI_TIME).astimezone(UTC)


def find_allowance(group: Group, now: datetime) -> Allowance | None:
    """Read what may still go out fast today of a group whose money is in a fund."""
    enrollment = find_holding(group.pk, now)
    if enrollment is None:
        return None
    limit = settings.FAST_CASH_OUT_DAY_MAX_FEN
    row = FastAllowance.objects.filter(holder=enrollment.enrolled_by_id, date=today(now)).first()
    return Allowance(limit, max(0, limit - (row.taken if row else 0)))


def take_allowance(wallet: Wallet, withdrawal: Withdrawal, now: datetime) -> bool:
    """Take a withdrawal's amount of its holder's allowance of today, under the wallet's lock; say whether there was so
    much left. A wallet whose money is in no fund has no bound; what was switched off is in it
    until it is redeemed.

    :raises WalletBusy: when another group of the holder's keeps the row for longer than `WALLET_LOCK_WAIT_MS`.
    """
    enrollment = find_holding(wallet.pk, now)
    if enrollment is None:
        return True
    if not _take(enrollment.enrolled_by_id, today(now), withdrawal.amount):
        return False
    FastCashOut.objects.create(
        group_id=wallet.pk,
        withdrawal_id=withdrawal.pk,
        holder_id=enrollment.enrolled_by_id,
        date=today(now),
        amount=withdrawal.amount,
    )
    return True


def _take(holder_id: uuid.UUID, day: date, amount: int) -> bool:
    limit = settings.FAST_CASH_OUT_DAY_MAX_FEN
    if amount > limit:
        return False
    told: dict[str, Any] = {"id": uuid7(), "holder": holder_id, "date": day, "amount": amount, "limit": limit}
    with connection.cursor() as cursor:
        try:
            cursor.execute(TAKE, told)
        except OperationalError as error:
            if isinstance(error.__cause__, postgres.LockNotAvailable):
                raise WalletBusy from error
            raise
        took: bool = cursor.rowcount == 1
        return took


def hear_outcome(wallet: Wallet, movement: Contribution | Withdrawal, now: datetime) -> None:
    """Give back what failed, to the day it was taken of; count again what has arrived after it had failed."""
    if not isinstance(movement, Withdrawal):
        return
    has_failed = movement.status == Withdrawal.Status.FAILED
    cash_out = FastCashOut.objects.filter(
        group=wallet.pk, withdrawal=movement.pk, given_back_at__isnull=has_failed
    ).first()
    if cash_out is None:
        return
    FastCashOut.objects.filter(group=wallet.pk, pk=cash_out.pk).update(given_back_at=now if has_failed else None)
    change = -cash_out.amount if has_failed else cash_out.amount
    row = FastAllowance.objects.filter(holder=cash_out.holder_id, date=cash_out.date)
    row.update(taken=F("taken") + change)


def today(now: datetime) -> date:
    """Return the day in Shanghai."""
    return now.astimezone(SHANGHAI_TIME).date()
