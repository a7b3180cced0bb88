"""The independent total of a run: counted from enrollments, yield days and the books by the database alone.

It shares nothing with the code that credits. The income is computed a second time, in the database's own exact numbers,
and a third time read from the FUND accounts; all three must be the same.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from yields.calendar import day_end
from yields.models import Fund

SQL = """
SELECT count(*), count(d.id), count(d.id) FILTER (WHERE d.income > 0), coalesce(sum(d.base), 0)::bigint,
       coalesce(sum(d.income), 0)::bigint, coalesce(sum(d.cut_off), 0),
       coalesce(sum(floor(d.base * %(rate)s::numeric / 10000)), 0)::bigint,
       coalesce(sum(booked.amount), 0)::bigint,
       (SELECT count(*) FROM yields_yieldday o WHERE o.fund_id = %(fund)s AND o.date = %(day)s)
FROM yields_enrollment e
LEFT JOIN yields_yieldday d ON d.wallet_id = e.wallet_id AND d.date = %(day)s AND d.fund_id = e.fund_id
LEFT JOIN LATERAL (
    SELECT -sum(p.amount) AS amount
    FROM ledger_entry n
    JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id
    JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id AND a.kind = 'FUND'
    WHERE n.wallet_id = e.wallet_id AND n.reference = %(reference)s
) booked ON true
WHERE e.fund_id = %(fund)s AND e.enrolled_at < %(end)s AND (e.ended_at IS NULL OR e.ended_at >= %(end)s)
"""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of wallets, sums in fen."""

    enrolled: int
    days: int
    credited: int
    base: int
    income: int
    cut_off: Decimal
    income_computed: int
    income_booked: int
    days_of_fund: int

    def find_fault(self) -> str:
        """Say what does not agree, or nothing."""
        if self.days < self.enrolled:
            return f"{self.enrolled - self.days} of {self.enrolled} wallets are not done"
        if self.days_of_fund != self.days:
            return f"{self.days_of_fund - self.days} wallets were credited that were not enrolled"
        if not self.income == self.income_computed == self.income_booked:
            return f"income {self.income}, computed {self.income_computed}, booked {self.income_booked}"
        return ""


def count_totals(fund: Fund, day: date, rate: Decimal) -> Totals:
    """Count a run's totals."""
    arguments: dict[str, Any] = {
        "fund": fund.pk,
        "day": day,
        "rate": rate,
        "end": day_end(day),
        "reference": f"yield:{day.isoformat()}",
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, arguments)
        return Totals(*cursor.fetchone())
