"""Reads of a group's rules."""

import uuid
from datetime import datetime

from django.db.models import Q, QuerySet

from groups.members.models import Group
from groups.proposals.quorums import some
from groups.proposals.selectors import list_electors
from groups.rules.judging import Rules, Tier
from groups.rules.models import ApprovalTier, CategoryBlock, Pause, Rulebook, SpendingCounter, SpendingLimit
from groups.rules.sharing import Choice, check_choice, list_shareable
from groups.rules.windows import Window, window_at

#: Stands for whatever will be paid, in fen: so much that no fen of rounding decides.
NOMINAL = 10**12


def get_rulebook(group_id: uuid.UUID) -> Rulebook:
    """Get the rules that every group has."""
    return Rulebook.objects.get(group=group_id)


def list_limits(group_id: uuid.UUID) -> QuerySet[SpendingLimit]:
    """List the limits of a group."""
    return SpendingLimit.objects.filter(group=group_id).order_by("limit", "id")


def list_blocks(group_id: uuid.UUID) -> QuerySet[CategoryBlock]:
    """List what a group does not pay for."""
    return CategoryBlock.objects.filter(group=group_id).order_by("category", "id")


def list_pauses(group_id: uuid.UUID) -> QuerySet[Pause]:
    """List who does not spend at the moment."""
    return Pause.objects.filter(group=group_id).order_by("id")


def list_tiers(group_id: uuid.UUID) -> list[Tier]:
    """List from which amounts on how many others must approve, the lowest first."""
    tiers = ApprovalTier.objects.filter(group=group_id).order_by("above")
    return [Tier(tier.above, tier.approvals) for tier in tiers]


def find_window(rulebook: Rulebook, group: Group, now: datetime) -> Window:
    """Find the window of a moment, which may have begun since something was last counted."""
    return window_at(Window(rulebook.window_starts_at, rulebook.window_ends_at), group.time_zone, now)


def spent_in(group_id: uuid.UUID, window: Window) -> dict[uuid.UUID | None, int]:
    """Look up what was spent in a window (fen), by member; None is the whole group."""
    counters = SpendingCounter.objects.filter(group=group_id, starts_at=window.starts_at)
    return dict(counters.values_list("member_id", "spent"))


def read_rules(group: Group, user_id: uuid.UUID, now: datetime) -> Rules:
    """Read what a spend of this member is judged by now."""
    window = find_window(get_rulebook(group.pk), group, now)
    mine = Q(member__isnull=True) | Q(member=user_id)
    spent = spent_in(group.pk, window)
    return Rules(
        window=window,
        is_paused=list_pauses(group.pk).filter(mine).exists(),
        blocked=frozenset(list_blocks(group.pk).filter(mine).values_list("category", flat=True)),
        limits=list(list_limits(group.pk).filter(mine).values_list("limit", "amount")),
        tiers=list_tiers(group.pk),
        member_spent=spent.get(user_id, 0),
        group_spent=spent.get(None, 0),
    )


def free_up_to(group_id: uuid.UUID, user_id: uuid.UUID, rules: Rules) -> int | None:
    """Say above what amount (fen) others must approve; None where they need not, or nobody else has a vote."""
    if not rules.tiers or not some(list_electors(group_id), 1, but=[user_id]).needed:
        return None
    return min(tier.above for tier in rules.tiers)


def judge_choice(group: Group, payer_id: uuid.UUID, choice: Choice) -> None:
    """Judge, as things stand, whether a payer may share whatever will be paid so.

    :raises ParticipantUnknown: and the others that `check_choice` raises.
    """
    if choice.participants or not choice.is_by(group.sharing_rule):
        payers_choose = get_rulebook(group.pk).payers_choose
        stakes = list_shareable(group.pk)
        check_choice(
            NOMINAL, choice, rule=group.sharing_rule, payers_choose=payers_choose, stakes=stakes, payer_id=payer_id
        )
