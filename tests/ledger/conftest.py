"""One wallet with two stakes, and the shortest way to post in it."""

import uuid
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from uuid6 import uuid7

from tests.books import as_owner, run
from wallet.identity.services import sign_up
from wallet.ledger.models import Account, Entry, Wallet
from wallet.ledger.selectors import system_account
from wallet.ledger.services import (
    EventDraft,
    Line,
    correct_entry,
    credit,
    debit,
    lock_wallet,
    open_stake,
    open_wallet,
    post_entry,
    reverse_entry,
)

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
#: Kinds of events that exist; the books do not know what they mean.
MOVED, TOLD = EventDraft("contribution_settled"), EventDraft("group_changed")
POST = "SELECT * FROM ledger_post_entry(%s, %s, %s, %s, '', %s, %s, %s, %s, %s, %s, %s, '{}', NULL, %s)"


@dataclass
class Book:
    """A wallet: the stakes of 张伟 and 王芳, and where money comes from and goes to."""

    wallet: Wallet
    zhang: Account
    wang: Account
    rail: Account
    merchant: Account
    now: datetime = NOW
    posted: int = field(default=0)

    def post(self, *lines: Line, reference: str = "", kind: str = "moved", **more: Any) -> Entry:
        """Post lines as a command does: under the lock, a minute after the last one."""
        self.posted += 1
        self.now += timedelta(minutes=1)
        with transaction.atomic():
            wallet = lock_wallet(self.wallet.pk)
            reference = reference or f"test:{self.posted}"
            given: dict[str, Any] = {"event": MOVED, "now": self.now, **more}
            entry = post_entry(wallet=wallet, kind=kind, reference=reference, lines=lines, **given)
        self._look()
        return entry

    def pay_in(self, stake: Account, amount: int, **more: Any) -> Entry:
        return self.post(credit(stake, amount), debit(self.rail, amount), **more)

    def pay(self, stake: Account, amount: int, **more: Any) -> Entry:
        return self.post(debit(stake, amount), credit(self.merchant, amount), **more)

    def give_back(self, entry: Entry, amount: int | None = None, reference: str = "") -> Entry:
        self.posted += 1
        with transaction.atomic():
            wallet = lock_wallet(self.wallet.pk)
            reversal = reverse_entry(
                wallet=wallet,
                entry=entry,
                kind="given_back",
                reference=reference or f"test:{self.posted}",
                event=MOVED,
                now=self.now,
                amount=amount,
            )
        self._look()
        return reversal

    def share_anew(self, entry: Entry, shares: dict[Account, int], paid_in: int = 0) -> Entry:
        """Let these stakes bear what an entry has left on them otherwise (fen)."""
        if paid_in:
            self.pay_in(self.wang, paid_in)
        self.posted += 1
        with transaction.atomic():
            correction = correct_entry(
                wallet=lock_wallet(self.wallet.pk),
                entry=entry,
                shares={stake.pk: share for stake, share in shares.items()},
                kind="shared_anew",
                reference=f"test:{self.posted}",
                event=MOVED,
                now=self.now,
            )
        self._look()
        return correction

    def post_raw(
        self,
        *lines: tuple[uuid.UUID, int],
        reference: str = "raw",
        reverses: uuid.UUID | None = None,
        corrects: uuid.UUID | None = None,
        wallet_id: uuid.UUID | None = None,
    ) -> None:
        """Call the database's function with whatever the services would never let through."""
        accounts, amounts = [account for account, _ in lines], [amount for _, amount in lines]
        ids = [uuid7() for _ in lines]
        wallet_id = wallet_id or self.wallet.pk
        values = [wallet_id, uuid7(), "raw", reference, reverses, self.now, ids, accounts, amounts, uuid7(), MOVED.kind]
        run(POST, *values, corrects)

    def stakes(self) -> tuple[int, int, int]:
        """张伟's stake, 王芳's, and the wallet's balance (fen)."""
        self._look()
        return self.zhang.balance or 0, self.wang.balance or 0, self.wallet.balance

    def _look(self) -> None:
        for row in (self.wallet, self.zhang, self.wang):
            row.refresh_from_db()


def open_book() -> Book:
    people = [sign_up(phone=f"+8613800000{n:03}", name=name, now=NOW) for n, name in enumerate(("张伟", "王芳"))]
    with transaction.atomic():
        wallet = open_wallet(now=NOW)
        stakes = [open_stake(wallet=wallet, holder=user) for user in people]
    rail, merchant = (system_account(wallet, kind) for kind in (Account.Kind.RAIL, Account.Kind.MERCHANT))
    return Book(wallet, zhang=stakes[0], wang=stakes[1], rail=rail, merchant=merchant)


@pytest.fixture
def book(db: None) -> Book:
    return open_book()


def refused(act: Callable[[], object], says: str, *, owner: bool = False) -> None:
    """Assert that the database refuses it and says why, and go on as if nothing had been."""
    with pytest.raises(DatabaseError, match=says), transaction.atomic(), as_owner() if owner else nullcontext():
        act()
