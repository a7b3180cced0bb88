"""The same payment in psycopg, statement by statement: what somebody would write who wants it fast and has no Django.

It writes the very rows that `groups.spending.services.charge` writes, as the owner of the tables, and so stands
`check_books`. psycopg prepares each statement by itself after a few times. On the real tables the five postings are one
statement, for law 1 looks at each statement whole; on bare ones (no triggers, no foreign keys) each has its own.
"""

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb
from uuid6 import uuid7

from groups.spending.codes import hash_code
from tests.bench.scene import AMOUNT_FEN, CATEGORY, SUBJECT
from wallet.ledger.money import split

POSTING = "INSERT INTO ledger_posting (id, wallet_id, entry_id, account_id, amount, balance_after) VALUES "
POSTING_VALUES = "(%s, %s, %s, %s, %s, %s)"

RULES = """
    SELECT r.window_starts_at, r.window_ends_at,
           EXISTS (SELECT FROM rules_pause p WHERE p.wallet_id = r.wallet_id
                   AND (p.member_id IS NULL OR p.member_id = %(user)s)),
           (SELECT array_agg(b.category) FROM rules_categoryblock b WHERE b.wallet_id = r.wallet_id
            AND (b.member_id IS NULL OR b.member_id = %(user)s)),
           (SELECT array_agg(l.amount) FROM rules_spendinglimit l WHERE l.wallet_id = r.wallet_id
            AND (l.member_id IS NULL OR l.member_id = %(user)s)),
           (SELECT array_agg(t.above) FROM rules_approvaltier t WHERE t.wallet_id = r.wallet_id),
           (SELECT k.spent FROM rules_spendingcounter k WHERE k.wallet_id = r.wallet_id
            AND k.starts_at = r.window_starts_at AND k.member_id = %(user)s)
    FROM rules_rulebook r WHERE r.wallet_id = %(wallet)s"""
COUNT = """
    INSERT INTO rules_spendingcounter (id, wallet_id, member_id, starts_at, spent) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (wallet_id, starts_at, member_id)
    DO UPDATE SET spent = rules_spendingcounter.spent + excluded.spent"""

Line = tuple[uuid.UUID, int, int | None]


