"""Who is silent is reminded, at half of a proposal's life and shortly before its end."""

import uuid
from datetime import datetime
from functools import partial

from django.db import transaction

from groups.proposals import events
from groups.proposals.models import Proposal
from groups.proposals.selectors import REMINDERS, get_proposal, get_standing, list_to_remind, motion_of
from wallet.ledger import clock
from wallet.ledger.services import lock_wallet, record_event
from wallet.ledger.sweeps import sweep


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
