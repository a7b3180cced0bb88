"""A proposal ends once: decided and carried out, taken back, overdue, or together with what it was about.

The last vote that is needed executes what was proposed in its own commit. Expiry never approves; who has left does not
count.
"""

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from groups.members.models import Membership
from groups.proposals import events
from groups.proposals.kinds import Motion, Payload, get_kind
from groups.proposals.models import Proposal
from groups.proposals.quorums import Verdict
from groups.proposals.selectors import get_proposal, get_standing, list_due, list_open, motion_of
from groups.proposals.services.payloads import plain
from wallet.ledger import clock
from wallet.ledger.errors import WalletBusy
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event
from wallet.ledger.sweeps import sweep
from wallet.refusals import Refusal

#: A proposal that has ended does not end again, whoever has read it open before.
STILL_OPEN = Q(status=Proposal.Status.OPEN)


def conclude(wallet: Wallet, proposal: Proposal, motion: Motion, now: datetime) -> None:
    """End the proposal if the votes decide it; an approved one is executed in this very transaction."""
    match get_standing(proposal, motion).tally.verdict:
        case Verdict.APPROVED:
            _execute(wallet, proposal, motion, now)
        case Verdict.REJECTED:
            end(wallet, proposal, Proposal.Status.REJECTED, {}, now)


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
        end(wallet, proposal, Proposal.Status.FAILED, {"code": refusal.code}, now)
        return
    proposal.outcome = outcome
    Proposal.objects.filter(group=proposal.group_id, pk=proposal.pk).update(outcome=outcome)
    _tell_end(wallet, proposal, now)


def end(wallet: Wallet, proposal: Proposal, status: str, outcome: Payload, now: datetime) -> None:
    """End a proposal, and tell so."""
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


def cancel_open(*, wallet: Wallet, reason: str, now: datetime) -> None:
    """End what is open in a group that closes, under the lock that the caller holds."""
    for proposal in list_open(wallet.pk):
        end(wallet, proposal, Proposal.Status.CANCELLED, {"code": reason}, now)


def hear_departure(wallet: Wallet, member: Membership, now: datetime) -> None:
    """Count again without somebody who has left; what they had proposed is off. May decide what was open."""
    for proposal_id in list(list_open(wallet.pk).values_list("pk", flat=True)):
        # Read anew each time: what the one before decided may have ended this one, or changed the group.
        proposal = get_proposal(wallet.pk, proposal_id)
        if proposal.status != Proposal.Status.OPEN or clock.database_now() >= proposal.expires_at:
            continue
        if proposal.proposer_id == member.user_id:
            end(wallet, proposal, Proposal.Status.CANCELLED, {"code": "proposer_left"}, now)
        else:
            conclude(wallet, proposal, motion_of(proposal, proposal.group), now)


def expire_proposals(*, now: datetime, limit: int = 500) -> int:
    """Reject what nobody decided in time, one wallet at a time, and say how many. Expiry never approves."""
    due = list_due(clock.database_now()).order_by("group_id").values_list("group_id").distinct()
    return sweep(due[:limit], partial(_expire, now=now))


@transaction.atomic
def _expire(group_id: uuid.UUID, now: datetime) -> int:
    return end_overdue(lock_wallet(group_id), now)


def end_overdue(wallet: Wallet, now: datetime) -> int:
    """End what is over in one wallet, under the lock that the caller holds; say how many."""
    overdue = list(list_open(wallet.pk).filter(expires_at__lte=clock.database_now()))
    for proposal in overdue:
        end(wallet, proposal, Proposal.Status.EXPIRED, {}, now)
    return len(overdue)
