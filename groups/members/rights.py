"""Which role may do what alone: one table, read by `access_group` and again by every service under the wallet's lock.

What needs the others is not here: whoever may spend may propose it (`groups.proposals`), and the kind of the proposal
says who votes.
"""

from enum import StrEnum

from groups.members.models import Membership

Role = Membership.Role


class Right(StrEnum):
    """Something one may do in a group."""

    SEE = "see"
    CONTRIBUTE = "contribute"
    WITHDRAW = "withdraw"
    SPEND = "spend"
    DISPUTE = "dispute"
    INVITE = "invite"
    PROPOSE = "propose"
    CHANGE_SETTINGS = "change_settings"
    TIGHTEN = "tighten"
    SWITCH_YIELD = "switch_yield"


RIGHTS: dict[str, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE, Right.CONTRIBUTE, Right.WITHDRAW, Right.DISPUTE}),
    Role.MEMBER: frozenset(Right) - {Right.CHANGE_SETTINGS, Right.TIGHTEN, Right.SWITCH_YIELD},
    Role.OWNER: frozenset(Right),
}
