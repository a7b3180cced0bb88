"""Counting what is spent in a month, under the wallet's lock and in the transaction of the spend itself.

What is counted bears the beginning of its window (`counted_in`), and what is given back counts only while that window
is the present one: a refund in March of a payment of February buys nothing.
"""

import uuid
from datetime import datetime

from django.db.models import F

from groups.members.models import Group
from groups.rules.models import Rulebook, SpendingCounter
from groups.rules.selectors import find_window, get_rulebook
from groups.rules.windows import Window


def enter_window(group_id: uuid.UUID, window: Window) -> None:
    """Go on counting in a window that has begun."""
    row = Rulebook.objects.filter(group=group_id)
    row.update(window_starts_at=window.starts_at, window_ends_at=window.ends_at)


def count_spend(group: Group, user_id: uuid.UUID, amount: int, now: datetime) -> datetime:
    """Count a spend (fen, > 0) of the group and of the member; say in which window."""
    window = find_window(get_rulebook(group.pk), group, now)
    enter_window(group.pk, window)
    for member_id in (None, user_id):
        counter, _ = SpendingCounter.objects.get_or_create(group=group, member_id=member_id, starts_at=window.starts_at)
        _add(counter, amount)
    return window.starts_at


def uncount_spend(
    group: Group, user_id: uuid.UUID, amount: int, counted_in: datetime | None, now: datetime
) -> datetime | None:
    """Give an allowance back (fen) for what was counted in the present window; say in which, or None."""
    window = find_window(get_rulebook(group.pk), group, now)
    if counted_in != window.starts_at:
        return None
    for member_id in (None, user_id):
        _add(SpendingCounter.objects.get(group=group, member=member_id, starts_at=counted_in), -amount)
    return counted_in


def _add(counter: SpendingCounter, amount: int) -> None:
    row = SpendingCounter.objects.filter(group=counter.group_id, pk=counter.pk)
    row.update(spent=F("spent") + amount)
