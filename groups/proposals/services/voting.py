"""Members vote, and the proposer takes back, while the proposal is open. A vote never changes."""

import uuid
from datetime import datetime

from django.db import transaction

from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.proposals import events
from groups.proposals.errors import NotEligible, NotProposer, OwnProposal, ProposalClosed, VoteFinal
from groups.proposals.models import Proposal, Vote
from groups.proposals.selectors import Standing, get_proposal, get_standing, motion_of
from groups.proposals.services.ending import conclude, end
from wallet.identity.models import User
from wallet.ledger import clock
from wallet.ledger.services import lock_wallet, record_event


@transaction.atomic
def vote(*, actor: User, group_id: uuid.UUID, proposal_id: uuid.UUID, choice: str, now: datetime) -> Proposal:
    """Vote on a proposal. The same vote again changes nothing; the last one that is needed executes the proposal.

    :raises ProposalClosed: when it has ended, or its time is over.
    :raises OwnProposal: for the proposer.
    :raises NotEligible: for whoever has no vote on it.
    :raises VoteFinal: when the actor has voted otherwise.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.SEE).group
    proposal = get_proposal(group_id, proposal_id)
    known = Vote.objects.filter(group=group_id, proposal=proposal, voter=actor).first()
    if known is not None and known.choice == choice:
        return proposal
    _check_not_over(proposal)
    if known is not None:
        raise VoteFinal(choice=known.choice)
    motion = motion_of(proposal, group)
    _check_has_vote(actor, proposal, get_standing(proposal, motion))
    cast_at = clock.database_now()
    Vote.objects.create(group=group, proposal=proposal, voter=actor, choice=choice, cast_at=cast_at)
    standing = get_standing(proposal, motion)
    cast = events.vote_cast(
        actor=actor,
        proposal=proposal.pk,
        voter=actor.pk,
        choice=choice,
        approvals=standing.tally.approvals,
        rejections=standing.tally.rejections,
        needed=standing.quorum.needed,
    )
    record_event(wallet=wallet, event=cast, now=now)
    conclude(wallet, proposal, motion, now)
    return proposal


@transaction.atomic
def cancel(*, actor: User, group_id: uuid.UUID, proposal_id: uuid.UUID, now: datetime) -> Proposal:
    """Take the own proposal back. Taking it back again changes nothing.

    :raises NotProposer: for anybody else.
    :raises ProposalClosed: when it has ended otherwise, or its time is over.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.SEE)
    proposal = get_proposal(group_id, proposal_id)
    if actor.pk != proposal.proposer_id:
        raise NotProposer
    if proposal.status != Proposal.Status.CANCELLED:
        _check_not_over(proposal)
        end(wallet, proposal, Proposal.Status.CANCELLED, {}, now)
    return proposal


def _check_not_over(proposal: Proposal) -> None:
    if proposal.status != Proposal.Status.OPEN:
        raise ProposalClosed(status=proposal.status)
    if clock.database_now() >= proposal.expires_at:
        raise ProposalClosed(status=Proposal.Status.EXPIRED)


def _check_has_vote(actor: User, proposal: Proposal, standing: Standing) -> None:
    if actor.pk == proposal.proposer_id:
        raise OwnProposal
    if actor.pk not in standing.quorum.voters:
        raise NotEligible
