"""The kinds of proposals by which others approve a large payment, and share one anew that was made."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from groups.members.models import SharingRule
from groups.proposals import quorums
from groups.proposals.kinds import Motion, Payload, ProposalKind, register
from groups.proposals.models import Proposal
from groups.proposals.quorums import Quorum
from groups.rules.judging import tier_of
from groups.rules.selectors import get_rulebook, list_tiers
from groups.rules.sharing import Choice, check_choice, foresee_shares, list_shareable
from groups.spending.approvals import KIND, approve
from groups.spending.errors import MerchantNotFound
from groups.spending.resharing import KIND as RESHARE
from groups.spending.resharing import (
    Bill,
    agreed_shares,
    foresee_reshare,
    get_bill,
    read_bills,
    reshare,
    rise_of,
    settle_shares,
)
from groups.spending.selectors import active_merchants
from groups.spending.serializers import ReshareShape
from wallet.api.fields import MoneyField, check_printable
from wallet.ledger.models import Wallet


class PaymentShape(serializers.Serializer[Any]):
    """What shall be paid, at which merchant (null: any), and shared how (null: by the group's rule)."""

    amount = MoneyField()
    merchant = serializers.UUIDField(allow_null=True, default=None)
    subject = serializers.CharField(max_length=120, validators=[check_printable])
    sharing_rule = serializers.ChoiceField(choices=SharingRule.choices, allow_null=True, default=None)
    participants = serializers.ListField(child=serializers.UUIDField(), max_length=100, default=list)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["participants"] and attrs["sharing_rule"] is None:
            raise serializers.ValidationError({"sharing_rule": _("Say how those named share it.")})
        return {**attrs, "participants": Choice(attrs["sharing_rule"], attrs["participants"]).names}


def _choice(motion: Motion) -> Choice:
    rule = motion.payload.get("sharing_rule") or motion.group.sharing_rule
    return Choice(rule, [uuid.UUID(user_id) for user_id in motion.payload.get("participants", [])])


def _quorum(motion: Motion) -> Quorum:
    tier = tier_of(motion.read(list_tiers), motion.payload["amount"])
    return quorums.some(motion.electors, tier.approvals if tier else 0, but=[motion.proposer.pk])


def _check(motion: Motion) -> None:
    merchant_id = motion.payload["merchant"]
    if merchant_id and uuid.UUID(merchant_id) not in motion.look_up(active_merchants, "merchant"):
        raise MerchantNotFound
    check_choice(
        motion.payload["amount"],
        _choice(motion),
        rule=motion.group.sharing_rule,
        payers_choose=motion.read(get_rulebook).payers_choose,
        stakes=motion.read(list_shareable),
        payer_id=motion.proposer.pk,
    )


def _execute(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    merchant_id = motion.payload["merchant"]
    approved = approve(
        proposal,
        group=motion.group,
        amount_max=motion.payload["amount"],
        merchant_id=uuid.UUID(merchant_id) if merchant_id else None,
        now=now,
    )
    return {"pay_until": approved.expires_at}


def _foresee(motion: Motion) -> Payload:
    return foresee_shares(_choice(motion), motion.read(list_shareable), motion.proposer.pk, motion.payload["amount"])


register(
    ProposalKind(
        name=KIND,
        text=_("Approve a large payment"),
        who=_(
            "As many of the others who may spend as the group's tier for the amount says. Where nobody else may, so "
            "many of those with money in the pool, who must have more than half of it."
        ),
        silence=_("Whoever is silent is reminded twice; after a day without enough votes it is off."),
        shape=PaymentShape,
        quorum=_quorum,
        check=_check,
        execute=_execute,
        foresee=_foresee,
        life=timedelta(days=1),
        moves_money=True,
    )
)


# --- sharing anew -----------------------------------------------------------------------------------------------------
def _bill(motion: Motion) -> Bill:
    return get_bill(motion.find(read_bills, "payment"), uuid.UUID(motion.payload["payment"]))


def _concerned(motion: Motion) -> Quorum:
    """Ask everybody whose share would change: who has left has none, and who came back is asked again."""
    here = {elector.user_id for elector in motion.electors}
    voters = frozenset(here & agreed_shares(motion.payload).keys() - {motion.proposer.pk})
    return Quorum(voters, len(voters), asks_newcomers=True)


def _check_reshare(motion: Motion) -> None:
    settle_shares(_bill(motion), motion.payload, motion.read(list_shareable))


def _foresee_reshare(motion: Motion) -> Payload:
    return foresee_reshare(_bill(motion), motion.payload, motion.read(list_shareable))


def _reshare(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    entry = reshare(wallet=wallet, group=motion.group, proposal=proposal, actor=motion.proposer, now=now)
    return {"entry": entry.pk}


def _rise(group_id: uuid.UUID, user_id: uuid.UUID, payload: Payload) -> int:
    return rise_of(user_id, payload)


register(
    ProposalKind(
        name=RESHARE,
        text=_("Share a payment anew"),
        who=_("Everybody else whose share of it would change; one rejection ends it."),
        silence=_("Whoever is silent is reminded twice; after seven days without everybody's vote the shares stay."),
        shape=ReshareShape,
        quorum=_concerned,
        check=_check_reshare,
        execute=_reshare,
        foresee=_foresee_reshare,
        life=timedelta(days=7),
        moves_money=True,
        lets_out=_rise,
        is_internal=True,
    )
)
