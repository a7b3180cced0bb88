"""Writes about partings, each under the wallet's lock.

leaving     one member leaves or is removed; late money follows them
dissolving  the whole group parts, by agreement or after its last day
succession  the owner is not seen any more, and somebody follows
"""

from groups.exits.services.dissolving import announce_endings, dissolve, dissolve_ended
from groups.exits.services.leaving import Parting, leave_group, pay_out_former_members, remove_member
from groups.exits.services.succession import announce_successions, carry_out_successions, resign, take_resignation_back

__all__ = [
    "Parting",
    "announce_endings",
    "announce_successions",
    "carry_out_successions",
    "dissolve",
    "dissolve_ended",
    "leave_group",
    "pay_out_former_members",
    "remove_member",
    "resign",
    "take_resignation_back",
]
