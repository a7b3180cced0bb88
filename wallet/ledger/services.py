"""Writes to the books. One command, one wallet, one lock, one transaction.

Every command begins with `lock_wallet` and does everything in that one short transaction: no HTTP, no Redis and no
broker call inside it. Order inside a command: authorise, replay, rules and limits, funds, post, event. What is posted
is posted by one call of a database function, which alone may write the books (migrations 0002 and 0003); `announce`
after commit is only a hint.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg import errors as postgres
from uuid6 import uuid7

from wallet.identity.models import User
from wallet.ledger import news
from wallet.ledger.errors import (
    InsufficientFunds,
    ReferenceReused,
    ReversalTooLarge,
    SharesChanged,
    WalletBusy,
    WalletNotFound,
)
from wallet.ledger.models import Account, Entry, Event, Posting, Wallet
from wallet.ledger.money import split
from wallet.ledger.prepared import fetch_prepared
from wallet.ledger.remains import remaining_lines

WALLET_COLUMNS = [field.attname for field in Wallet._meta.concrete_fields]
LOCK = f"SELECT {', '.join(WALLET_COLUMNS)} FROM ledger_wallet WHERE id = %s FOR NO KEY UPDATE"  # noqa: S608
POST = (
    "SELECT * FROM ledger_post_entry(%s, %s, %s, %s, %s, %s, %s,"
    " %s::uuid[], %s::uuid[], %s::bigint[], %s, %s, %s::jsonb, %s, %s)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an entry to be. Made by `credit` and `debit`, so that no caller handles signs."""

    account_id: uuid.UUID
    signed_amount: int


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event that has no number yet. Made by the kinds of `wallet.events`, which check its data."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    actor_id: uuid.UUID | None = None


def credit(account: Account, amount: int) -> Line:
    """Add `amount` (fen, > 0) to what the wallet owes the holder of the account."""
    assert amount > 0, amount
    return Line(account.pk, amount)


def debit(account: Account, amount: int) -> Line:
    """Take `amount` (fen, > 0) from what the wallet owes the holder of the account."""
    assert amount > 0, amount
    return Line(account.pk, -amount)


def credit_account(account_id: uuid.UUID, amount: int) -> Line:
    """Add `amount` (fen, > 0), where the account is known by its id."""
    assert amount > 0, amount
    return Line(account_id, amount)


def debit_account(account_id: uuid.UUID, amount: int) -> Line:
    """Take `amount` (fen, > 0), where the account is known by its id."""
    assert amount > 0, amount
    return Line(account_id, -amount)


def open_wallet(*, now: datetime, wallet_id: uuid.UUID | None = None) -> Wallet:
    """Open an empty wallet with its system accounts."""
    wallet = Wallet.objects.create(id=wallet_id or uuid7(), opened_at=now)
    kinds = [kind for kind in Account.Kind if kind != Account.Kind.STAKE]
    Account.objects.bulk_create(Account(wallet=wallet, kind=kind) for kind in kinds)
    return wallet


def open_stake(*, wallet: Wallet, holder: User) -> Account:
    """Open the member's stake, or find the one they left behind."""
    stake, _ = Account.objects.get_or_create(
        wallet=wallet, holder=holder, kind=Account.Kind.STAKE, defaults={"balance": 0}
    )
    return stake


def lock_wallet(wallet_id: uuid.UUID) -> Wallet:
    """Take the wallet's lock until the end of the transaction: the one lock there is to wait for.

    :raises WalletNotFound: when there is none.
    :raises WalletBusy: when the lock is not to be had within `WALLET_LOCK_WAIT_MS`.
    """
    assert connection.in_atomic_block, "a lock outside a transaction protects nothing"
    try:
        row = fetch_prepared(LOCK, [wallet_id])
    except OperationalError as error:
        if isinstance(error.__cause__, postgres.LockNotAvailable):
            raise WalletBusy from error
        raise
    if row is None:
        raise WalletNotFound
    return Wallet.from_db(connection.alias, WALLET_COLUMNS, row)


def post_entry(
    *,
    wallet: Wallet,
    kind: str,
    reference: str,
    lines: Sequence[Line],
    event: EventDraft,
    now: datetime,
    memo: str = "",
    reverses: Entry | None = None,
    corrects: Entry | None = None,
) -> Entry:
    """Post one balanced entry and its event under the wallet's next number.

    Repeating a reference with the same content gives the first entry back and posts nothing. The data of the event gets
    `entry`, `balance` and `stakes` (fen after the entry, by holder) from the books themselves. `wallet` is brought up
    to date in place.

    :raises InsufficientFunds: when a stake would fall below its floor.
    :raises ReferenceReused: when the reference is known with other content.
    :raises ReversalTooLarge: when more would be reversed than was posted.
    :raises SharesChanged: when a correction would take more from a share than there is.
    """
    assert connection.in_atomic_block, "an entry belongs to the transaction that holds the wallet's lock"
    assert len(lines) >= 2, "an entry has two lines or more"
    assert len({line.account_id for line in lines}) == len(lines), "an entry has one line an account"
    assert sum(line.signed_amount for line in lines) == 0, "law 1: the postings of an entry sum to zero"
    entry = Entry(
        id=uuid7(),
        wallet=wallet,
        kind=kind,
        reference=reference,
        memo=memo,
        reverses=reverses,
        corrects=corrects,
        posted_at=now,
    )
    posted_id, sequence, balance, digest = _call_post_entry(entry, lines, event)
    if posted_id != entry.pk:
        return _first_answer(wallet, posted_id, kind, lines)
    entry.sequence, entry.digest = sequence, digest
    wallet.sequence, wallet.balance, wallet.head = sequence, balance, digest
    transaction.on_commit(partial(news.tell, wallet.pk, sequence))
    return entry


