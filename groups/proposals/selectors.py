"""Reads of proposals, of who is in the group to vote, and of how a vote stands."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value

from groups.members.models import Group
from groups.members.rights import RIGHTS, Right
from groups.members.selectors import list_members, stakes_by_holder
from groups.proposals.errors import ProposalNotFound
from groups.proposals.kinds import Motion, get_kind
from groups.proposals.models import Proposal, Vote
from groups.proposals.quorums import Elector, Quorum, Tally, tally, weigh

#: After which parts of a proposal's life whoever is silent is reminded.
REMINDERS = (0.5, 0.8)


def list_proposals(group_id: uuid.UUID) -> QuerySet[Proposal]:
    """List the proposals of a group, those that have ended included."""
    return Proposal.objects.filter(group=group_id).select_related("proposer", "group")


def list_open(group_id: uuid.UUID) -> QuerySet[Proposal]:
    """List the proposals of a group that have not ended, the oldest first."""
    return list_proposals(group_id).filter(status=Proposal.Status.OPEN).order_by("id")


def list_due(now: datetime) -> QuerySet[Proposal]:
    """List the open proposals of all groups whose time is over."""
    return Proposal.objects.filter(status=Proposal.Status.OPEN, expires_at__lte=now).order_by("group_id", "id")


def list_to_remind(now: datetime) -> QuerySet[Proposal]:
    """List the open proposals of all groups whose next reminder is due, those that end first in front."""
    due = Q()
    for number, part in enumerate(REMINDERS):
        passed = ExpressionWrapper((F("expires_at") - F("created_at")) * part, output_field=DurationField())
        begun = ExpressionWrapper(Value(now) - passed, output_field=DateTimeField())
        due |= Q(reminders__lte=number, created_at__lte=begun)
    return Proposal.objects.filter(due, status=Proposal.Status.OPEN, expires_at__gt=now).order_by("expires_at")


def get_proposal(group_id: uuid.UUID, proposal_id: uuid.UUID) -> Proposal:
    """Get a proposal of a group.

    :raises ProposalNotFound: when there is none.
    """
    proposal = list_proposals(group_id).filter(pk=proposal_id).first()
    if proposal is None:
        raise ProposalNotFound
    return proposal


def list_electors(group_id: uuid.UUID) -> list[Elector]:
    """List everybody who is in the group, with what a vote depends on."""
    stakes = stakes_by_holder(group_id)
    return [
        Elector(member.user_id, Right.SPEND in RIGHTS[member.role], stakes.get(member.user_id, 0), member.joined_at)
        for member in list_members(group_id)
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a vote stands: who has one now, what was said, and what that makes."""

    quorum: Quorum
    votes: dict[uuid.UUID, bool]
    tally: Tally

    @property
    def money_approving(self) -> int | None:
        """What those have in the pool who approve (fen), where votes are weighed."""
        approving = [voter for voter, approves in self.votes.items() if approves]
        return weigh(self.quorum, approving) if self.quorum.money else None

    @property
    def money_needed(self) -> int | None:
        """What they need (fen): a fen more than half, rounded down."""
        return sum(self.quorum.money.values()) // 2 + 1 if self.quorum.money else None

    @property
    def silent(self) -> list[uuid.UUID]:
        return sorted(self.quorum.voters - self.votes.keys())


def motion_of(proposal: Proposal, group: Group) -> Motion:
    """Put a proposal before the people who are in the group now."""
    return motions_of([proposal], group)[0]


def motions_of(proposals: Sequence[Proposal], group: Group) -> list[Motion]:
    """Put proposals of a group, at one moment, before the people who are in it now."""
    electors, together = list_electors(group.pk), [proposal.payload for proposal in proposals]
    known: dict[Any, Any] = {}
    return [Motion(group, each.proposer, each.payload, electors, together, known) for each in proposals]


def _quorum_now(proposal: Proposal, motion: Motion) -> Quorum:
    """Judge who has a vote now, and how many of them are needed.

    Whoever had a vote when it was proposed keeps it until they leave, so that no change of roles turns a vote round.
    Who came since has one where the kind asks newcomers, and so has who came back. And however many have left: what a
    new proposal would need, or this one did at first, is needed still; an electorate that has gone approves nothing by
    its absence.
    """
    kind, had = get_kind(proposal.kind), frozenset(proposal.electorate)
    came = {each.user_id for each in motion.electors if each.joined_at and each.joined_at > proposal.created_at}
    kept = had - came
    here = [replace(each, had_vote=each.user_id in kept) for each in motion.electors]
    anew = kind.quorum(replace(motion, electors=here))
    if anew.asks_newcomers:
        return anew
    left = kind.quorum(replace(motion, electors=[each for each in here if each.user_id in kept]))
    if left.voters == had:
        return left
    first = kind.quorum(replace(motion, electors=[Elector(user_id, may_spend=True, stake=0) for user_id in had]))
    return replace(left, needed=max(left.needed, min(anew.needed, first.needed)))


def get_standing(proposal: Proposal, motion: Motion, cast: Iterable[Vote] | None = None) -> Standing:
    """Judge a proposal's votes by who is in the group now; of one that has ended, by who was in it then."""
    if proposal.final_voters is not None:
        quorum = Quorum(frozenset(proposal.final_voters), proposal.final_needed or 0)
    else:
        quorum = _quorum_now(proposal, motion)
    cast = Vote.objects.filter(group=proposal.group_id, proposal=proposal) if cast is None else cast
    votes = {vote.voter_id: vote.choice == Vote.Choice.APPROVE for vote in cast}
    return Standing(quorum, votes, tally(quorum, votes))
