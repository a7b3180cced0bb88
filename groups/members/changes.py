"""Where this room tells the rooms above what happened among people, and asks them who may be let in.

Whoever is told runs under the same lock and in the same transaction as the change: what they do about it is committed
with it, or nothing is. They register once, in their `apps.py`; this room need not know them.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from groups.members.models import Group, Invitation, Membership
from wallet.identity.models import User
from wallet.ledger.models import Wallet

Founded = Callable[[Group], object]
Joined = Callable[[Wallet, Membership, Invitation, datetime], object]
Changed = Callable[[Wallet, Membership, datetime], object]
Left = Callable[[Wallet, Membership, datetime], object]
Handed = Callable[[Wallet, Group, User, datetime], object]
Closed = Callable[[Wallet, Group, datetime], object]
Admission = Callable[[uuid.UUID, uuid.UUID], bool]


class News:
    """Something that others want to know of, and those who do."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[..., object]] = []

    def listen(self, callback: Callable[..., object]) -> None:
        """Call this with every piece of news from now on."""
        self._callbacks.append(callback)

    def tell(self, *about: Any) -> None:
        """Tell everybody, in the order in which they came."""
        for callback in self._callbacks:
            callback(*about)


#: A group was founded: `Founded`.
founding = News()
#: Somebody joined by an invitation, perhaps as less than was offered: `Joined`.
arrival = News()
#: A member's role has changed, but for the owner's: `Changed`.
new_role = News()
#: A membership has ended: `Left`.
departure = News()
#: A group has another owner; the person is the new one: `Handed`.
succession = News()
#: A group will close for good in this transaction, and nobody is paid out yet: `Closed`.
closing = News()
#: A group is about to close for good, and everybody's payout is on its way: `Closed`.
closure = News()


def _anybody(group_id: uuid.UUID, inviter_id: uuid.UUID) -> bool:
    return True


_admission: Admission = _anybody


def set_admission(admission: Admission) -> None:
    """Let `admission(group_id, inviter_id)` say whether the inviter lets a spender in without asking the others."""
    global _admission
    _admission = admission


def lets_spenders_in(group_id: uuid.UUID, inviter_id: uuid.UUID) -> bool:
    """Say whether whoever accepts this person's invitation may spend at once."""
    return _admission(group_id, inviter_id)
