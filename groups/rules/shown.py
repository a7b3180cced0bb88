"""A group's rules written for one of its members."""

from datetime import datetime
from typing import Any

from groups.members.selectors import Access
from groups.rules.judging import Rules, left_of
from groups.rules.models import SpendingLimit
from groups.rules.selectors import free_up_to, get_rulebook, list_blocks, list_limits, list_pauses, read_rules, spent_in
from groups.rules.serializers import RulesSerializer

Limit = SpendingLimit.Limit


def present_rules(access: Access, now: datetime) -> Any:
    """Write the rules for the wire, with what they leave to the member."""
    group, rules = access.group, read_rules(access.group, access.user.pk, now)
    rulebook = get_rulebook(group.pk)
    return RulesSerializer(
        {
            "month_starts_at": rules.window.starts_at,
            "month_ends_at": rules.window.ends_at,
            "limits": _limits(access, rules),
            "blocked": list_blocks(group.pk),
            "paused": list_pauses(group.pk),
            "tiers": [{"above": tier.above, "approvals": tier.approvals} for tier in rules.tiers],
            "part_percent": rulebook.part_percent,
            "objection_hours": rulebook.objection_hours,
            "owe_max": rulebook.owe_max,
            "payers_choose": rulebook.payers_choose,
            "mine": {
                "left": left_of(rules),
                "free_up_to": free_up_to(group.pk, access.user.pk, rules),
                "paused": rules.is_paused,
            },
        }
    ).data


def _limits(access: Access, rules: Rules) -> list[dict[str, Any]]:
    spent = spent_in(access.group.pk, rules.window)
    shown = []
    for rule in list_limits(access.group.pk):
        used = {
            Limit.PAYMENT: 0,
            Limit.MEMBER_MONTH: spent.get(rule.member_id or access.user.pk, 0),
            Limit.GROUP_MONTH: spent.get(None, 0),
        }[Limit(rule.limit)]
        shown.append(
            {"limit": rule.limit, "user": rule.member_id, "amount": rule.amount, "left": max(0, rule.amount - used)}
        )
    return shown
