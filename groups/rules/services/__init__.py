"""Writes about a group's rules, each under the wallet's lock.

tightening  lower a limit, block a category, pause: at once. What would loosen is proposed instead
agreed      what everybody has agreed to: carried out by the kinds of `groups.rules.proposals`
counting    what is spent in the month, and what is given back
beginning   the rules that a new group and a new member have
"""

from groups.rules.services.counting import count_spend, uncount_spend
from groups.rules.services.tightening import (
    change_role,
    change_sharing_rule,
    change_weight,
    set_block,
    set_limit,
    set_pause,
)

__all__ = [
    "change_role",
    "change_sharing_rule",
    "change_weight",
    "count_spend",
    "set_block",
    "set_limit",
    "set_pause",
    "uncount_spend",
]
