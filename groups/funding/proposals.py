"""The kind of proposal by which others approve a large transfer out, or one that somebody objected to."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from groups.funding.serializers import check_memo
from groups.funding.services.drain import read_drain
from groups.funding.services.shared import KIND, send_approved
from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.proposals import quorums
from groups.proposals.kinds import Motion, Payload, ProposalKind, register
from groups.proposals.models import Proposal
from groups.proposals.quorums import Quorum
from groups.rules.judging import tier_of
from groups.rules.selectors import list_tiers
from groups.rules.sharing import foresee_shares
from wallet.api.fields import MoneyField
from wallet.ledger import clock
from wallet.ledger.models import Wallet
from wallet.rails.selectors import get_source


class TransferShape(serializers.Serializer[Any]):
    """What shall leave, to which of the proposer's sources, and what for."""

    source = serializers.UUIDField()  # type: ignore[assignment]
    amount = MoneyField()
    memo = serializers.CharField(max_length=120, allow_blank=True, default="", validators=[check_memo])


def _quorum(motion: Motion) -> Quorum:
    """As many as the tier says; and more than half where it would empty the pool, so that two cannot do it quietly."""
    amount = motion.payload["amount"]
    tier = tier_of(list_tiers(motion.group.pk), amount)
    quorum = quorums.some(motion.electors, tier.approvals if tier else 1, but=[motion.proposer.pk])
    if not quorum.voters or not _is_drain(motion, amount):
        return quorum
    return replace(quorum, needed=max(quorum.needed, len(quorum.voters) // 2 + 1))


def _is_drain(motion: Motion, amount: int) -> bool:
    """Say whether the drain guard would hold it."""
    own = sum(elector.stake for elector in motion.electors if elector.user_id == motion.proposer.pk)
    pool = sum(elector.stake for elector in motion.electors)
    return read_drain(motion.group.pk, motion.proposer.pk, pool, clock.database_now()).holds(amount, own)


def _check(motion: Motion) -> None:
    access_group(motion.proposer, motion.group.pk, Right.SPEND)
    get_source(motion.proposer, uuid.UUID(motion.payload["source"]))


def _execute(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    withdrawal = send_approved(
        wallet=wallet,
        proposal=proposal,
        source=get_source(motion.proposer, uuid.UUID(motion.payload["source"])),
        amount=motion.payload["amount"],
        memo=motion.payload["memo"],
        now=now,
    )
    return {"withdrawal": withdrawal.pk}


def _foresee(motion: Motion) -> Payload:
    return foresee_shares(motion.group, motion.proposer.pk, motion.payload["amount"])


register(
    ProposalKind(
        name=KIND,
        text=_("Approve a transfer out of the pool"),
        who=_("As many of the others who may spend as the tier says; more than half if it is much of the pool."),
        silence=_("Whoever is silent is reminded twice; after a day without enough votes it is off."),
        shape=TransferShape,
        quorum=_quorum,
        check=_check,
        execute=_execute,
        foresee=_foresee,
        life=timedelta(days=1),
        moves_money=True,
    )
)
