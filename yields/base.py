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

#: The rule as one statement for many wallets (migration 0005); the nightly run uses it inside another.
SQL = "SELECT * FROM yields_bases(%(wallets)s::uuid[], %(enrolled_at)s::timestamptz[], %(since)s, %(day_end)s)"


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
