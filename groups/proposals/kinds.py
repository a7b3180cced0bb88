"""Every kind of proposal there is. A room registers its own kinds in its `proposals.py`; the mechanism knows none.

A kind says what its payload looks like, who votes and how many are needed, what must be so for it to make sense, and
what is done when it is approved. `check` is asked when it is proposed and again when it is executed; `execute` runs
under the wallet's lock in the commit of the last vote, and what it refuses ends the proposal as failed.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from rest_framework import serializers

from groups.members.errors import MemberNotFound
from groups.members.models import Group, Membership
from groups.members.rights import Right
from groups.members.selectors import list_members
from groups.proposals.errors import KindUnknown
from groups.proposals.models import Proposal
from groups.proposals.quorums import Elector, Quorum
from wallet.identity.models import User
from wallet.ledger.models import Wallet

Payload = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Motion:
    """What a kind is asked about: who proposes what to which group, and who is in it now. Amounts are fen.

    Several may be looked at together, at one moment: what they read of the group by `read`, `find` and `look_up` is
    read once. What writes reads anew.
    """

    group: Group
    proposer: User
    payload: Payload
    electors: Sequence[Elector]
    together: Sequence[Payload] = ()
    known: dict[Any, Any] = field(default_factory=dict)

    def read(self, what: Callable[[uuid.UUID], T]) -> T:
        """Read something of the group."""
        if what not in self.known:
            self.known[what] = what(self.group.pk)
        value: T = self.known[what]
        return value

    def look_up(self, what: Callable[[set[Any]], T], name: str) -> T:
        """Look up what the payloads name (such as every `merchant`)."""
        if what not in self.known:
            self.known[what] = what({each.get(name) for each in (self.payload, *self.together)} - {None})
        value: T = self.known[what]
        return value

    def find(self, what: Callable[[uuid.UUID, set[Any]], T], name: str) -> T:
        """Look up, in the group, what the payloads name (such as every `payment`)."""
        if what not in self.known:
            self.known[what] = what(self.group.pk, {each.get(name) for each in (self.payload, *self.together)} - {None})
        value: T = self.known[what]
        return value

    def get_member(self, user_id: uuid.UUID) -> Membership:
        """Get a current member.

        :raises MemberNotFound: when there is none.
        """
        member = self.read(_members).get(user_id)
        if member is None:
            raise MemberNotFound
        return member

    def get_owner(self) -> Membership:
        """Get the group's owner."""
        return next(member for member in self.read(_members).values() if member.role == Membership.Role.OWNER)

    def stake_of(self, user_id: uuid.UUID) -> int:
        """Look up what somebody in the group owns (fen)."""
        return sum(elector.stake for elector in self.electors if elector.user_id == user_id)


def _members(group_id: uuid.UUID) -> dict[uuid.UUID, Membership]:
    return {member.user_id: member for member in list_members(group_id)}


def _nothing(motion: Motion) -> None:
    return None


def _no_effect(motion: Motion) -> Payload:
    return {}


def _amount(group_id: uuid.UUID, user_id: uuid.UUID, payload: Payload) -> int:
    amount: int = payload.get("amount", 0)
    return amount


@dataclass(frozen=True, slots=True)
class ProposalKind:
    """A kind of proposal. `who` and `silence` say to people who votes, and what becomes of it when they are silent."""

    name: str
    text: Any
    who: Any
    silence: Any
    shape: type[serializers.Serializer[Any]]
    quorum: Callable[[Motion], Quorum]
    execute: Callable[[Wallet, Motion, Proposal, datetime], Payload]
    life: timedelta = timedelta(days=7)
    check: Callable[[Motion], None] = _nothing
    #: What it would change, for whoever is about to vote.
    foresee: Callable[[Motion], Payload] = _no_effect
    right: Right = Right.PROPOSE
    #: Approving it lets money out, so the voter proves themself by the payment PIN.
    moves_money: bool = False
    #: How much the proof of this person (proposer or voter) lets out of the group by it (fen).
    lets_out: Callable[[uuid.UUID, uuid.UUID, Payload], int] = _amount
    #: Nothing happens without somebody else's vote, even where nobody else has one.
    needs_somebody: bool = False
    #: Made by another command of its room, not at the door of proposals.
    is_internal: bool = False

    def present(self, payload: Payload) -> Payload:
        """Write a payload for the wire."""
        return dict(self.shape(payload).data)


_kinds: dict[str, ProposalKind] = {}


def register(kind: ProposalKind) -> ProposalKind:
    """Add a kind."""
    assert kind.name not in _kinds, f"{kind.name} is registered twice"
    _kinds[kind.name] = kind
    return kind


def get_kind(name: str) -> ProposalKind:
    """Get a kind by its name.

    :raises KindUnknown: when there is none.
    """
    if name not in _kinds:
        raise KindUnknown
    return _kinds[name]


def list_kinds() -> list[ProposalKind]:
    """List every kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]
