"""The kind of proposal by which others approve a large transfer out, or one that somebody objected to."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from groups.funding.models import Withdrawal
from groups.funding.services.drain import read_drain
from groups.funding.services.shared import KIND, send_approved
from groups.members.errors import GroupArchived, NotAllowed
from groups.members.rights import RIGHTS, Right
from groups.proposals import quorums
from groups.proposals.kinds import Motion, Payload, ProposalKind, register
from groups.proposals.models import Proposal
from groups.proposals.quorums import Quorum
from groups.rules.judging import tier_of
from groups.rules.selectors import list_tiers
from groups.rules.sharing import Choice, foresee_shares, list_shareable
from wallet.api.fields import MoneyField, check_printable
from wallet.ledger.models import Wallet
from wallet.rails.errors import SourceNotFound
from wallet.rails.selectors import get_source, linked_sources


class TransferShape(serializers.Serializer[Any]):
    """What shall leave, to which of the proposer's sources, and what for."""

    source = serializers.UUIDField()  # type: ignore[assignment]
    amount = MoneyField()
    speed = serializers.ChoiceField(choices=Withdrawal.Speed.choices, default=Withdrawal.Speed.FAST)
    memo = serializers.CharField(max_length=120, allow_blank=True, default="", validators=[check_printable])


def _quorum(motion: Motion) -> Quorum:
    """As many as the tier says; and more than half where it would empty the pool, so that two cannot do it quietly."""
    amount = motion.payload["amount"]
    tier = tier_of(motion.read(list_tiers), amount)
    quorum = quorums.some(motion.electors, tier.approvals if tier else 1, but=[motion.proposer.pk])
    if not quorum.voters or not _is_drain(motion, amount):
        return quorum
    return replace(quorum, needed=max(quorum.needed, len(quorum.voters) // 2 + 1))


def _is_drain(motion: Motion, amount: int) -> bool:
    """Say whether the drain guard would hold it."""
    pool = sum(elector.stake for elector in motion.electors)
    drain = motion.read(read_drain)
    return drain.holds(motion.proposer.pk, amount, own=motion.stake_of(motion.proposer.pk), pool=pool)


def _check(motion: Motion) -> None:
    if motion.group.archived_at is not None:
        raise GroupArchived
    if Right.SPEND not in RIGHTS[motion.get_member(motion.proposer.pk).role]:
        raise NotAllowed(right=Right.SPEND.value)
    if (motion.proposer.pk, uuid.UUID(motion.payload["source"])) not in motion.look_up(linked_sources, "source"):
        raise SourceNotFound


def _execute(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    withdrawal = send_approved(
        wallet=wallet,
        proposal=proposal,
        source=get_source(motion.proposer, uuid.UUID(motion.payload["source"])),
        amount=motion.payload["amount"],
        memo=motion.payload["memo"],
        speed=Withdrawal.Speed(motion.payload.get("speed", Withdrawal.Speed.FAST)),
        now=now,
    )
    return {"withdrawal": withdrawal.pk}


def _foresee(motion: Motion) -> Payload:
    stakes = motion.read(list_shareable)
    return foresee_shares(Choice(motion.group.sharing_rule), stakes, motion.proposer.pk, motion.payload["amount"])


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