def pay(connection: psycopg.Connection, merchant: uuid.UUID, name: str, code: str, number: str, *, bare: bool) -> None:
    """Charge a code. The connection is in autocommit; transaction() sends BEGIN and COMMIT."""
    run, now = connection.execute, datetime.now(UTC)
    found = run("SELECT wallet_id, code_id FROM spending_codelead WHERE code_hash = %s", [hash_code(code)]).fetchone()
    assert found is not None
    wallet, code_id = found
    with connection.transaction():
        locked = run(
            "SELECT balance, sequence, head, status FROM ledger_wallet WHERE id = %s FOR NO KEY UPDATE", [wallet]
        ).fetchone()
        known = run(
            "SELECT id FROM spending_tradenumber WHERE merchant_id = %s AND out_trade_no = %s", [merchant, number]
        ).fetchone()
        shown = run(
            "SELECT c.user_id, c.used_at, c.expires_at, c.sharing_rule, g.archived_at FROM spending_paymentcode c"
            " JOIN members_group g ON g.wallet_id = c.wallet_id WHERE c.wallet_id = %s AND c.id = %s",
            [wallet, code_id],
        ).fetchone()
        stakes = run(
            "SELECT a.id, a.holder_id, a.balance, a.floor, m.role FROM ledger_account a JOIN members_membership m"
            " ON m.wallet_id = a.wallet_id AND m.user_id = a.holder_id AND m.left_at IS NULL"
            " WHERE a.wallet_id = %s AND a.kind = 'STAKE' ORDER BY a.id",
            [wallet],
        ).fetchall()
        rules = run(RULES, {"wallet": wallet, "user": shown[0] if shown else None}).fetchone()
        takings = run("SELECT id FROM ledger_account WHERE wallet_id = %s AND kind = 'MERCHANT'", [wallet]).fetchone()
        assert locked is not None
        assert shown is not None
        assert takings is not None
        assert known is None
        assert shown[1] is None
        assert now < shown[2]
        assert rules is not None
        window, ends_at, paused, blocked, limits, tiers, spent = rules
        assert not paused
        assert CATEGORY not in (blocked or [])
        assert all(limit - (spent or 0) >= AMOUNT_FEN for limit in limits or [])
        assert all(above >= AMOUNT_FEN for above in tiers or [])
        if now >= ends_at:
            window, ends_at = month_of(now)
            run(
                "UPDATE rules_rulebook SET window_starts_at = %s, window_ends_at = %s WHERE wallet_id = %s",
                [window, ends_at, wallet],
            )
        balance, sequence, head, _ = locked
        user, rule = shown[0], shown[3]
        parts = split(AMOUNT_FEN, {account: max(0, held) for account, _, held, _, _ in stakes})
        assert all(held - parts[account] >= floor for account, _, held, floor, _ in stakes)

        run("UPDATE spending_paymentcode SET used_at = %s WHERE wallet_id = %s AND id = %s", [now, wallet, code_id])
        lines: list[Line] = []
        left = {}
        for account, holder, _, _, _ in stakes:
            after = run(
                "UPDATE ledger_account SET balance = balance - %s WHERE id = %s AND wallet_id = %s RETURNING balance",
                [parts[account], account, wallet],
            ).fetchone()
            assert after is not None
            lines.append((account, -parts[account], after[0]))
            left[str(holder)] = after[0]
        lines.append((takings[0], AMOUNT_FEN, None))
        payment, entry, sequence, balance = uuid7(), uuid7(), sequence + 1, balance - AMOUNT_FEN
        reference, memo = f"payment:{payment}", f"{name} {SUBJECT}"
        digest = _digest(bytes(head), wallet, sequence, reference, memo, now, lines)
        run(
            "UPDATE ledger_wallet SET sequence = %s, balance = %s, head = %s WHERE id = %s",
            [sequence, balance, digest, wallet],
        )
        run(
            "INSERT INTO ledger_entry (id, wallet_id, sequence, kind, reference, memo, reverses_id, digest, posted_at)"
            " VALUES (%s, %s, %s, 'payment', %s, %s, NULL, %s, %s)",
            [entry, wallet, sequence, reference, memo, digest, now],
        )
        rows = [[uuid7(), wallet, entry, *line] for line in lines]
        if bare:
            for row in rows:
                run((POSTING + POSTING_VALUES).encode(), row)
        else:
            run((POSTING + ", ".join([POSTING_VALUES] * len(rows))).encode(), [value for row in rows for value in row])
        data = {
            "payment": str(payment),
            "merchant": name,
            "user": str(user),
            "subject": SUBJECT,
            "category": CATEGORY,
            "sharing_rule": rule,
            "amount": AMOUNT_FEN,
            "shares": {str(holder): parts[account] for account, holder, _, _, _ in stakes},
            "entry": str(entry),
            "balance": balance,
            "stakes": left,
        }
        run(
            "INSERT INTO ledger_event (id, wallet_id, sequence, kind, actor_id, data, at)"
            " VALUES (%s, %s, %s, 'payment_settled', %s, %s, %s)",
            [uuid7(), wallet, sequence, user, Jsonb(data, dumps=json.dumps), now],
        )
        run(
            "INSERT INTO spending_payment (id, wallet_id, user_id, merchant_id, code_id, out_trade_no, amount,"
            " refunded, subject, category, sharing_rule, status, refusal_code, entry_id, counted_in, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s, 'settled', '', %s, %s, %s)",
            [payment, wallet, user, merchant, code_id, number, AMOUNT_FEN, SUBJECT, CATEGORY, rule, entry, window, now],
        )
        run(
            "INSERT INTO spending_tradenumber (id, merchant_id, out_trade_no, wallet_id, payment_id)"
            " VALUES (%s, %s, %s, %s, %s)",
            [uuid7(), merchant, number, wallet, payment],
        )
        for member in (None, user):
            run(COUNT, [uuid7(), wallet, member, window, AMOUNT_FEN])


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """Find the month of a moment in Shanghai."""
    zone = ZoneInfo("Asia/Shanghai")
    local = now.astimezone(zone)
    return (
        datetime(local.year, local.month, 1, tzinfo=zone),
        datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=zone),
    )


def _digest(
    head: bytes, wallet: uuid.UUID, sequence: int, reference: str, memo: str, at: datetime, lines: Sequence[Line]
) -> bytes:
    """Chain the entry to the one before, as the function `ledger_digest` does."""
    micros = int(at.timestamp()) * 1_000_000 + at.microsecond
    written = ",".join(f"{account}:{amount}" for account, amount, _ in sorted(lines, key=lambda line: line[0]))
    told = [str(wallet), sequence, "payment", reference, memo, None, micros, written]
    text = json.dumps(told, ensure_ascii=False)
    return hashlib.sha256(head + text.encode()).digest()
