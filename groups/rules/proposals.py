"""The kinds of proposals about rules. All of them loosen something, or could: everybody has to agree.

Everybody: all who may spend, and all viewers whose money is in the pool. Silence is no consent. That spending goes on
after a pause loosens nothing that was not agreed before; those decide it who could have stopped it.
"""

import uuid
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from groups.members.errors import OwnerMustStay
from groups.members.models import Membership, SharingRule
from groups.members.selectors import get_member
from groups.members.services import change_member
from groups.proposals import quorums
from groups.proposals.kinds import Motion, Payload, ProposalKind, register
from groups.proposals.models import Proposal
from groups.proposals.quorums import Quorum
from groups.rules.errors import NothingToChange
from groups.rules.judging import Tier
from groups.rules.services import agreed
from groups.rules.shapes import (
    AboutSomebody,
    CategoryShape,
    LimitShape,
    PersonShape,
    SharingShape,
    VotingShape,
)
from wallet.ledger.models import Wallet

EVERYBODY = _("Everybody else who may spend or has money in the pool; one rejection ends it.")
SILENCE = _("Whoever is silent is reminded twice; after seven days without everybody's vote it is off.")


def _everybody(motion: Motion) -> Quorum:
    return quorums.everybody(motion.electors, but=[motion.proposer.pk])


def _user(motion: Motion) -> uuid.UUID | None:
    """Read whom a payload is about; None is everybody."""
    return uuid.UUID(motion.payload["user"]) if motion.payload["user"] else None


def _check_member(motion: Motion) -> None:
    if (user_id := _user(motion)) is not None:
        motion.get_member(user_id)


# --- limits, categories, pauses ---------------------------------------------------------------------------------------
def _set_limit(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    agreed.write_limit(
        wallet=wallet,
        group=motion.group,
        limit=motion.payload["limit"],
        user_id=_user(motion),
        amount=motion.payload["amount"],
        actor=motion.proposer,
        now=now,
    )
    return {}


register(
    ProposalKind(
        name="set_limit",
        text=_("Set, raise or lift a limit"),
        who=EVERYBODY,
        silence=SILENCE,
        shape=LimitShape,
        quorum=_everybody,
        check=_check_member,
        execute=_set_limit,
    )
)


def _unblock(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    category = motion.payload["category"]
    agreed.unblock_category(wallet=wallet, category=category, user_id=_user(motion), actor=motion.proposer, now=now)
    return {}


register(
    ProposalKind(
        name="unblock_category",
        text=_("Pay for a blocked category again"),
        who=EVERYBODY,
        silence=SILENCE,
        shape=CategoryShape,
        quorum=_everybody,
        check=_check_member,
        execute=_unblock,
    )
)


def _spenders(motion: Motion) -> Quorum:
    """Ask those only who could have stopped it: what goes on had been agreed with everybody before."""
    return quorums.spenders(motion.electors, but=[motion.proposer.pk])


def _resume(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    agreed.resume_spending(wallet=wallet, user_id=_user(motion), actor=motion.proposer, now=now)
    return {}


register(
    ProposalKind(
        name="resume_spending",
        text=_("Let spending go on"),
        who=_("Everybody else who may spend; one rejection ends it."),
        silence=SILENCE,
        shape=AboutSomebody,
        quorum=_spenders,
        check=_check_member,
        execute=_resume,
    )
)


# --- sharing ----------------------------------------------------------------------------------------------------------
def _weights(motion: Motion) -> dict[uuid.UUID, int]:
    return {uuid.UUID(row["user"]): row["weight"] for row in motion.payload.get("weights", [])}


def _check_sharing(motion: Motion) -> None:
    for user_id in _weights(motion):
        motion.get_member(user_id)


def _change_sharing(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    rule = motion.payload.get("sharing_rule")
    agreed.write_sharing(
        wallet=wallet,
        group=motion.group,
        rule=SharingRule(rule) if rule else None,
        weights=_weights(motion),
        owe_max=motion.payload.get("owe_max"),
        payers_choose=motion.payload.get("payers_choose"),
        actor=motion.proposer,
        now=now,
    )
    return {}


register(
    ProposalKind(
        name="change_sharing",
        text=_("Change how spends are shared"),
        who=EVERYBODY,
        silence=SILENCE,
        shape=SharingShape,
        quorum=_everybody,
        check=_check_sharing,
        execute=_change_sharing,
    )
)


# --- spenders ---------------------------------------------------------------------------------------------------------
def _check_viewer(motion: Motion) -> None:
    member = motion.get_member(uuid.UUID(motion.payload["user"]))
    if member.role != Membership.Role.VIEWER:
        raise NothingToChange


def _all_but_guest(motion: Motion) -> Quorum:
    return quorums.everybody(motion.electors, but=[motion.proposer.pk, uuid.UUID(motion.payload["user"])])


def _add_spender(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    member = get_member(wallet.pk, uuid.UUID(motion.payload["user"]))
    change_member(wallet=wallet, member=member, role=Membership.Role.MEMBER, actor=motion.proposer, now=now)
    return {}


register(
    ProposalKind(
        name="add_spender",
        text=_("Let a viewer spend"),
        who=_("Everybody else but the viewer who may spend or has money in the pool; one rejection ends it."),
        silence=_("Whoever is silent is reminded twice; after seven days they stay a viewer."),
        shape=PersonShape,
        quorum=_all_but_guest,
        check=_check_viewer,
        execute=_add_spender,
    )
)


def _check_spender(motion: Motion) -> None:
    member = motion.get_member(uuid.UUID(motion.payload["user"]))
    if member.role == Membership.Role.OWNER:
        raise OwnerMustStay
    if member.role == Membership.Role.VIEWER:
        raise NothingToChange


def _others_who_spend(motion: Motion) -> Quorum:
    return quorums.majority(motion.electors, but=[motion.proposer.pk, uuid.UUID(motion.payload["user"])])


def _make_viewer(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    member = get_member(wallet.pk, uuid.UUID(motion.payload["user"]))
    change_member(wallet=wallet, member=member, role=Membership.Role.VIEWER, actor=motion.proposer, now=now)
    return {}


register(
    ProposalKind(
        name="make_viewer",
        text=_("Let a member only look on"),
        who=_("More than half of those who may spend, without the proposer and the person, one at the least."),
        silence=_("Whoever is silent is reminded twice; after seven days without enough votes nothing changes."),
        shape=PersonShape,
        quorum=_others_who_spend,
        check=_check_spender,
        execute=_make_viewer,
        needs_somebody=True,
    )
)


# --- the rules of voting themselves -----------------------------------------------------------------------------------
def _change_voting(wallet: Wallet, motion: Motion, proposal: Proposal, now: datetime) -> Payload:
    agreed.write_voting(
        wallet=wallet,
        group=motion.group,
        tiers=[Tier(tier["above"], tier["approvals"]) for tier in motion.payload["tiers"]],
        part_percent=motion.payload["part_percent"],
        objection_hours=motion.payload["objection_hours"],
        actor=motion.proposer,
        now=now,
    )
    return {}


register(
    ProposalKind(
        name="change_voting",
        text=_("Change the rules of approval"),
        who=EVERYBODY,
        silence=SILENCE,
        shape=VotingShape,
        quorum=_everybody,
        execute=_change_voting,
    )
)
