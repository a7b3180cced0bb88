"""Somebody proposes something; where nobody else has a vote it is done at once."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction

from groups.members.models import Group
from groups.members.selectors import access_group
from groups.proposals import events
from groups.proposals.errors import NobodyToVote, ProposalOpenAlready, TooManyProposals
from groups.proposals.kinds import Motion, Payload, get_kind
from groups.proposals.models import Proposal
from groups.proposals.selectors import list_electors, list_open
from groups.proposals.services.ending import conclude, end_overdue
from groups.proposals.services.payloads import digest_of, plain
from wallet.identity.models import User
from wallet.ledger import clock
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event


@transaction.atomic
def propose(*, actor: User, group_id: uuid.UUID, kind: str, payload: Payload, now: datetime) -> Proposal:
    """Propose something to a group. Where nobody else has a vote it is done at once.

    `payload` has the kind's shape and has been validated by it.

    :raises NotAllowed: when the actor may not propose this.
    :raises ProposalOpenAlready: when the very same is open.
    :raises TooManyProposals: when the actor has `PROPOSALS_OPEN_MAX` open ones.
    :raises NobodyToVote: when the kind needs somebody else, and there is nobody.
    """
    wallet = lock_wallet(group_id)
    access = access_group(actor, group_id, get_kind(kind).right)
    return open_proposal(wallet=wallet, group=access.group, proposer=actor, kind=kind, payload=payload, now=now)


def open_proposal(
    *, wallet: Wallet, group: Group, proposer: User, kind: str, payload: Payload, now: datetime
) -> Proposal:
    """Make a proposal under the lock that the caller holds, who has judged that the proposer may.

    :raises ProposalOpenAlready: when the very same is open; and as `propose` does.
    """
    told = get_kind(kind)
    motion = Motion(group, proposer, plain(payload), list_electors(wallet.pk))
    told.check(motion)
    quorum = told.quorum(motion)
    if told.needs_somebody and not quorum.voters:
        raise NobodyToVote
    digest = digest_of(kind, proposer.pk, motion.payload)
    # What is over keeps nobody from proposing it again, even if nobody has told so yet.
    end_overdue(wallet, now)
    _check_open_ones(wallet.pk, proposer, digest)
    made_at = clock.database_now()
    proposal = Proposal.objects.create(
        group=group,
        kind=kind,
        proposer=proposer,
        payload=motion.payload,
        digest=digest,
        electorate=sorted(quorum.voters),
        created_at=made_at,
        expires_at=made_at + told.life,
    )
    made = events.proposal_made(
        actor=proposer,
        proposal=proposal.pk,
        kind=kind,
        proposer=proposer.pk,
        payload=told.present(motion.payload),
        voters=[str(voter) for voter in proposal.electorate],
        needed=quorum.needed,
        expires_at=proposal.expires_at,
    )
    record_event(wallet=wallet, event=made, now=now)
    conclude(wallet, proposal, motion, now)
    return proposal


def _check_open_ones(wallet_id: uuid.UUID, proposer: User, digest: str) -> None:
    open_ones = list_open(wallet_id)
    if open_ones.filter(digest=digest).exists():
        raise ProposalOpenAlready
    if open_ones.filter(proposer=proposer).count() >= settings.PROPOSALS_OPEN_MAX:
        raise TooManyProposals(limit=settings.PROPOSALS_OPEN_MAX)
