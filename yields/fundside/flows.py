"""What the enrolled wallets' money did between two moments, over all wallets of a fund in one statement each.

A moment belongs to what follows it: what is posted, switched on or off at 15:00:00 exactly is in the next window. So
windows that touch count everything once, and their orders sum to what the enrolled wallets hold at the last cut, less
the income that was credited to them until then.

- Of an entry, what stands against the wallet's FUND account is income: the fund has reinvested it, and nobody orders
  it. It is the income of the fund that the wallet's day names; a correction has no day of its own and is of the fund
  that the wallet was in last. All else is money in or out.
- Income that is credited to a wallet that has left the fund meanwhile stays behind as shares: it is redeemed.
- Who switches on or off counts with the whole balance at that moment. What flows while not enrolled does not count.

Balances of a past moment are read back from today's: only wallets that have something to say are looked at.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from yields.models import Fund

# A wallet's balance before a moment: today's, less all that was posted since.
_SINCE = """
    SELECT coalesce(sum(p.amount), 0) AS amount
    FROM ledger_entry n
    JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id
    JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id AND a.kind = 'STAKE'
    WHERE n.wallet_id = w.id AND n.posted_at >= """

ORDER = f"""
WITH spell AS MATERIALIZED (
    SELECT wallet_id, enrolled_at, coalesce(ended_at, 'infinity') AS ended_at
    FROM yields_enrollment WHERE fund_id = %(fund)s AND enrolled_at < %(until)s
),
line AS (
    SELECT n.wallet_id, n.reference, n.posted_at,
           coalesce(sum(p.amount) FILTER (WHERE a.kind = 'STAKE'), 0) AS change,
           coalesce(-sum(p.amount) FILTER (WHERE a.kind = 'FUND'), 0) AS paid
    FROM (SELECT DISTINCT wallet_id FROM spell) s
    JOIN ledger_entry n ON n.wallet_id = s.wallet_id AND n.posted_at >= %(since)s AND n.posted_at < %(until)s
    JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id
    JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id AND a.kind IN ('STAKE', 'FUND')
    GROUP BY n.wallet_id, n.id, n.reference, n.posted_at
),
flow AS (
    SELECT l.change, s.wallet_id IS NOT NULL AS is_in,
           CASE WHEN l.paid <> 0 AND %(fund)s = coalesce(d.fund_id, (
               SELECT e.fund_id FROM yields_enrollment e
               WHERE e.wallet_id = l.wallet_id AND e.enrolled_at <= l.posted_at ORDER BY e.enrolled_at DESC LIMIT 1
           )) THEN l.paid ELSE 0 END AS income
    FROM line l
    LEFT JOIN spell s
    ON s.wallet_id = l.wallet_id AND s.enrolled_at <= l.posted_at AND l.posted_at < s.ended_at
    LEFT JOIN yields_yieldday d
    ON d.wallet_id = l.wallet_id AND d.date = substring(l.reference FROM '^yield:(\\d{{4}}-\\d\\d-\\d\\d)$')::date
),
turn AS (
    SELECT wallet_id, enrolled_at AS at, true AS is_on FROM spell WHERE enrolled_at >= %(since)s
    UNION ALL
    SELECT wallet_id, ended_at, false FROM spell WHERE ended_at >= %(since)s AND ended_at < %(until)s
),
turned AS (
    SELECT t.is_on, w.balance - later.amount AS amount
    FROM turn t JOIN ledger_wallet w ON w.id = t.wallet_id CROSS JOIN LATERAL ({_SINCE} t.at) later
),
flows AS (
    SELECT coalesce(sum(change - income) FILTER (WHERE is_in AND change > income), 0) AS money_in,
           coalesce(sum(income - change) FILTER (WHERE is_in AND change < income), 0) AS money_out,
           coalesce(sum(income) FILTER (WHERE NOT is_in), 0) AS income_paid_out,
           coalesce(sum(income), 0) AS income_credited
    FROM flow
),
turns AS (
    SELECT coalesce(sum(amount) FILTER (WHERE is_on), 0) AS switched_on,
           coalesce(sum(amount) FILTER (WHERE NOT is_on), 0) AS switched_off
    FROM turned
)
SELECT money_in::bigint, money_out::bigint, switched_on::bigint, switched_off::bigint, income_paid_out::bigint,
       income_credited::bigint
FROM flows, turns
"""  # noqa: S608  (our own text)

# Of a wallet that stays, what was drawn of its confirmed money is the lowest point of its flows since, in order: money
# out takes unconfirmed money first. Of one that was switched off, all of it.
LEAVING = f"""
WITH spell AS MATERIALIZED (
    SELECT wallet_id, coalesce(ended_at, 'infinity') >= %(until)s AS stays
    FROM yields_enrollment
    WHERE fund_id = %(fund)s AND enrolled_at < %(since)s AND (ended_at IS NULL OR ended_at >= %(since)s)
),
flow AS (
    SELECT s.wallet_id, n.sequence, sum(p.amount) AS amount
    FROM spell s
    JOIN ledger_entry n ON n.wallet_id = s.wallet_id AND n.posted_at >= %(since)s AND n.posted_at < %(until)s
    JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id
    JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id AND a.kind = 'STAKE'
    WHERE s.stays
    GROUP BY s.wallet_id, n.sequence
),
so_far AS (SELECT wallet_id, sum(amount) OVER (PARTITION BY wallet_id ORDER BY sequence) AS amount FROM flow),
drawn AS (SELECT greatest(0, -min(amount)) AS amount FROM so_far GROUP BY wallet_id),
gone AS (
    SELECT w.balance - later.amount AS amount
    FROM spell s JOIN ledger_wallet w ON w.id = s.wallet_id CROSS JOIN LATERAL ({_SINCE} %(since)s) later
    WHERE NOT s.stays
)
SELECT ((SELECT coalesce(sum(amount), 0) FROM drawn) + (SELECT coalesce(sum(amount), 0) FROM gone))::bigint
"""  # noqa: S608  (our own text)


@dataclass(frozen=True, slots=True)
class Parts:
    """What an order is made of (fen)."""

    money_in: int
    money_out: int
    switched_on: int
    switched_off: int
    income_paid_out: int
    income_credited: int

    @property
    def amount(self) -> int:
        """What is asked of the fund: > 0 a purchase, < 0 a redemption."""
        return self.money_in - self.money_out + self.switched_on - self.switched_off - self.income_paid_out


def count_parts(fund: Fund, since: datetime, until: datetime) -> Parts:
    """Count what the wallets of a fund did in [since, until)."""
    return Parts(*_ask(ORDER, fund, since, until))


def count_leaving(fund: Fund, since: datetime, until: datetime) -> int:
    """Count the fen that were confirmed at `since` and went out, or out of the fund, in [since, until)."""
    (amount,) = _ask(LEAVING, fund, since, until)
    return int(amount)


def _ask(statement: str, fund: Fund, since: datetime, until: datetime) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"fund": fund.pk, "since": since, "until": until})
        row: tuple[Any, ...] = cursor.fetchone()
    return row
