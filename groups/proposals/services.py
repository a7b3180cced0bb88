"""Writes about proposals: make one, vote, take it back, let it expire, remind who is silent.

Everything is judged under the wallet's lock, and time by the database's clock; `now` only dates the events. The last
vote that is needed executes what was proposed in its own commit. Expiry never approves; a vote never changes; who has
left does not count.
"""

import hashlib
import json
import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q

from groups.members.models import Group, Membership
from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.proposals import events
from groups.proposals.errors import (
    NobodyToVote,
    NotEligible,
    NotProposer,
    OwnProposal,
    ProposalClosed,
    ProposalOpenAlready,
    TooManyProposals,
    VoteFinal,
)
from groups.proposals.kinds import Motion, Payload, get_kind
from groups.proposals.models import Proposal, Vote
from groups.proposals.quorums import Verdict
from groups.proposals.selectors import (
    REMINDERS,
    Standing,
    get_proposal,
    get_standing,
    list_due,
    list_electors,
    list_open,
    list_to_remind,
    motion_of,
)
from wallet.identity.models import User
from wallet.ledger import clock
from wallet.ledger.errors import WalletBusy
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event
from wallet.ledger.sweeps import sweep
from wallet.refusals import Refusal

#: A proposal that has ended does not end again, whoever has read it open before.
STILL_OPEN = Q(status=Proposal.Status.OPEN)


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
    _end_overdue(wallet, now)
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
    _conclude(wallet, proposal, motion, now)
    return proposal


def _check_open_ones(wallet_id: uuid.UUID, proposer: User, digest: str) -> None:
    open_ones = list_open(wallet_id)
    if open_ones.filter(digest=digest).exists():
        raise ProposalOpenAlready
    if open_ones.filter(proposer=proposer).count() >= settings.PROPOSALS_OPEN_MAX:
        raise TooManyProposals(limit=settings.PROPOSALS_OPEN_MAX)


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
    _conclude(wallet, proposal, motion, now)
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


def _conclude(wallet: Wallet, proposal: Proposal, motion: Motion, now: datetime) -> None:
    """End the proposal if the votes decide it; an approved one is executed in this very transaction."""
    match get_standing(proposal, motion).tally.verdict:
        case Verdict.APPROVED:
            _execute(wallet, proposal, motion, now)
        case Verdict.REJECTED:
            _end(wallet, proposal, Proposal.Status.REJECTED, {}, now)


def _execute(wallet: Wallet, proposal: Proposal, motion: Motion, now: datetime) -> None:
    kind = get_kind(proposal.kind)
    try:
        with transaction.atomic():
            # Ended before it is carried out, so that nothing it sets off can count its votes once more.
            _save(proposal, Proposal.Status.APPROVED, {})
            kind.check(motion)
            outcome = plain(kind.execute(wallet, motion, proposal, now))
    except WalletBusy:  # nothing was decided; whoever voted tries again
        raise
    except Refusal as refusal:
        proposal.refresh_from_db()
        _end(wallet, proposal, Proposal.Status.FAILED, {"code": refusal.code}, now)
        return
    proposal.outcome = outcome
    Proposal.objects.filter(group=proposal.group_id, pk=proposal.pk).update(outcome=outcome)
    _tell_end(wallet, proposal, now)


def _end(wallet: Wallet, proposal: Proposal, status: str, outcome: Payload, now: datetime) -> None:
    _save(proposal, status, outcome)
    _tell_end(wallet, proposal, now)


def _save(proposal: Proposal, status: str, outcome: Payload) -> None:
    """Write the end down, and who had a vote at that moment."""
    quorum = get_standing(proposal, motion_of(proposal, proposal.group)).quorum
    ended: dict[str, Any] = {
        "status": status,
        "outcome": outcome,
        "ended_at": clock.database_now(),
        "final_voters": sorted(quorum.voters),
        "final_needed": quorum.needed,
    }
    row = Proposal.objects.filter(STILL_OPEN, group=proposal.group_id, pk=proposal.pk)
    assert row.update(**ended) == 1, "a proposal ends once"
    for name, value in ended.items():
        setattr(proposal, name, value)


