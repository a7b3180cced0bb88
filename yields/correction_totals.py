"""The independent total of a correction: counted from yield days, corrected days and the books by the database alone.

As with `yields.totals`, it shares nothing with the code that posts. The income is computed a second time in the
database's own exact numbers, and what moved is read from the FUND accounts under the two references of each wallet.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from yields.models import RateCorrection

SQL = """
SELECT count(*), count(c.id), count(c.id) FILTER (WHERE c.income <> c.income_before),
       coalesce(sum(c.income_before), 0)::bigint, coalesce(sum(c.income), 0)::bigint, coalesce(sum(c.cut_off), 0),
       coalesce(sum(floor(d.base * %(rate)s::numeric / 10000)) FILTER (WHERE c.id IS NOT NULL), 0)::bigint,
       coalesce(sum(booked.amount), 0)::bigint
FROM yields_yieldday d
LEFT JOIN yields_correctedday c
ON c.wallet_id = d.wallet_id AND c.date = d.date AND c.number = %(number)s AND c.earned_id = d.id
LEFT JOIN LATERAL (
    SELECT -sum(p.amount) AS amount
    FROM ledger_entry n
    JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id
    JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id AND a.kind = 'FUND'
    WHERE n.wallet_id = d.wallet_id AND n.reference = ANY(%(references)s)
) booked ON true
WHERE d.fund_id = %(fund)s AND d.date = %(day)s
"""


@dataclass(frozen=True, slots=True)
class CorrectedTotals:
    """Counts of wallets, sums in fen. `booked` is what all entries of the correction together added to the stakes."""

    wallets: int
    done: int
    changed: int
    income_before: int
    income: int
    cut_off: Decimal
    income_computed: int
    booked: int

    def find_fault(self) -> str:
        """Say what does not agree, or nothing."""
        if self.done < self.wallets:
            return f"{self.wallets - self.done} of {self.wallets} wallets are not done"
        if self.income != self.income_computed:
            return f"income {self.income}, computed {self.income_computed}"
        if self.income - self.income_before != self.booked:
            return f"changed by {self.income - self.income_before}, booked {self.booked}"
        return ""


def count_corrected(correction: RateCorrection) -> CorrectedTotals:
    """Count a correction's totals."""
    day = correction.fund_day
    name = f"{day.date.isoformat()}:{correction.number}"
    arguments: dict[str, Any] = {
        "fund": day.fund_id,
        "day": day.date,
        "number": correction.number,
        "rate": correction.yield_per_10k,
        "references": [f"yield:{name}", f"yield-reversal:{name}"],
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, arguments)
        return CorrectedTotals(*cursor.fetchone())
