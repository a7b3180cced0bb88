"""Reads of people and groups. `access_group` fetches and authorises in one step, so that no view can forget."""

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from groups.members.errors import GroupArchived, GroupNotFound, InvitationNotFound, MemberNotFound, NotAllowed
from groups.members.models import Group, Invitation, InvitationCode, Membership
from groups.members.rights import RIGHTS, Right
from wallet.events.readers import Range
from wallet.identity.models import User
from wallet.ledger.models import Account
from wallet.ledger.selectors import list_stakes


@dataclass(frozen=True, slots=True)
class Access:
    """A group, and what the acting user is in it."""

    group: Group
    membership: Membership

    @property
    def user(self) -> User:
        return self.membership.user


def access_group(user: User, group_id: uuid.UUID, right: Right) -> Access:
    """Get the group for a user who has the right in it.

    Services call it again under the wallet's lock, where its answer stays true until the commit.

    :raises GroupNotFound: when the user is not a member, or there is no such group.
    :raises NotAllowed: when the user's role does not have the right.
    :raises GroupArchived: when more than reading is asked of a closed group.
    """
    membership = (
        Membership.objects.select_related("group__wallet", "user")
        .filter(group=group_id, user=user, left_at__isnull=True)
        .first()
    )
    if membership is None:
        raise GroupNotFound
    if right not in RIGHTS[membership.role]:
        raise NotAllowed(right=right.value)
    if membership.group.archived_at is not None and right is not Right.SEE:
        raise GroupArchived
    return Access(membership.group, membership)


def list_groups(user: User) -> QuerySet[Membership]:
    """List the user's memberships with their groups and wallets."""
    current = Membership.objects.filter(user=user, left_at__isnull=True)
    return current.select_related("group__wallet").order_by("id")


def list_members(group_id: uuid.UUID) -> QuerySet[Membership]:
    """List who is in a group now."""
    return Membership.objects.filter(group=group_id, left_at__isnull=True).select_related("user").order_by("id")


def get_member(group_id: uuid.UUID, user_id: uuid.UUID) -> Membership:
    """Get a current member.

    :raises MemberNotFound: when there is none.
    """
    member = list_members(group_id).filter(user=user_id).first()
    if member is None:
        raise MemberNotFound
    return member


def readable_wallets(user_id: uuid.UUID, wallet_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Range]:
    """Say for the event stream which of these wallets a user may read, and until where."""
    current = Membership.objects.filter(user=user_id, group__in=list(wallet_ids), left_at__isnull=True)
    return {wallet_id: Range() for wallet_id in current.values_list("group_id", flat=True)}


def hash_code(code: str) -> str:
    """Hash an invitation code for looking it up; what is stored does not let anybody in."""
    return hashlib.sha256(f"invitation:{code}".encode()).hexdigest()


def find_invitation(code: str) -> Invitation:
    """Find an invitation by its code.

    :raises InvitationNotFound: when the code is unknown.
    """
    lead = InvitationCode.objects.filter(code_hash=hash_code(code)).first()
    if lead is None:
        raise InvitationNotFound
    return Invitation.objects.select_related("group", "inviter").get(group=lead.wallet_id, pk=lead.invitation_id)


def list_invitations(group_id: uuid.UUID) -> QuerySet[Invitation]:
    """List the invitations of a group."""
    return Invitation.objects.filter(group=group_id).select_related("inviter").order_by("-id")


def is_open(invitation: Invitation, now: datetime) -> bool:
    """Say whether an invitation can still be answered."""
    return invitation.status == Invitation.Status.OPEN and now < invitation.expires_at


def stakes_by_wallet(memberships: Sequence[Membership]) -> dict[uuid.UUID, int]:
    """Look up what each of these memberships, of one user, owns (fen), by wallet."""
    wallets = [membership.group_id for membership in memberships]
    holders = {membership.user_id for membership in memberships}
    stakes = Account.objects.filter(wallet__in=wallets, holder__in=holders, kind=Account.Kind.STAKE)
    return {wallet_id: balance or 0 for wallet_id, balance in stakes.values_list("wallet_id", "balance")}


def stakes_by_holder(group_id: uuid.UUID) -> dict[uuid.UUID | None, int]:
    """Look up what everybody owns of a group's wallet (fen), those who left included."""
    stakes = list_stakes(group_id).values_list("holder_id", "balance")
    return {holder_id: balance or 0 for holder_id, balance in stakes}
