"""A big book in seconds: what the posting function would have written, made here and copied in as the owner.

It is written down a second time on purpose, digests included: the checks compare two accounts of the same laws.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from uuid6 import uuid7

from tests.books import analyze_books, without_triggers
from wallet.identity.models import User
from wallet.ledger.models import Account, Wallet
from wallet.ledger.services import open_stake, open_wallet

COLUMNS = {
    "ledger_entry": "id, wallet_id, sequence, kind, reference, memo, reverses_id, digest, posted_at",
    "ledger_posting": "id, wallet_id, entry_id, account_id, amount, balance_after",
    "ledger_event": "id, wallet_id, sequence, kind, actor_id, data, at",
}
Row = Sequence[Any]


@dataclass
class Rows:
    """The rows of a book, table by table."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in COLUMNS})

    def copy_in(self) -> None:
        with connection.cursor() as cursor:
            for table, rows in self.tables.items():
                with cursor.cursor.copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)


@dataclass
class Filled:
    """A wallet that grows: money comes in, every third entry spends some of it."""

    wallet: Wallet
    stakes: list[Account]
    rail: Account
    now: datetime
    head: bytes = b""
    sequence: int = 0

    def post(self, rows: Rows) -> None:
        self.sequence += 1
        n, at = self.sequence, self.now + timedelta(seconds=self.sequence)
        first, second = (-70, -30) if n % 3 == 0 else (200, 100 + n)
        lines = {self.stakes[0].pk: first, self.stakes[1].pk: second, self.rail.pk: -first - second}
        for stake, change in zip(self.stakes, (first, second), strict=True):
            stake.balance = (stake.balance or 0) + change
        self.wallet.balance += first + second
        entry_id, reference, memo = uuid7(), f"fill:{n}", "一笔 | 平常"
        self.head = chain(self.head, [str(self.wallet.pk), n, "fill", reference, memo, None], at, lines)
        row = entry_id, self.wallet.pk, n, "fill", reference, memo, None, self.head, at
        rows.tables["ledger_entry"].append(row)
        after = {stake.pk: stake.balance for stake in self.stakes}
        rows.tables["ledger_posting"] += [
            (uuid7(), self.wallet.pk, entry_id, account, amount, after.get(account))
            for account, amount in lines.items()
        ]
        data = json.dumps({"entry": str(entry_id), "balance": self.wallet.balance})
        rows.tables["ledger_event"].append((uuid7(), self.wallet.pk, n, "contribution_settled", None, data, at))

    def close(self) -> None:
        Wallet.objects.filter(pk=self.wallet.pk).update(
            balance=self.wallet.balance, sequence=self.sequence, head=self.head
        )
        for stake in self.stakes:
            Account.objects.filter(wallet=self.wallet, pk=stake.pk).update(balance=stake.balance)


def chain(head: bytes, told: Iterable[object], at: datetime, lines: dict[uuid.UUID, int]) -> bytes:
    """Compute the digest of an entry (docs/ledger.md, the hash chain)."""
    written = ",".join(f"{account}:{lines[account]}" for account in sorted(lines, key=lambda each: each.bytes))
    text = json.dumps([*told, round(at.timestamp() * 1_000_000), written], ensure_ascii=False)
    return hashlib.sha256(head + text.encode()).digest()


def fill(wallets: int, each: int, users: Sequence[User], now: datetime) -> list[uuid.UUID]:
    """Open wallets of two stakes with as many entries each."""
    rows, filled = Rows(), []
    with transaction.atomic():
        for _ in range(wallets):
            wallet = open_wallet(now=now)
            stakes = [open_stake(wallet=wallet, holder=user) for user in users]
            filled.append(Filled(wallet, stakes, wallet.accounts.get(kind=Account.Kind.RAIL), now))
            for _ in range(each):
                filled[-1].post(rows)
        with without_triggers():
            for one in filled:
                one.close()
            rows.copy_in()
    analyze_books()
    return [one.wallet.pk for one in filled]
