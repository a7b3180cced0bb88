"""What a group should be after any story, in as few lines as it can be said: the books and the rules, without either.

People are names; amounts are fen. Nothing here reads the project's code: what it computes, it computes its own way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
POOL = ""
WEEK, FORTNIGHT = timedelta(days=7), timedelta(days=14)


def divide(amount: int, weights: dict[str, int]) -> dict[str, int]:
    """Divide by largest remainder; of equals, whoever came first gets the fen."""
    total = sum(weights.values())
    exact = {name: Fraction(amount * weight, total) for name, weight in weights.items()}
    parts = {name: floor(part) for name, part in exact.items()}
    first = sorted(weights, key=lambda name: (parts[name] - exact[name], list(weights).index(name)))
    for name in first[: amount - sum(parts.values())]:
        parts[name] += 1
    return parts


def weekday_from(day: date) -> date:
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


@dataclass
class Vote:
    """A limit that somebody proposed."""

    proposer: str
    amount: int
    ends_at: datetime
    electorate: set[str]
    cast: dict[str, str] = field(default_factory=dict)
    status: str = "open"


@dataclass
class Paid:
    """A payment: what is left of it with whoever bore it."""

    payer: str
    left: dict[str, int]
    month: tuple[int, int]
    at: datetime
    contested_by: set[str] = field(default_factory=set)


@dataclass
class Quarrel:
    """A share that is contested, and what is held for it."""

    paid: Paid
    user: str
    amount: int
    held: int
    ends_at: datetime
    status: str = "open"


@dataclass
class Model:
    """A group of people who spend (True) and who look on (False); what is whose, and what of it earns from when."""

    members: dict[str, bool]
    now: datetime
    stakes: dict[str, int] = field(default_factory=dict)
    lots: dict[str, list[tuple[date, int]]] = field(default_factory=lambda: {POOL: []})
    limit: int | None = None
    spent: dict[tuple[int, int], int] = field(default_factory=dict)
    votes: list[Vote] = field(default_factory=list)
    payments: list[Paid] = field(default_factory=list)
    quarrels: list[Quarrel] = field(default_factory=list)
    credited_until: date = date.min

    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    @property
    def month(self) -> tuple[int, int]:
        return self.today.year, self.today.month

    # --- money --------------------------------------------------------------------------------------------------------
    def post(self, changes: dict[str, int]) -> None:
        """Change stakes at once, and what of them is confirmed from which day on; the newest goes first."""
        trades = weekday_from(self.today + timedelta(days=self.now.astimezone(SHANGHAI).hour >= 15))
        confirmed = weekday_from(trades + timedelta(days=1))
        for name, amount in {**changes, POOL: sum(changes.values())}.items():
            lots = self.lots.setdefault(name, [])
            if name != POOL:
                self.stakes[name] = self.stakes.get(name, 0) + amount
            if amount > 0:
                lots.append((confirmed, amount))
            while amount < 0:
                day, left = lots.pop()
                if left + amount > 0:
                    lots.append((day, left + amount))
                amount = min(0, left + amount)

    def pay(self, payer: str, amount: int) -> str | None:
        """Pay by the stakes of who is here; the code of the refusal, or None."""
        if self.limit is not None and amount > max(0, self.limit - self.spent.get(self.month, 0)):
            return "limit_exceeded"
        here = {name: stake for name, stake in self.stakes.items() if name in self.members}
        if amount > sum(here.values()):
            return "insufficient_funds"
        shares = divide(amount, here)
        self.post({name: -share for name, share in shares.items() if share})
        self.spent[self.month] = self.spent.get(self.month, 0) + amount
        self.payments.append(Paid(payer, shares, self.month, self.now))
        return None

    def refund(self, paid: Paid, amount: int) -> str | None:
        if amount > sum(paid.left.values()):
            return "refund_too_large"
        back = divide(amount, paid.left)
        self.post({name: part for name, part in back.items() if part})
        paid.left = {name: left - back[name] for name, left in paid.left.items()}
        if paid.month == self.month:
            self.spent[self.month] -= amount
        return None

    def earn(self, rate_e4: dict[date, int]) -> None:
        """Credit the days that are over, each by what had been confirmed on it when it ended."""
        lots, stakes = {name: list(each) for name, each in self.lots.items()}, dict(self.stakes)
        for day, rate in sorted(rate_e4.items()):
            base = {name: sum(left for since, left in each if since <= day) for name, each in lots.items()}
            income = base.pop(POOL) * rate // 100_000_000
            weights = {name: base.get(name, 0) for name in stakes} if any(base.values()) else stakes
            if income:
                self.post({name: part for name, part in divide(income, weights).items() if part})

    # --- people and rules ---------------------------------------------------------------------------------------------
    def leave(self, name: str) -> None:
        self.post({name: -self.stakes[name]} if self.stakes[name] else {})
        del self.members[name]
        for vote in self.votes:
            vote.electorate.discard(name)
            if vote.proposer == name and self.is_open(vote):
                vote.status = "cancelled"
            self.conclude(vote)

    def is_open(self, vote: Vote) -> bool:
        return vote.status == "open" and self.now < vote.ends_at

    def voters(self, vote: Vote) -> set[str]:
        """Whoever spends, has money there or had a vote from the beginning; never the proposer."""
        asked = {name for name, spends in self.members.items() if spends or self.stakes.get(name)}
        return (asked | vote.electorate & self.members.keys()) - {vote.proposer}

    def conclude(self, vote: Vote) -> None:
        if not self.is_open(vote):
            return
        said = {vote.cast.get(name) for name in self.voters(vote)}
        if "reject" in said:
            vote.status = "rejected"
        elif said <= {"approve"}:
            vote.status, self.limit = "approved", vote.amount

    def cast(self, vote: Vote, name: str, choice: str) -> str | None:
        if vote.cast.get(name) == choice:
            return None
        if not self.is_open(vote):
            return "proposal_closed"
        if name in vote.cast:
            return "vote_final"
        if name == vote.proposer:
            return "own_proposal"
        if name not in self.voters(vote):
            return "not_eligible"
        vote.cast[name] = choice
        self.conclude(vote)
        return None

    def contest(self, paid: Paid, user: str) -> str | None:
        share = paid.left.get(user, 0)
        if user == paid.payer:
            return "own_payment"
        if user in paid.contested_by:
            return "contested_before"
        if self.now - paid.at > timedelta(days=30):
            return "dispute_window_over"
        if not share:
            return "nothing_to_contest"
        held = min(share, self.stakes[paid.payer])
        self.post({paid.payer: -held} if held else {})
        paid.contested_by.add(user)
        self.quarrels.append(Quarrel(paid, user, share, held, self.now + FORTNIGHT))
        return None

    def end_quarrel(self, quarrel: Quarrel, *, conceded: bool) -> None:
        """What is held goes back; or as much as was contested and can be had goes over."""
        payer = quarrel.paid.payer
        over = min(quarrel.amount, quarrel.held + self.stakes[payer]) if conceded else 0
        changes = {quarrel.user: over, payer: quarrel.held - over}
        self.post({name: change for name, change in changes.items() if change})
        quarrel.status = "ended"

    def overdue(self) -> Iterator[Quarrel]:
        return (each for each in self.quarrels if each.status == "open" and self.now >= each.ends_at)
