"""The independent total of a part of a run: counted from enrollments, yield days and the books by the database alone.

It shares nothing with the code that credits. The income is computed a second time, in the database's own exact numbers,
and a third time read from the FUND accounts; all three must be the same.
"""

import uuid
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
       coalesce(sum(booked.amount), 0)::bigint
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
AND (%(first)s::uuid IS NULL OR e.wallet_id >= %(first)s) AND (%(until)s::uuid IS NULL OR e.wallet_id < %(until)s)
"""
#: How many wallets of a fund earned a day, and how many were credited for it: by counting alone.
COUNTS = """
SELECT (SELECT count(*) FROM yields_enrollment e WHERE e.fund_id = %(fund)s AND e.enrolled_at < %(end)s
        AND (e.ended_at IS NULL OR e.ended_at >= %(end)s)),
       (SELECT count(*) FROM yields_yieldday d WHERE d.fund_id = %(fund)s AND d.date = %(day)s)
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

    def find_fault(self) -> str:
        """Say what does not agree, or nothing."""
        if self.days < self.enrolled:
            return f"{self.enrolled - self.days} of {self.enrolled} wallets are not done"
        if not self.income == self.income_computed == self.income_booked:
            return f"income {self.income}, computed {self.income_computed}, booked {self.income_booked}"
        return ""


def count_totals(
    fund: Fund, day: date, rate: Decimal, *, first: uuid.UUID | None = None, until: uuid.UUID | None = None
) -> Totals:
    """Count the totals of the wallets from `first` on and before `until`."""
    arguments: dict[str, Any] = {
        "fund": fund.pk,
        "day": day,
        "rate": rate,
        "end": day_end(day),
        "reference": f"yield:{day.isoformat()}",
        "first": first,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, arguments)
        return Totals(*cursor.fetchone())


def count_wallets(fund: Fund, day: date) -> tuple[int, int]:
    """Count the wallets that earned a day of a fund, and those that were credited for it."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"fund": fund.pk, "day": day, "end": day_end(day)})
        enrolled, credited = cursor.fetchone()
        return enrolled, credited
