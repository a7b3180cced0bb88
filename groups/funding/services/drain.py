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

DAY = timedelta(days=1)
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Drain:
    """What the guard looks at, in fen: the pool, what has left it today, and what this member has let others bear."""

    pool: int
    part_percent: int
    left_today: int
    unasked: int

    def holds(self, amount: int, own: int) -> bool:
        """Say whether an amount (fen) has to wait, of a member whose stake is `own` (fen) before it leaves.

        What others bear is within the stake that remains exactly when the whole amount is within the stake before.
        """
        part = (self.pool + self.left_today) * self.part_percent // 100
        return self.unasked + amount > own or self.left_today + amount > part


def read_drain(group_id: uuid.UUID, user_id: uuid.UUID, pool: int, now: datetime) -> Drain:
    """Read what a member's next transfer is judged by; `pool` (fen) is what there is now.

    Of a day is what has left in it, however long it was announced before. The part is of what there was before.
    """
    left = _list_left(group_id)
    return Drain(
        pool=pool,
        part_percent=get_rulebook(group_id).part_percent,
        left_today=_sum(left.filter(entry__posted_at__gt=now - DAY), "amount"),
        unasked=_sum(left.filter(user=user_id, entry__posted_at__gt=now - MONTH), "unasked"),
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
