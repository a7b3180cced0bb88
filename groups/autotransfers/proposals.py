"""The kinds of proposals about standing orders: to let everybody's money out regularly, and to excuse who has missed.

Those about orders are made at the doors of this room, which say when one is needed; approving them takes the PIN.
"""

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from groups.autotransfers.errors import RunNotMissed
from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.selectors import get_order, get_run
from groups.autotransfers.serializers import ChangeShape, TermsShape
from groups.autotransfers.services import Terms
from groups.autotransfers.services.orders import LOOSEN, RESUME, START, change, check_in_force, resume, start
from groups.autotransfers.services.running import excuse
from groups.members.models import Membership
from groups.members.rights import Right
from groups.members.selectors import access_group, list_members
from groups.proposals import quorums
from groups.proposals.kinds import Motion, Payload, ProposalKind, register
from groups.proposals.models import Proposal
from groups.proposals.quorums import Quorum
from groups.rules.proposals import EVERYBODY, SILENCE
from groups.rules.sharing import Choice, foresee_shares, list_shareable
from wallet.ledger.models import Wallet
from wallet.rails.selectors import get_payee


class OrderShape(serializers.Serializer[Any]):
    """Which order."""

    order = serializers.UUIDField()


class RunShape(serializers.Serializer[Any]):
    """Which run."""

    run = serializers.UUIDField()


def _everybody(motion: Motion) -> Quorum:
    return quorums.everybody(motion.electors, but=[motion.proposer.pk])


def _order(motion: Motion) -> AutoTransfer:
    return get_order(motion.group.pk, uuid.UUID(motion.payload["order"]))


# --- orders -----------------------------------------------------------------------------------------------------------
def _check_start(motion: Motion) -> None:
    access_group(motion.proposer, motion.group.pk, Right.SPEND)
    get_payee(motion.group.pk, uuid.UUID(motion.payload["payee"]))


def _foresee(motion: Motion) -> Payload:
    """Say who is paid, and what everybody would bear of a run as things stand."""
    payee = get_payee(motion.group.pk, uuid.UUID(motion.payload["payee"]))
    stakes, choice = motion.read(list_shareable), Choice(motion.group.sharing_rule)
    return {"payee": str(payee), **foresee_shares(choice, stakes, motion.proposer.pk, motion.payload["amount"])}


def _start(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    order = start(wallet, motion.group, motion.proposer, Terms.read(motion.payload), now)
    return {"order": order.pk}


def _check_order(motion: Motion) -> None:
    access_group(motion.proposer, motion.group.pk, Right.SPEND)
    check_in_force(_order(motion))


def _loosen(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    change(wallet, _order(motion), Terms.read(motion.payload), motion.proposer, now)
    return {}


def _resume(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    resume(wallet, _order(motion), motion.proposer, now)
    return {}


def _amount_of_order(group_id: uuid.UUID, user_id: uuid.UUID, payload: Payload) -> int:
    return get_order(group_id, uuid.UUID(str(payload["order"]))).amount


register(
    ProposalKind(
        name=START,
        text=_("Pay a payee regularly"),
        who=EVERYBODY,
        silence=SILENCE,
        shape=TermsShape,
        quorum=_everybody,
        check=_check_start,
        execute=_start,
        foresee=_foresee,
        moves_money=True,
        is_internal=True,
    )
)
register(
    ProposalKind(
        name=LOOSEN,
        text=_("Pay a payee more, more often or otherwise"),
        who=EVERYBODY,
        silence=SILENCE,
        shape=ChangeShape,
        quorum=_everybody,
        check=_check_order,
        execute=_loosen,
        foresee=_foresee,
        moves_money=True,
        is_internal=True,
    )
)
register(
    ProposalKind(
        name=RESUME,
        text=_("Let a paused payment to a payee go on"),
        who=EVERYBODY,
        silence=SILENCE,
        shape=OrderShape,
        quorum=_everybody,
        check=_check_order,
        execute=_resume,
        moves_money=True,
        lets_out=_amount_of_order,
        is_internal=True,
    )
)


# --- excusing ---------------------------------------------------------------------------------------------------------
def _run(motion: Motion) -> AutoTransferRun:
    return get_run(motion.group.pk, uuid.UUID(motion.payload["run"]))


def _check_missed(motion: Motion) -> None:
    run = _run(motion)
    is_in = get_order(motion.group.pk, run.order_id).direction == AutoTransfer.Direction.IN
    if not is_in or run.status != AutoTransferRun.Status.MISSED:
        raise RunNotMissed(status=run.status)


def _who_excuses(motion: Motion) -> Quorum:
    """The owner; where it is the owner's own, more than half of the others who may spend. Nobody excuses themself."""
    owner = list_members(motion.group.pk).get(role=Membership.Role.OWNER).user_id
    missed = get_order(motion.group.pk, _run(motion).order_id).user_id
    if owner == missed:
        return quorums.majority(motion.electors, but=[motion.proposer.pk, owner])
    if owner == motion.proposer.pk:
        return Quorum(frozenset(), 0)
    return quorums.only(motion.electors, owner)


def _excuse(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    excuse(wallet, _run(motion), motion.proposer, now)
    return {}


register(
    ProposalKind(
        name="excuse_missed",
        text=_("Excuse a missed contribution"),
        who=_("The owner alone; if it is the owner's own, more than half of the others who may spend."),
        silence=_("Whoever is silent is reminded twice; after seven days without enough votes it stays missed."),
        shape=RunShape,
        quorum=_who_excuses,
        check=_check_missed,
        execute=_excuse,
    )
)
