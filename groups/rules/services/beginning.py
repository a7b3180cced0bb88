"""The rules that a new group has, by its scene, and who may spend from the start."""

import uuid
from contextlib import suppress
from datetime import datetime

from groups.members.models import Group, Invitation, Membership
from groups.members.rights import RIGHTS, Right
from groups.members.selectors import list_members
from groups.proposals.errors import ProposalOpenAlready, TooManyProposals
from groups.proposals.quorums import everybody
from groups.proposals.selectors import list_electors
from groups.proposals.services import open_proposal
from groups.rules.defaults import TIERS
from groups.rules.models import ApprovalTier, Rulebook
from groups.rules.selectors import get_rulebook
from groups.rules.windows import month_of
from wallet.ledger.models import Account, Wallet


def write_rulebook(group: Group) -> None:
    """Write the rules that a group of its scene begins with. The first month is that of the founding, whole."""
    month = month_of(group.created_at, group.time_zone)
    Rulebook.objects.create(group=group, window_starts_at=month.starts_at, window_ends_at=month.ends_at)
    ApprovalTier.objects.bulk_create(
        ApprovalTier(group=group, above=tier.above, approvals=tier.approvals) for tier in TIERS[group.scene]
    )


def may_admit(group_id: uuid.UUID, inviter_id: uuid.UUID) -> bool:
    """Say whether the inviter lets a spender in alone: while they are in the group, and nobody else has a say."""
    electors = list_electors(group_id)
    is_current = any(elector.user_id == inviter_id and elector.may_spend for elector in electors)
    return is_current and not everybody(electors, but=[inviter_id]).voters


def ask_for_spender(wallet: Wallet, guest: Membership, invitation: Invitation, now: datetime) -> None:
    """Let somebody owe what was agreed; and where they came to spend, ask the others on behalf of whoever invited.

    Where that cannot be asked now, or is asked already, the guest comes in all the same, as a viewer.
    """
    owe_max = get_rulebook(wallet.pk).owe_max
    if owe_max:
        stakes = Account.objects.filter(wallet=wallet, kind=Account.Kind.STAKE, holder=guest.user_id)
        stakes.update(floor=-owe_max)
    if guest.role == invitation.role or invitation.role == Membership.Role.VIEWER:
        return
    host = list_members(wallet.pk).filter(user=invitation.inviter_id).first()
    if host is not None and Right.SPEND in RIGHTS[host.role]:
        payload = {"user": guest.user_id}
        with suppress(ProposalOpenAlready, TooManyProposals):
            open_proposal(
                wallet=wallet, group=guest.group, proposer=host.user, kind="add_spender", payload=payload, now=now
            )


def forget_debt_rule(wallet: Wallet, member: Membership, now: datetime) -> None:
    """Whoever has left owes nothing any more, and cannot begin to."""
    stakes = Account.objects.filter(wallet=wallet, kind=Account.Kind.STAKE, holder=member.user_id)
    stakes.filter(balance__gte=0).update(floor=0)
