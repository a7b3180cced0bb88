"""Writes about people, each under the wallet's lock, each with its event.

    groups        found a group, change it
    invitations   invite, accept, decline, withdraw, expire
    memberships   change a member, end a membership

Leaving with money is in `groups.exits`; here a membership only begins and ends.
"""

from groups.members.services.groups import (
    archive_group,
    change_group,
    check_last_day,
    create_group,
    set_last_day,
    set_sharing_rule,
)
from groups.members.services.invitations import (
    Invited,
    accept_invitation,
    decline_invitation,
    expire_invitations,
    invite,
    withdraw_invitation,
)
from groups.members.services.memberships import change_member, end_membership, hand_over

__all__ = [
    "Invited",
    "accept_invitation",
    "archive_group",
    "change_group",
    "change_member",
    "check_last_day",
    "create_group",
    "decline_invitation",
    "end_membership",
    "expire_invitations",
    "hand_over",
    "invite",
    "set_last_day",
    "set_sharing_rule",
    "withdraw_invitation",
]
