"""Which role may do what: one table, read by `access_group` and again by every service under the wallet's lock."""

from enum import StrEnum

from groups.members.models import Membership

Role = Membership.Role


class Right(StrEnum):
    """Something one may do in a group."""

    SEE = "see"
    CONTRIBUTE = "contribute"
    SPEND = "spend"
    INVITE = "invite"
    CHANGE_SETTINGS = "change_settings"
    CHANGE_ROLES = "change_roles"
    REMOVE_MEMBERS = "remove_members"
    SWITCH_YIELD = "switch_yield"


RIGHTS: dict[str, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE, Right.CONTRIBUTE}),
    Role.MEMBER: frozenset({Right.SEE, Right.CONTRIBUTE, Right.SPEND, Right.INVITE}),
    Role.OWNER: frozenset(Right),
}
