"""Proposals written for people: how each vote stands, and what it would change."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from groups.members.models import Group
from groups.proposals.kinds import Motion, Payload, get_kind
from groups.proposals.models import Proposal, Vote
from groups.proposals.selectors import Standing, get_standing, motions_of
from groups.proposals.serializers import ProposalSerializer
from wallet.refusals import Refusal


def present_proposals(group: Group, proposals: Sequence[Proposal]) -> Any:
    """Write proposals of a group for the wire."""
    cast = defaultdict(list)
    for vote in Vote.objects.filter(group=group, proposal__in=proposals).order_by("id"):
        cast[vote.proposal_id].append(vote)
    motions = motions_of(proposals, group)
    return [_present(*each, cast[each[0].pk]) for each in zip(proposals, motions, strict=True)]


def _present(proposal: Proposal, motion: Motion, votes: Sequence[Vote]) -> Any:
    standing = get_standing(proposal, motion, votes)
    shown: Any = proposal
    shown.voters, shown.needed = sorted(standing.quorum.voters), standing.quorum.needed
    shown.approvals, shown.rejections = standing.tally.approvals, standing.tally.rejections
    shown.money_approving, shown.money_needed = standing.money_approving, standing.money_needed
    shown.votes_shown = [_present_vote(vote, standing) for vote in votes]
    shown.effect = _effect(proposal, motion) if proposal.status == Proposal.Status.OPEN else {}
    return ProposalSerializer(shown).data


def _present_vote(vote: Vote, standing: Standing) -> Payload:
    return {"voter": vote.voter_id, "choice": vote.choice, "counts": vote.voter_id in standing.quorum.voters}


def _effect(proposal: Proposal, motion: Motion) -> Payload:
    """Say what it would change as things stand, or why it could not be done."""
    kind = get_kind(proposal.kind)
    try:
        kind.check(motion)
        return kind.foresee(motion)
    except Refusal as refusal:
        return {"code": refusal.code, "detail": refusal.describe()}
