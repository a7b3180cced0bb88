"""Who votes, how many of them are needed, and what came of it. Pure: no database, no clock.

Two things protect a vote from its proposer. The proposer is never among the voters. And where a *number* of voters is
enough, only those count who may spend, because everybody had to agree before one of them could: nobody brings own
votes along. Where nobody else may spend, it takes more than half of the money as well as the number, because a viewer
is easily brought, and their money is not. Where *everybody* is needed, viewers whose money is in the pool are asked as
well, and newcomers too.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Elector:
    """Somebody who is in the group: whether they may spend, what is theirs (fen), and since when they are in it."""

    user_id: uuid.UUID
    may_spend: bool
    stake: int
    joined_at: datetime | None = None
    #: Whether they had a vote when it was proposed. They keep it, whatever they may do since.
    had_vote: bool = False


@dataclass(frozen=True, slots=True)
class Quorum:
    """Who has a vote, how many must approve, and whose approval cannot be replaced by another's."""

    voters: frozenset[uuid.UUID]
    needed: int
    required: frozenset[uuid.UUID] = frozenset()
    #: Where votes are weighed: what each voter has in the pool (fen). Those who approve must have more than half of it.
    money: Mapping[uuid.UUID, int] = field(default_factory=dict)
    #: Whether somebody who came after the proposal was made has a vote too. Else they have none.
    asks_newcomers: bool = False


class Verdict(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes that count, and what they decide: None while it is open."""

    approvals: int
    rejections: int
    verdict: Verdict | None


def tally(quorum: Quorum, votes: Mapping[uuid.UUID, bool]) -> Tally:
    """Count the votes (approve or not, by voter) of those who have one now.

    Approved as soon as enough approve, and all whose approval is required; rejected as soon as that cannot come any
    more: by n − k + 1 rejections, by one of somebody required, by half of the money where it is weighed, or because too
    few voters are left.
    """
    counted = {voter: approves for voter, approves in votes.items() if voter in quorum.voters}
    approving = frozenset(voter for voter, approves in counted.items() if approves)
    rejections = len(counted) - len(approving)
    verdict = None
    if not _suffices(quorum, quorum.voters - (counted.keys() - approving)):
        verdict = Verdict.REJECTED
    elif _suffices(quorum, approving):
        verdict = Verdict.APPROVED
    return Tally(len(approving), rejections, verdict)


def _suffices(quorum: Quorum, approving: frozenset[uuid.UUID]) -> bool:
    """Say whether it is approved once these approve."""
    is_outweighed = any(quorum.money.values()) and 2 * weigh(quorum, approving) <= sum(quorum.money.values())
    return len(approving) >= quorum.needed and quorum.required <= approving and not is_outweighed


def weigh(quorum: Quorum, approving: Collection[uuid.UUID]) -> int:
    """Say how much of the weighed money is theirs who approve (fen)."""
    return sum(quorum.money.get(voter, 0) for voter in approving)


def everybody(electors: Sequence[Elector], *, but: Collection[uuid.UUID]) -> Quorum:
    """All who may spend or have money in the pool must approve; one rejection ends it."""
    voters = _stakeholders(electors) - frozenset(but)
    return Quorum(voters, len(voters), asks_newcomers=True)


def spenders(electors: Sequence[Elector], *, but: Collection[uuid.UUID]) -> Quorum:
    """All who may spend must approve; one rejection ends it."""
    voters = _spenders(electors) - frozenset(but)
    return Quorum(voters, len(voters))


def some(electors: Sequence[Elector], approvals: int, *, but: Collection[uuid.UUID]) -> Quorum:
    """So many of those who may spend must approve, or all of them where they are fewer.

    Where nobody else may spend, so many of those whose money is in the pool, and they must have more than half of it.
    """
    voters = (_spenders(electors) - frozenset(but)) or (_stakeholders(electors) - frozenset(but))
    asked = [elector for elector in electors if elector.user_id in voters]
    is_weighed = not any(elector.may_spend for elector in asked)
    money = {elector.user_id: max(0, elector.stake) for elector in asked} if is_weighed else {}
    return Quorum(voters, min(approvals, len(voters)), money=money)


def share_of(electors: Sequence[Elector], numerator: int, denominator: int, *, but: Collection[uuid.UUID]) -> Quorum:
    """At least this share of those who may spend must approve, rounded up, and one at the very least."""
    voters = _spenders(electors) - frozenset(but)
    return Quorum(voters, max(1, -(-len(voters) * numerator // denominator)))


def majority(electors: Sequence[Elector], *, but: Collection[uuid.UUID]) -> Quorum:
    """More than half of those who may spend must approve, and one at the very least."""
    voters = _spenders(electors) - frozenset(but)
    return Quorum(voters, len(voters) // 2 + 1)


def only(electors: Sequence[Elector], user_id: uuid.UUID) -> Quorum:
    """One person decides, as long as they are in the group."""
    voters = frozenset(elector.user_id for elector in electors) & {user_id}
    return Quorum(voters, 1, frozenset({user_id}))


def _spenders(electors: Sequence[Elector]) -> frozenset[uuid.UUID]:
    return frozenset(elector.user_id for elector in electors if elector.may_spend or elector.had_vote)


def _stakeholders(electors: Sequence[Elector]) -> frozenset[uuid.UUID]:
    return _spenders(electors) | {elector.user_id for elector in electors if elector.stake}