def _call_post_entry(entry: Entry, lines: Sequence[Line], event: EventDraft) -> tuple[uuid.UUID, int, int, bytes]:
    try:
        row = fetch_prepared(
            POST,
            [
                entry.wallet_id,
                entry.pk,
                entry.kind,
                entry.reference,
                entry.memo,
                entry.reverses_id,
                entry.posted_at,
                _array(uuid7() for _ in lines),
                _array(line.account_id for line in lines),
                _array(line.signed_amount for line in lines),
                uuid7(),
                event.kind,
                json.dumps(event.data),
                event.actor_id,
                entry.corrects_id,
            ],
        )
    except IntegrityError as error:
        raise _refusal_of(error) from error
    assert row is not None
    posted_id, sequence, balance, digest = row
    return posted_id, sequence, balance, digest


def _array(values: Iterable[uuid.UUID | int]) -> str:
    """Write an array as PostgreSQL reads it; the driver would look at each element to find out what it is."""
    return "{" + ",".join(map(str, values)) + "}"


def _refusal_of(error: IntegrityError) -> Exception:
    """Name the law that the database held against us."""
    cause = error.__cause__
    constraint = cause.diag.constraint_name if isinstance(cause, postgres.Error) else None
    if constraint in ("ledger_account_floor", "ledger_wallet_balance"):
        return InsufficientFunds()
    if "law 7" in str(error):
        return ReversalTooLarge()
    if "law 9" in str(error):
        return SharesChanged()
    return error


def _first_answer(wallet: Wallet, entry_id: uuid.UUID, kind: str, lines: Sequence[Line]) -> Entry:
    entry = Entry.objects.get(wallet=wallet, pk=entry_id)
    known = set(Posting.objects.filter(wallet=wallet, entry=entry).values_list("account_id", "amount"))
    if entry.kind != kind or known != {(line.account_id, line.signed_amount) for line in lines}:
        raise ReferenceReused(reference=entry.reference)
    return entry


def reverse_entry(
    *,
    wallet: Wallet,
    entry: Entry,
    kind: str,
    reference: str,
    event: EventDraft,
    now: datetime,
    amount: int | None = None,
    memo: str = "",
) -> Entry:
    """Give an entry back, whole or in part, as a new entry that names it.

    `amount` (fen) is what flows back; it is split over what the entry has left on each account, debits and credits each
    by largest remainder, so that any sequence of partial reversals and corrections ends at exactly zero.

    :raises ReversalTooLarge: when more would be reversed than is left.
    """
    left = remaining_lines(wallet=wallet, entry=entry)
    taken = {key: -rest for key, rest in left.items() if rest < 0}
    given = {key: rest for key, rest in left.items() if rest > 0}
    whole = sum(given.values())
    amount = whole if amount is None else amount
    if amount <= 0 or amount > whole:
        raise ReversalTooLarge(left=whole)
    back = split(amount, taken), split(amount, given)
    lines = [Line(key, part) for key, part in back[0].items() if part]
    lines += [Line(key, -part) for key, part in back[1].items() if part]
    return post_entry(
        wallet=wallet, kind=kind, reference=reference, lines=lines, event=event, now=now, memo=memo, reverses=entry
    )


def correct_entry(
    *,
    wallet: Wallet,
    entry: Entry,
    shares: Mapping[uuid.UUID, int],
    kind: str,
    reference: str,
    event: EventDraft,
    now: datetime,
    memo: str = "",
) -> Entry:
    """Move what an entry has taken from some stakes, and not given back, between them: a new entry that names it.

    `shares` (fen, ≥ 0, by account) is what each of them bears from now on; it sums to what they bear now, and nobody
    else's share changes.

    :raises InsufficientFunds: when a stake would fall below its floor.
    """
    left = remaining_lines(wallet=wallet, entry=entry)
    rises = {key: share + left.get(key, 0) for key, share in shares.items()}
    assert min(shares.values()) >= 0, "law 9: a correction leaves no share below zero"
    assert sum(rises.values()) == 0, "law 9: a correction moves between stakes"
    lines = [Line(key, -rise) for key, rise in rises.items() if rise]
    return post_entry(
        wallet=wallet, kind=kind, reference=reference, lines=lines, event=event, now=now, memo=memo, corrects=entry
    )


def record_event(*, wallet: Wallet, event: EventDraft, now: datetime) -> Event:
    """Record an event that moves no money, under the wallet's next number."""
    assert connection.in_atomic_block, "an event belongs to the transaction of the change that it tells"
    recorded = Event(id=uuid7(), wallet=wallet, kind=event.kind, data=event.data, actor_id=event.actor_id, at=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_record_event(%s, %s, %s, %s::jsonb, %s, %s)",
            [wallet.pk, recorded.pk, event.kind, json.dumps(event.data), recorded.actor_id, now],
        )
        (recorded.sequence,) = cursor.fetchone()
    wallet.sequence = recorded.sequence
    transaction.on_commit(partial(news.tell, wallet.pk, recorded.sequence))
    return recorded
