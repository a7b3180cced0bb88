"""The kinds of proposals about people and partings. Those about a person are stricter: silence always means no."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from groups.exits import events
from groups.exits.errors import HeirUnfit, NotOwed, NotTheOwner
from groups.exits.selectors import foresee_dissolution
from groups.exits.services import dissolve, remove_member
from groups.members.errors import NotAllowed, OwnerMustStay
from groups.members.models import Membership
from groups.members.rights import Right
from groups.members.selectors import get_member
from groups.members.services import check_last_day, hand_over, set_last_day
from groups.proposals import quorums
from groups.proposals.kinds import Motion, Payload, ProposalKind, register
from groups.proposals.models import Proposal
from groups.proposals.quorums import Quorum
from groups.rules.proposals import EVERYBODY, SILENCE
from groups.rules.shapes import PersonShape, WeightShape, check_once_each
from groups.rules.sharing import list_shareable
from wallet.api.fields import MoneyField, money
from wallet.ledger import clock
from wallet.ledger.models import Wallet
from wallet.ledger.selectors import get_stake
from wallet.ledger.services import credit, debit, post_entry

NOBODY_DECIDES = _("Whoever is silent is reminded twice; after seven days without enough votes nothing changes.")


def _person(motion: Motion) -> uuid.UUID:
    return uuid.UUID(motion.payload["user"])


# --- remove a member --------------------------------------------------------------------------------------------------
def _check_removal(motion: Motion) -> None:
    member = motion.get_member(_person(motion))
    if member.user_id == motion.proposer.pk:
        raise NotAllowed(right="remove_oneself")
    if member.role == Membership.Role.OWNER:
        raise OwnerMustStay


def _others(motion: Motion) -> Quorum:
    return quorums.majority(motion.electors, but=[motion.proposer.pk, _person(motion)])


def _remove(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    member = get_member(wallet.pk, _person(motion))
    parting = remove_member(wallet=wallet, member=member, actor=motion.proposer, now=now)
    return {"withdrawal": parting.withdrawal.pk if parting.withdrawal else None}


register(
    ProposalKind(
        name="remove_member",
        text=_("Remove a member and pay out their stake"),
        who=_("More than half of those who may spend, without the proposer and the person, one at the least."),
        silence=NOBODY_DECIDES,
        shape=PersonShape,
        quorum=_others,
        check=_check_removal,
        execute=_remove,
        moves_money=True,
        needs_somebody=True,
    )
)


# --- hand the group over ----------------------------------------------------------------------------------------------
def _check_heir(motion: Motion) -> None:
    if motion.get_member(_person(motion)).role != Membership.Role.MEMBER:
        raise HeirUnfit


def _check_hand_over(motion: Motion) -> None:
    if motion.proposer.pk != motion.get_owner().user_id:
        raise NotTheOwner
    _check_heir(motion)


def _heir_alone(motion: Motion) -> Quorum:
    return quorums.only(motion.electors, _person(motion))


def _hand_over(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    heir = get_member(wallet.pk, _person(motion))
    hand_over(wallet=wallet, heir=heir, actor=motion.proposer, now=now)
    return {}


register(
    ProposalKind(
        name="hand_over",
        text=_("Hand the group over"),
        who=_("The heir alone; only the owner can propose it."),
        silence=_("If the heir is silent for seven days the owner stays."),
        shape=PersonShape,
        quorum=_heir_alone,
        check=_check_hand_over,
        execute=_hand_over,
        needs_somebody=True,
    )
)


def _electors(motion: Motion) -> Quorum:
    """Two thirds without the present owner, who has no veto; and whoever shall follow must want it."""
    heir, owner = _person(motion), motion.get_owner().user_id
    quorum = quorums.share_of(motion.electors, 2, 3, but=[motion.proposer.pk, owner])
    required = frozenset({heir}) - {motion.proposer.pk}
    return Quorum(quorum.voters, quorum.needed, required)


def _check_election(motion: Motion) -> None:
    if motion.proposer.pk == motion.get_owner().user_id:
        raise NotAllowed(right="elect_owner")
    _check_heir(motion)


register(
    ProposalKind(
        name="elect_owner",
        text=_("Elect another owner"),
        who=_("Two thirds of those who may spend, without the proposer and the present owner; the heir among them."),
        silence=NOBODY_DECIDES,
        shape=PersonShape,
        quorum=_electors,
        check=_check_election,
        execute=_hand_over,
        needs_somebody=True,
    )
)


# --- debts ------------------------------------------------------------------------------------------------------------
class DebtShape(serializers.Serializer[Any]):
    """What the proposer has paid outside the group, to somebody in it."""

    user = serializers.UUIDField()
    amount = MoneyField()


def _check_debt(motion: Motion) -> None:
    creditor = motion.get_member(_person(motion))
    owed, due = max(0, -motion.stake_of(motion.proposer.pk)), max(0, motion.stake_of(creditor.user_id))
    if motion.payload["amount"] > min(owed, due):
        raise NotOwed(owed=min(owed, due))


def _settle_debt(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    amount, creditor = motion.payload["amount"], _person(motion)
    post_entry(
        wallet=wallet,
        kind="debt_settled",
        reference=f"debt:{proposal.pk}",
        lines=[
            credit(get_stake(wallet.pk, motion.proposer.pk), amount),
            debit(get_stake(wallet.pk, creditor), amount),
        ],
        event=events.debt_settled(actor=motion.proposer, debtor=motion.proposer.pk, creditor=creditor, amount=amount),
        now=now,
    )
    return {}


register(
    ProposalKind(
        name="settle_debt",
        text=_("A debt was paid outside the group"),
        who=_("Whoever was paid, alone."),
        silence=_("If they are silent for seven days the debt stays."),
        shape=DebtShape,
        quorum=_heir_alone,
        check=_check_debt,
        execute=_settle_debt,
        right=Right.WITHDRAW,
        moves_money=True,
        needs_somebody=True,
    )
)


# --- dissolve ---------------------------------------------------------------------------------------------------------
class DissolutionShape(serializers.Serializer[Any]):
    """The text that everybody signs, and the split: by the stakes where no weights are agreed."""

    version = serializers.RegexField(r"^[A-Za-z0-9._-]{1,32}$")
    text = serializers.CharField(max_length=4000)
    weights = serializers.ListField(child=WeightShape(), required=False, max_length=100, validators=[check_once_each])


def _weights(motion: Motion) -> dict[uuid.UUID, int]:
    return {uuid.UUID(row["user"]): row["weight"] for row in motion.payload.get("weights", [])}


def _check_weights(motion: Motion) -> None:
    for user_id in _weights(motion):
        motion.get_member(user_id)


def _everybody(motion: Motion) -> Quorum:
    return quorums.everybody(motion.electors, but=[motion.proposer.pk])


def _dissolve(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    dissolution = dissolve(
        wallet=wallet,
        group=motion.group,
        proposal=proposal,
        weights=_weights(motion),
        version=motion.payload["version"],
        text=motion.payload["text"],
        actor=motion.proposer,
        now=now,
    )
    return {"shares": {user_id: money(share) for user_id, share in dissolution.shares.items()}}


def _own_stake(group_id: uuid.UUID, user_id: uuid.UUID, payload: Payload) -> int:
    return get_stake(group_id, user_id).balance or 0


def _foresee_dissolution(motion: Motion) -> Payload:
    shares = foresee_dissolution(motion.read(list_shareable), _weights(motion))
    return {"shares": {str(user_id): money(share) for user_id, share in shares.items()}}


register(
    ProposalKind(
        name="dissolve",
        text=_("Dissolve the group"),
        who=EVERYBODY,
        silence=_("Whoever is silent is reminded twice; after fourteen days without everybody's signature it is off."),
        shape=DissolutionShape,
        quorum=_everybody,
        check=_check_weights,
        execute=_dissolve,
        foresee=_foresee_dissolution,
        life=timedelta(days=14),
        moves_money=True,
        lets_out=_own_stake,
    )
)


class LastDayShape(serializers.Serializer[Any]):
    """The last day of the group, in its time zone; null for a group that does not end by itself."""

    ends_on = serializers.DateField(allow_null=True)


def _ends_on(motion: Motion) -> date | None:
    told = motion.payload["ends_on"]
    return date.fromisoformat(told) if told else None


def _check_last_day(motion: Motion) -> None:
    check_last_day(_ends_on(motion), motion.group.time_zone, clock.database_now())


def _set_last_day(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    set_last_day(wallet=wallet, group=motion.group, ends_on=_ends_on(motion), actor=motion.proposer, now=now)
    return {}


register(
    ProposalKind(
        name="set_last_day",
        text=_("Set the group's last day"),
        who=EVERYBODY,
        silence=SILENCE,
        shape=LastDayShape,
        quorum=_everybody,
        check=_check_last_day,
        execute=_set_last_day,
    )
)