def _tell_end(wallet: Wallet, proposal: Proposal, now: datetime) -> None:
    ended = events.proposal_ended(
        proposal=proposal.pk, kind=proposal.kind, status=proposal.status, outcome=proposal.outcome
    )
    record_event(wallet=wallet, event=ended, now=now)


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
        _end(wallet, proposal, Proposal.Status.CANCELLED, {}, now)
    return proposal


def cancel_open(*, wallet: Wallet, reason: str, now: datetime) -> None:
    """End what is open in a group that closes, under the lock that the caller holds."""
    for proposal in list_open(wallet.pk):
        _end(wallet, proposal, Proposal.Status.CANCELLED, {"code": reason}, now)


def hear_departure(wallet: Wallet, member: Membership, now: datetime) -> None:
    """Count again without somebody who has left; what they had proposed is off. May decide what was open."""
    for proposal_id in list(list_open(wallet.pk).values_list("pk", flat=True)):
        # Read anew each time: what the one before decided may have ended this one, or changed the group.
        proposal = get_proposal(wallet.pk, proposal_id)
        if proposal.status != Proposal.Status.OPEN or clock.database_now() >= proposal.expires_at:
            continue
        if proposal.proposer_id == member.user_id:
            _end(wallet, proposal, Proposal.Status.CANCELLED, {"code": "proposer_left"}, now)
        else:
            _conclude(wallet, proposal, motion_of(proposal, proposal.group), now)


def expire_proposals(*, now: datetime, limit: int = 500) -> int:
    """Reject what nobody decided in time, one wallet at a time, and say how many. Expiry never approves."""
    due = list_due(clock.database_now()).order_by("group_id").values_list("group_id").distinct()
    return sweep(due[:limit], partial(_expire, now=now))


@transaction.atomic
def _expire(group_id: uuid.UUID, now: datetime) -> int:
    return _end_overdue(lock_wallet(group_id), now)


def _end_overdue(wallet: Wallet, now: datetime) -> int:
    overdue = list(list_open(wallet.pk).filter(expires_at__lte=clock.database_now()))
    for proposal in overdue:
        _end(wallet, proposal, Proposal.Status.EXPIRED, {}, now)
    return len(overdue)


def remind_silent(*, now: datetime, limit: int = 500) -> int:
    """Tell groups whose votes are missing, at half of a proposal's life and shortly before its end; say how often."""
    due = list_to_remind(clock.database_now()).values_list("group_id", "pk")
    return sweep(due[:limit], partial(_remind, now=now))


@transaction.atomic
def _remind(group_id: uuid.UUID, proposal_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    proposal, moment = get_proposal(group_id, proposal_id), clock.database_now()
    due = _reminders_due(proposal, moment)
    if proposal.status != Proposal.Status.OPEN or moment >= proposal.expires_at or due <= proposal.reminders:
        return False
    Proposal.objects.filter(group=group_id, pk=proposal_id).update(reminders=due)
    silent = get_standing(proposal, motion_of(proposal, proposal.group)).silent
    if not silent:
        return False
    told = [str(voter) for voter in silent]
    reminded = events.vote_reminded(proposal=proposal.pk, silent=told, expires_at=proposal.expires_at)
    record_event(wallet=wallet, event=reminded, now=now)
    return True


def _reminders_due(proposal: Proposal, moment: datetime) -> int:
    life = proposal.expires_at - proposal.created_at
    return sum(moment >= proposal.created_at + life * part for part in REMINDERS)


def plain(payload: Payload) -> Payload:
    """Write ids and dates of a payload as text, as they are stored."""
    written: Payload = json.loads(json.dumps(payload, cls=DjangoJSONEncoder))
    return written


def digest_of(kind: str, proposer_id: uuid.UUID, payload: Payload) -> str:
    """Hash what is proposed, and by whom, into 64 hexadecimal digits."""
    content = json.dumps([kind, str(proposer_id), payload], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
