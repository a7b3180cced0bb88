"""The drain guard: no one person empties the pool of everybody's money before the others could object.

A transfer out that the group bears leaves at once only while the own stake that remains could make good what the others
bear of it, together with what they have borne unasked in the last thirty days; and while no more than the agreed part
of the pool leaves within a day. Until the hours to object are over, that much of the own stake stays where it is.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum

from groups.funding.models import Withdrawal
from groups.rules.selectors import get_rulebook
from wallet.ledger import clock

DAY = timedelta(days=1)
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Drain:
    """What the guard looks at: what has left a pool today, and what each member has let others bear unasked (fen)."""

    part_percent: int
    left_today: int
    unasked: Mapping[uuid.UUID, int]

    def holds(self, user_id: uuid.UUID, amount: int, *, own: int, pool: int) -> bool:
        """Say whether a member's amount has to wait, where `own` is their stake and `pool` all stakes before (fen).

        What others bear is within the stake that remains exactly when the whole amount is within the stake before.
        """
        part = (pool + self.left_today) * self.part_percent // 100
        return self.unasked.get(user_id, 0) + amount > own or self.left_today + amount > part


def read_drain(group_id: uuid.UUID) -> Drain:
    """Read what the next transfer out of a pool is judged by.

    Of a day is what has left in it, however long it was announced before.
    """
    left, now = _list_left(group_id), clock.database_now()
    unasked = left.filter(unasked__gt=0, entry__posted_at__gt=now - MONTH)
    return Drain(
        part_percent=get_rulebook(group_id).part_percent,
        left_today=_sum(left.filter(entry__posted_at__gt=now - DAY), "amount"),
        unasked=dict(unasked.order_by().values_list("user").annotate(Sum("unasked"))),
    )


def cover_of(group_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> tuple[int, datetime | None]:
    """Say how much of a member's stake (fen) stays for what others bear unasked, and until when the last of it does."""
    hours = timedelta(hours=get_rulebook(group_id).objection_hours)
    standing = _list_left(group_id).filter(user=user_id, unasked__gt=0, entry__posted_at__gt=now - hours)
    last = standing.order_by("-entry__posted_at").values_list("entry__posted_at", flat=True).first()
    return _sum(standing, "unasked"), last + hours if last else None


def others_part(shares: Mapping[uuid.UUID, int], user_id: uuid.UUID) -> int:
    """Add up what the others bear (fen), of shares by member."""
    return sum(part for bearer, part in shares.items() if bearer != user_id)


def _list_left(group_id: uuid.UUID) -> QuerySet[Withdrawal]:
    shared = Withdrawal.objects.filter(group=group_id, entry__wallet=group_id, borne_by=Withdrawal.BorneBy.GROUP)
    return shared.filter(status__in=(Withdrawal.Status.REQUESTED, Withdrawal.Status.SETTLED))


def _sum(withdrawals: QuerySet[Withdrawal], field: str) -> int:
    total: int = withdrawals.aggregate(sum=Sum(field))["sum"] or 0
    return total
