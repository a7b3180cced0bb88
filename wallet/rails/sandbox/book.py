"""The bank's own book: accounts behind card tokens, transfers and the notices about them, in one SQLite file.

- What was acknowledged is on disk (write-ahead log, synchronous=FULL, one transaction a step): `kill -9` loses nothing.
- A transfer is keyed by the customer's `out_no`. Once booked, the same content gets the same answer for ever, other
  content none.
- A transfer is final once, but for the card that relents; its money and its notices are booked in the same transaction.
- Time is passed in as `now`; `tick(now)` is the only thing that settles. One lock: any thread may call anything.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from .cards import BY_NAME, BY_NUMBER, KINDS, LOGINS, Card, NoticePlan, mask_login
from .records import Account, Answer, DueNotice, Order, Totals, Transfer

BANK_TIME = ZoneInfo("Asia/Shanghai")
STEP_MAX = 500  # transfers settled, and notices handed out, in one tick
RETRY_SECONDS = (1, 5, 30, 120, 600, 3_600, 21_600, 43_200)  # then the bank gives up, and only a query tells


class CardUnknown(Exception):
    """The number belongs to none of the test cards."""


class TokenUnknown(Exception):
    """No card was linked under this token."""


class TransferUnknown(Exception):
    """No transfer was booked under this `out_no`."""


class OutNoReused(Exception):
    """The `out_no` was used for a transfer with other content."""


class Book:
    """An open book; `path` may be `:memory:`. Close it after use."""

    def __init__(self, path: Path | str, *, settle_seconds: float = 2) -> None:
        self.settle_seconds = settle_seconds
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript((Path(__file__).parent / "schema.sql").read_text(encoding="utf-8"))

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _step(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # Cards

    def link_card(self, number: str, now: datetime) -> Account:
        """Open an account for a test card and return it with a fresh token; the number is forgotten.

        :raises CardUnknown: when it is none of the test cards.
        """
        card = BY_NUMBER.get(number)
        if card is None:
            raise CardUnknown
        return self._open(card, "card", card.label, now)

    def link_account(self, kind: str, login: str, now: datetime) -> Account:
        """Open an account of a kind for a test login and return it with a fresh token; the login is forgotten.

        :raises CardUnknown: when it is none of the test logins.
        """
        card = LOGINS.get(login.removeprefix("+86"))
        if card is None:
            raise CardUnknown
        return self._open(card, "account", f"{KINDS[kind]} ({mask_login(login.removeprefix('+86'))})", now)

    def _open(self, card: Card, what: str, label: str, now: datetime) -> Account:
        account = Account(f"{what}_{uuid4().hex}", card.name, label, card.opening, card.opening, _stamp(now))
        with self._step() as db:
            db.execute(_insert("accounts", Account), astuple(account))
        return account

    def list_accounts(self) -> list[Account]:
        with self._lock:
            return [Account(*row) for row in self._db.execute("SELECT * FROM accounts ORDER BY linked_at, token")]

    # Transfers

    def submit(self, order: Order, now: datetime) -> Answer:
        """Book a transfer, or find the same one booked before, and return the bank's answer, the same each time.

        :raises TokenUnknown: when the token is none of this bank's.
        :raises OutNoReused: when `out_no` was used with other content.
        """
        with self._step() as db:
            booked = self.find_transfer(order.out_no)
            card = self._card_of(order.token if booked is None else booked.token)
            if booked is not None and booked.order != order:
                raise OutNoReused
            if booked is None and card.loses_first and self._is_lost(db, order):
                return Answer("timeout", None)
            if booked is None:
                booked = self._new_transfer(order, card, now)
                db.execute(_insert("transfers", Transfer), astuple(booked))
        return Answer(card.answer, booked)

    def find_transfer(self, out_no: str) -> Transfer | None:
        with self._lock:
            row = self._db.execute("SELECT * FROM transfers WHERE out_no = ?", (out_no,)).fetchone()
        return None if row is None else Transfer(*row)

    def get_transfer(self, out_no: str) -> Transfer:
        """:raises TransferUnknown: when no transfer was booked under this number."""
        transfer = self.find_transfer(out_no)
        if transfer is None:
            raise TransferUnknown
        return transfer

    def list_final(self, day: date) -> list[Transfer]:
        """Return the transfers that became final on `day` in the bank's time zone, in that order: its statement."""
        query = "SELECT * FROM transfers WHERE final_at >= ? AND final_at < ? ORDER BY final_at, out_no"
        with self._lock:
            return [Transfer(*row) for row in self._db.execute(query, _bounds(day))]

    def reverse(self, out_no: str, now: datetime) -> None:
        """Take a settled transfer back, as a clerk of the bank does; nobody is told but by the day's statement.

        :raises TransferUnknown: when no transfer was booked under this number.
        """
        transfer = self.get_transfer(out_no)
        back = replace(transfer, direction="payout" if transfer.direction == "collect" else "collect")
        with self._step() as db:
            db.execute("INSERT INTO reversals VALUES (?, ?)", (out_no, _stamp(now)))
            assert self._move_money(db, back) is None, "the card is empty"

    def list_reversed(self, day: date) -> list[tuple[Transfer, str]]:
        """Return what was taken back on `day` in the bank's time zone, and when, in that order."""
        query = """SELECT t.*, r.reversed_at FROM reversals r JOIN transfers t USING (out_no)
            WHERE r.reversed_at >= ? AND r.reversed_at < ? ORDER BY r.reversed_at, out_no"""
        with self._lock:
            return [(Transfer(*row[:-1]), row[-1]) for row in map(tuple, self._db.execute(query, _bounds(day)))]

    def get_totals(self) -> Totals:
        """Return the whole book's sums, taken from the accounts and, independently, from the transfers."""
        query = """
            SELECT (SELECT coalesce(sum(opening), 0) FROM accounts), (SELECT coalesce(sum(balance), 0) FROM accounts),
                coalesce(sum(amount) FILTER (WHERE status = 'settled' AND direction = 'collect'), 0),
                coalesce(sum(amount) FILTER (WHERE status = 'settled' AND direction = 'payout'), 0),
                count(*) FILTER (WHERE status = 'processing')
            FROM transfers WHERE out_no NOT IN (SELECT out_no FROM reversals)"""
        with self._lock:
            return Totals(*self._db.execute(query).fetchone())

    def _card_of(self, token: str) -> Card:
        row = self._db.execute("SELECT card FROM accounts WHERE token = ?", (token,)).fetchone()
        if row is None:
            raise TokenUnknown
        return BY_NAME[row["card"]]

    def _is_lost(self, db: sqlite3.Connection, order: Order) -> bool:
        """Tell whether the request comes for the first time; but for this nothing remembers it: it never arrived."""
        return db.execute("INSERT OR IGNORE INTO lost VALUES (?)", (order.out_no,)).rowcount == 1

    def _new_transfer(self, order: Order, card: Card, now: datetime) -> Transfer:
        due_at = now + timedelta(seconds=self.settle_seconds * card.settle_factor)
        accepted = _stamp(now)
        refused = card.answer == "refused"
        return Transfer(
            **asdict(order),
            status="failed" if refused else "processing",
            failure_code=card.failure_code if refused else None,
            accepted_at=accepted,
            due_at=accepted if refused else _stamp(due_at),
            final_at=accepted if refused else None,
        )

    # Time passing

    def tick(self, now: datetime) -> list[DueNotice]:
        """Settle what is due by `now`, at most `STEP_MAX`, and return the notices to send now, oldest first.

        A notice is returned by every tick until `record_delivery` is told about it: at least once, by one sender.
        """
        with self._step() as db:
            query = (
                "SELECT * FROM transfers WHERE status = 'processing' AND due_at <= ? ORDER BY due_at, out_no LIMIT ?"
            )
            for row in db.execute(query, (_stamp(now), STEP_MAX)).fetchall():
                self._settle(db, Transfer(*row), now)
            late = "SELECT t.* FROM relenting r JOIN transfers t USING (out_no) WHERE r.due_at <= ? LIMIT ?"
            for row in db.execute(late, (_stamp(now), STEP_MAX)).fetchall():
                self._relent(db, Transfer(*row), now)
        return self._list_due_notices(now)

    def next_due(self) -> datetime | None:
        """Return when the next transfer or notice is due; a replay may jump there."""
        query = """SELECT min(due_at) FROM (SELECT due_at FROM transfers WHERE status = 'processing'
            UNION ALL SELECT due_at FROM notices WHERE state = 'pending' UNION ALL SELECT due_at FROM relenting)"""
        with self._lock:
            (due_at,) = self._db.execute(query).fetchone()
        return None if due_at is None else datetime.fromisoformat(due_at)

    def record_delivery(self, notice: DueNotice, *, delivered: bool, now: datetime) -> None:
        """Book that a notice was taken (2xx), or when it is tried again. One with a flaw is tried only once."""
        attempts = notice.attempts + 1
        over = notice.flaw != "none" or attempts > len(RETRY_SECONDS)
        state = "delivered" if delivered else "given_up" if over else "pending"
        due_at = now if state != "pending" else now + timedelta(seconds=RETRY_SECONDS[attempts - 1])
        with self._step() as db:
            query = "UPDATE notices SET state = ?, attempts = ?, due_at = ? WHERE id = ?"
            db.execute(query, (state, attempts, _stamp(due_at), notice.id))

    def _settle(self, db: sqlite3.Connection, transfer: Transfer, now: datetime) -> None:
        card = self._card_of(transfer.token)
        self._finish(db, transfer, card.failure_code or self._move_money(db, transfer), now)
        if card.relents_after_seconds is not None:
            due_at = now + timedelta(seconds=card.relents_after_seconds)
            db.execute("INSERT INTO relenting VALUES (?, ?)", (transfer.out_no, _stamp(due_at)))

    def _relent(self, db: sqlite3.Connection, transfer: Transfer, now: datetime) -> None:
        """Make what had failed after all, if there still is the money for it."""
        db.execute("DELETE FROM relenting WHERE out_no = ?", (transfer.out_no,))
        if self._move_money(db, transfer) is None:
            self._finish(db, transfer, None, now)

    def _finish(self, db: sqlite3.Connection, transfer: Transfer, failure_code: str | None, now: datetime) -> None:
        status = "failed" if failure_code else "settled"
        db.execute(
            "UPDATE transfers SET status = ?, failure_code = ?, final_at = ? WHERE out_no = ?",
            (status, failure_code, _stamp(now), transfer.out_no),
        )
        self._plan_notices(db, self._card_of(transfer.token), transfer.out_no, now)

    def _move_money(self, db: sqlite3.Connection, transfer: Transfer) -> str | None:
        """Change the card's balance, or return why it cannot be."""
        change = -transfer.amount if transfer.direction == "collect" else transfer.amount
        query = "UPDATE accounts SET balance = balance + ?1 WHERE token = ?2 AND balance + ?1 >= 0"
        moved = db.execute(query, (change, transfer.token)).rowcount
        return None if moved else "insufficient_funds"

    def _plan_notices(self, db: sqlite3.Connection, card: Card, out_no: str, now: datetime) -> None:
        transfer = self.get_transfer(out_no)
        ids = {plan.mark: f"notice_{uuid4().hex}" for plan in card.notices}
        query = """INSERT INTO notices (notice_id, out_no, body, notify_url, flaw, state, attempts, due_at)
            VALUES (?, ?, ?, ?, ?, 'pending', 0, ?)"""
        for plan in card.notices:
            notice_id, due_at = ids[plan.mark], now + timedelta(seconds=plan.delay_seconds)
            body = _notice_body(transfer, notice_id, plan)
            db.execute(query, (notice_id, out_no, body, transfer.notify_url, plan.flaw, _stamp(due_at)))

    def _list_due_notices(self, now: datetime) -> list[DueNotice]:
        query = """SELECT id, notice_id, out_no, CAST(body AS BLOB), notify_url, flaw, attempts FROM notices
            WHERE state = 'pending' AND due_at <= ? ORDER BY due_at, id LIMIT ?"""
        with self._lock:
            return [DueNotice(*row) for row in self._db.execute(query, (_stamp(now), STEP_MAX))]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _bounds(day: date) -> tuple[str, str]:
    """Return the bank's own midnights before and after a day."""
    start, end = (_stamp(datetime.combine(day + timedelta(days=n), time(), BANK_TIME)) for n in (0, 1))
    return start, end


def _notice_body(transfer: Transfer, notice_id: str, plan: NoticePlan) -> str:
    early = plan.says == "processing"
    notice = {
        "notice_id": notice_id,
        "out_no": transfer.out_no,
        "status": "processing" if early else transfer.status,
        "amount": transfer.amount,
        "failure_code": None if early else transfer.failure_code,
        "at": transfer.accepted_at if early else transfer.final_at,
    }
    return json.dumps(notice)


def _insert(table: str, row: type[Account] | type[Transfer]) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' for _ in fields(row))})"  # noqa: S608  # nosec B608 (our own names)
