"""What is not confirmed yet, flow by flow: why it does not earn, and from when on it will.

For people to read; the base itself needs no lots (`yields.base`). Money out takes the newest unconfirmed money first,
so what is left of each flow is a stack; its sum is the same unconfirmed rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, Sum

from wallet.ledger.models import Account, Entry
from yields.base import Standing
from yields.calendar import CalendarNotLoaded, Confirmation, TradingCalendar, confirmation, day_end, unconfirmed_since
from yields.models import Enrollment

ENROLLMENT = "enrollment"


@dataclass(slots=True)
class Lot:
    """What is left (fen) of money that came in and is not confirmed. Without dates where the calendar is not loaded."""

    kind: str
    came_in_at: datetime
    amount: int
    left: int
    calendar: TradingCalendar

    @property
    def confirmation(self) -> Confirmation | None:
        try:
            return confirmation(self.came_in_at, self.calendar)
        except CalendarNotLoaded:
            return None


def list_unconfirmed(enrollment: Enrollment, day: date, standing: Standing) -> list[Lot]:
    """List what is left at the end of a day of the money that is not confirmed on it, the oldest first."""
    calendar = enrollment.fund.trading_days
    since = max(unconfirmed_since(day, calendar), enrollment.enrolled_at)
    flows = list(_list_flows(enrollment, since, day))
    if enrollment.enrolled_at == since:
        opening = standing.balance - sum(amount for _, _, amount in flows)
        flows.insert(0, (ENROLLMENT, enrollment.enrolled_at, opening))
    lots: list[Lot] = []
    for kind, moment, amount in flows:
        if amount > 0:
            lots.append(Lot(kind, moment, amount, amount, calendar))
        else:
            _take(lots, -amount)
    return lots


def _list_flows(enrollment: Enrollment, since: datetime, day: date) -> Iterator[tuple[str, datetime, int]]:
    wallet_id = enrollment.group_id
    stakes = Q(postings__wallet=wallet_id, postings__account__kind=Account.Kind.STAKE)
    entries = Entry.objects.filter(wallet=wallet_id, posted_at__gte=since, posted_at__lt=day_end(day))
    summed = entries.annotate(change=Sum("postings__amount", filter=stakes, default=0)).order_by("sequence")
    yield from summed.exclude(change=0).values_list("kind", "posted_at", "change")


def _take(lots: list[Lot], amount: int) -> None:
    while amount and lots:
        taken = min(amount, lots[-1].left)
        lots[-1].left -= taken
        amount -= taken
        if not lots[-1].left:
            lots.pop()
