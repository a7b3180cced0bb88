"""A chunk of wallets gets its day: locked, derived, computed, split, posted and written down, in one commit.

The work itself is one call (`yields_credit`, migration 0005). People win over it: a wallet that is locked is left out,
and so is one that may not have the day yet. When the call fails for one wallet, each of the chunk is done by itself, so
that it stops nobody else.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from wallet.ledger import news
from wallet.ledger.services import lock_wallet
from wallet.refusals import Refusal
from yields.calendar import day_end, unconfirmed_since
from yields.errors import PreviousDayMissing, WalletClosed
from yields.models import Fund, YieldException, YieldPartition

YIELD = "yield"
CREDIT = """
    SELECT * FROM yields_credit(
        %(fund)s, %(day)s, %(rate)s, %(is_sandbox)s, %(since)s, %(start)s, %(end)s, %(now)s,
        %(first)s, %(until)s, %(after)s, %(size)s, %(named)s)"""
#: The wallets that the same call would choose.
NEXT = """
    SELECT e.wallet_id FROM yields_enrollment e
    WHERE e.fund_id = %(fund)s AND e.enrolled_at < %(end)s AND (e.ended_at IS NULL OR e.ended_at >= %(end)s)
    AND (%(first)s::uuid IS NULL OR e.wallet_id >= %(first)s) AND (%(until)s::uuid IS NULL OR e.wallet_id < %(until)s)
    AND (%(after)s::uuid IS NULL OR e.wallet_id > %(after)s)
    AND (SELECT d.id FROM yields_yieldday d WHERE d.wallet_id = e.wallet_id AND d.date = %(day)s) IS NULL
    ORDER BY e.wallet_id LIMIT %(size)s"""
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Paying:
    """A day that is being credited: whose, at which rate, posted at which moment."""

    fund: Fund
    day: date
    rate: Decimal
    now: datetime

    @property
    def values(self) -> dict[str, Any]:
        return {
            "fund": self.fund.pk,
            "day": self.day,
            "rate": self.rate,
            "is_sandbox": self.fund.is_sandbox,
            "since": unconfirmed_since(self.day, self.fund.trading_days),
            "start": day_end(self.day - timedelta(days=1)),
            "end": day_end(self.day),
            "now": self.now,
        }


@dataclass(slots=True)
class Credited:
    """What came of some wallets: counts, and sums in fen. `last` is the last that was looked at, none at the end."""

    last: uuid.UUID | None = None
    days: int = 0
    credited: int = 0
    base: int = 0
    income: int = 0
    cut_off: Decimal = Decimal(0)
    busy: list[uuid.UUID] = field(default_factory=list)

    def add(self, other: "Credited") -> None:
        """Count the others in."""
        self.days += other.days
        self.credited += other.credited
        self.base += other.base
        self.income += other.income
        self.cut_off += other.cut_off
        self.busy += other.busy


def credit_next(paying: Paying, part: YieldPartition) -> Credited:
    """Credit the next chunk of a part, in the caller's transaction, without waiting for any wallet."""
    values = {"first": part.first, "until": part.until, "after": part.position, "size": settings.YIELD_CHUNK_WALLETS}
    try:
        with transaction.atomic():
            return _credit(paying, **values)
    except Exception:
        return _credit_apart(paying, values)


@transaction.atomic
def credit_one(paying: Paying, wallet_id: uuid.UUID) -> Credited:
    """Credit one wallet, waiting for its lock.

    :raises WalletBusy: when the lock is not to be had within `WALLET_LOCK_WAIT_MS`.
    """
    lock_wallet(wallet_id)
    return _credit_apart(paying, {}, [wallet_id])


def credit_named(paying: Paying, wallet_id: uuid.UUID) -> bool:
    """Credit one wallet whose lock the caller holds; say whether it has the day now. What fails is an exception."""
    return _credit_apart(paying, {}, [wallet_id]).days == 1


def note_exception(paying: Paying, wallet_id: uuid.UUID, error: Exception) -> None:
    """Put a wallet on the list of exceptions."""
    reason = error.code if isinstance(error, Refusal) else type(error).__name__
    detail = error.describe() if isinstance(error, Refusal) else str(error)
    YieldException.objects.update_or_create(
        group_id=wallet_id,
        date=paying.day,
        defaults={
            "fund": paying.fund,
            "reason": reason,
            "detail": detail[:300],
            "seen_at": paying.now,
            "resolved_at": None,
        },
    )
    logger.error("yield_exception", wallet=str(wallet_id), date=paying.day.isoformat(), reason=reason)


def _credit_apart(paying: Paying, values: dict[str, Any], named: Sequence[uuid.UUID] = ()) -> Credited:
    """Credit each by itself, for together they could not be credited. Those that fail are exceptions."""
    if not named:
        with connection.cursor() as cursor:
            cursor.execute(NEXT, paying.values | values)
            named = [wallet_id for (wallet_id,) in cursor.fetchall()]
    whole = Credited(last=named[-1])
    for wallet_id in named:
        try:
            with transaction.atomic():
                whole.add(_credit(paying, named=[wallet_id]))
        except Exception as error:
            note_exception(paying, wallet_id, error)
    return whole


def _credit(paying: Paying, **values: Any) -> Credited:
    asked = dict.fromkeys(("first", "until", "after", "size", "named")) | paying.values | values
    with connection.cursor() as cursor:
        cursor.execute(CREDIT, asked)
        _, last, days, credited, base, income, cut_off, busy, closed, gaps, numbered, numbers = cursor.fetchone()
    for wallet_id in closed or ():
        note_exception(paying, wallet_id, WalletClosed())
    for wallet_id in gaps or ():
        note_exception(paying, wallet_id, PreviousDayMissing())
    if numbered:
        transaction.on_commit(partial(news.tell_all, dict(zip(numbered, numbers, strict=True))))
    return Credited(last, days, credited, base, income, cut_off, busy)
