"""How much of a wallet, and of each stake in it, earns on a day: derived from the postings, stored nowhere.

For day D, τ(D) is the first instant whose money is not confirmed yet (`calendar.unconfirmed_since`). What came in
before it earns. Of what came in since, money out takes first, so the rest is the largest sum of the flows from any one
of them to the end of D, or nothing:

    unconfirmed = max(0, max over k of Σ flows from k to the end)        base = balance at the end of D − unconfirmed

Enrolling counts the whole balance as one flow in at that moment. Enrolled at τ or later, that flow is the first since
τ and the sum from it on is the balance itself: nothing earns yet. Enrolled before τ, all of it is confirmed like any
other money. So one comparison says it, and nothing is added to the flows.

A flow of a stake is its posting; a flow of the wallet is what an entry changes in all its stakes together. Both are
rows of the same query, the wallet's under the wallet's own id. What is posted after the end of D does not count, so any
past day can be derived again and gives what it gave then.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from yields.calendar import TradingCalendar, day_end, unconfirmed_since

SQL = """
WITH enrolled AS (
    SELECT * FROM unnest(%(wallets)s::uuid[], %(enrolled_at)s::timestamptz[]) AS e (wallet_id, enrolled_at)
),
holding AS (
    SELECT a.wallet_id, coalesce(a.id, a.wallet_id) AS id, sum(a.balance) AS balance_now
    FROM ledger_account a
    WHERE a.wallet_id = ANY(%(wallets)s) AND a.kind = 'STAKE'
    GROUP BY GROUPING SETS ((a.wallet_id, a.id), (a.wallet_id))
),
flow AS (
    SELECT coalesce(p.account_id, p.wallet_id) AS id, n.sequence, n.posted_at, sum(p.amount) AS amount
    FROM ledger_entry n
    JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id
    JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id AND a.kind = 'STAKE'
    WHERE n.wallet_id = ANY(%(wallets)s) AND n.posted_at >= %(since)s
    GROUP BY GROUPING SETS ((p.wallet_id, p.account_id, n.sequence, n.posted_at),
                            (p.wallet_id, n.sequence, n.posted_at))
),
sum_to_the_end AS (
    SELECT id, sum(amount) OVER (PARTITION BY id ORDER BY sequence DESC) AS amount
    FROM flow WHERE posted_at < %(day_end)s
),
unconfirmed AS (SELECT id, greatest(0, max(amount)) AS amount FROM sum_to_the_end GROUP BY id),
posted_later AS (SELECT id, sum(amount) AS amount FROM flow WHERE posted_at >= %(day_end)s GROUP BY id),
standing AS (
    SELECT h.wallet_id, h.id, h.balance_now - coalesce(l.amount, 0) AS balance, coalesce(u.amount, 0) AS unconfirmed
    FROM holding h LEFT JOIN posted_later l USING (id) LEFT JOIN unconfirmed u USING (id)
)
SELECT s.wallet_id, s.id, s.balance::bigint,
       (CASE WHEN e.enrolled_at < %(since)s THEN s.unconfirmed ELSE greatest(0, s.balance) END)::bigint
FROM standing s JOIN enrolled e USING (wallet_id)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a wallet or a stake holds at the end of a day, and how much of it is not confirmed yet (fen)."""

    balance: int = 0
    unconfirmed: int = 0

    @property
    def base(self) -> int:
        """What earns. Who owes the group earns nothing."""
        return max(0, self.balance - self.unconfirmed)


@dataclass(slots=True)
class Bases:
    """A wallet's standing, and that of each stake by its account's id."""

    wallet: Standing = Standing()
    stakes: dict[uuid.UUID, Standing] = field(default_factory=dict)

    def weights(self) -> dict[uuid.UUID, int]:
        """Say what a day's income is split by: the members' bases, or their stakes, where none has a base."""
        bases = {account_id: standing.base for account_id, standing in self.stakes.items()}
        if any(bases.values()):
            return bases
        return {account_id: max(0, standing.balance) for account_id, standing in self.stakes.items()}


def derive_bases(
    *, day: date, calendar: TradingCalendar, enrolled_at: Mapping[uuid.UUID, datetime]
) -> dict[uuid.UUID, Bases]:
    """Derive what earns on a day, for wallets by their ids, each with the moment it was enrolled: one statement.

    :raises CalendarNotLoaded: when the day lies outside the calendar.
    """
    arguments: dict[str, Any] = {
        "wallets": list(enrolled_at),
        "enrolled_at": list(enrolled_at.values()),
        "since": unconfirmed_since(day, calendar),
        "day_end": day_end(day),
    }
    bases = {wallet_id: Bases() for wallet_id in enrolled_at}
    with connection.cursor() as cursor:
        cursor.execute(SQL, arguments)
        for wallet_id, holding_id, balance, unconfirmed in cursor.fetchall():
            standing = Standing(balance, unconfirmed)
            if holding_id == wallet_id:
                bases[wallet_id].wallet = standing
            else:
                bases[wallet_id].stakes[holding_id] = standing
    return bases
