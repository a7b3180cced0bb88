"""Inviting, and what becomes of an invitation. A code lets one person in, once, until it expires."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from groups.members import events
from groups.members.changes import arrival, lets_spenders_in
from groups.members.errors import (
    AlreadyMember,
    InvitationNotOpen,
    NotAllowed,
    TooManyInvitations,
)
from groups.members.models import Invitation, InvitationCode, Membership
from groups.members.rights import Right
from groups.members.scenes import DEFAULTS, Scene
from groups.members.selectors import access_group, find_invitation, hash_code, is_open, list_members
from groups.members.services.memberships import check_groups_of, check_room, join
from wallet.identity.models import User
from wallet.ledger.services import lock_wallet, record_event

#: No 0/O, 1/I/L: a code is read aloud and typed. 31^10 is 49 bits.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation and its code, which is shown this once."""

    invitation: Invitation
    code: str


@transaction.atomic
def invite(*, actor: User, group_id: uuid.UUID, now: datetime, role: str | None = None) -> Invited:
    """Make an invitation; its code lets one person in until it expires.

    :raises TooManyMembers: when the group is full.
    :raises TooManyInvitations: when too many are open.
    :raises NotAllowed: when the role is more than the inviter's own, or the owner's.
    """
    wallet = lock_wallet(group_id)
    access = access_group(actor, group_id, Right.INVITE)
    role = role or DEFAULTS[Scene(access.group.scene)].invited_role
    if role == Membership.Role.OWNER:
        raise NotAllowed(right="hand_over")
    check_room(access.group)
    open_now = Invitation.objects.filter(group=group_id, status=Invitation.Status.OPEN, expires_at__gt=now).count()
    if open_now >= settings.INVITATIONS_OPEN_MAX:
        raise TooManyInvitations(limit=settings.INVITATIONS_OPEN_MAX)
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    invitation = Invitation.objects.create(
        group=access.group,
        inviter=actor,
        role=role,
        created_at=now,
        expires_at=now + timedelta(hours=settings.INVITATION_LIFE_HOURS),
    )
    InvitationCode.objects.create(code_hash=hash_code(code), wallet_id=wallet.pk, invitation_id=invitation.pk)
    invited = events.member_invited(actor=actor, invitation=invitation.pk, role=role, expires_at=invitation.expires_at)
    record_event(wallet=wallet, event=invited, now=now)
    return Invited(invitation, code)


@transaction.atomic
def accept_invitation(*, user: User, code: str, now: datetime) -> Membership:
    """Join the group that the code leads to: as a viewer, while the others have to agree that one more may spend.

    :raises InvitationNotFound: when the code is unknown.
    :raises InvitationNotOpen: when it was answered, withdrawn, has expired, or its inviter or the group is gone.
    :raises AlreadyMember: when the user is in the group.
    :raises TooManyMembers: when the group filled up meanwhile.
    :raises TooManyGroups: when the user is in as many groups as there may be.
    """
    wallet = lock_wallet(find_invitation(code).group_id)
    invitation = _check_open(code, now)
    if list_members(wallet.pk).filter(user=user).exists():
        raise AlreadyMember
    check_room(invitation.group)
    check_groups_of(user)
    _answer(invitation, Invitation.Status.ACCEPTED, user, now)
    role = invitation.role
    if role != Membership.Role.VIEWER and not lets_spenders_in(wallet.pk, invitation.inviter_id):
        role = Membership.Role.VIEWER
    joined = join(wallet, invitation.group, user, role, now, invitation=invitation)
    arrival.tell(wallet, joined, invitation, now)
    return joined


@transaction.atomic
def decline_invitation(*, user: User, code: str, now: datetime) -> Invitation:
    """Decline; the code lets nobody in any more.

    :raises InvitationNotFound: when the code is unknown.
    :raises InvitationNotOpen: when it was answered, withdrawn, or has expired.
    :raises AlreadyMember: when the user is in the group already.
    """
    wallet = lock_wallet(find_invitation(code).group_id)
    invitation = _check_open(code, now)
    if list_members(wallet.pk).filter(user=user).exists():
        raise AlreadyMember
    _answer(invitation, Invitation.Status.DECLINED, user, now)
    closed = events.invitation_closed(invitation=invitation.pk, status=invitation.status)
    record_event(wallet=wallet, event=closed, now=now)
    return invitation


@transaction.atomic
def withdraw_invitation(*, actor: User, group_id: uuid.UUID, invitation_id: uuid.UUID, now: datetime) -> Invitation:
    """Take an invitation back: who made it may, and the owner.

    :raises InvitationNotOpen: when it is not open, or not the actor's to take back.
    """
    wallet = lock_wallet(group_id)
    access = access_group(actor, group_id, Right.INVITE)
    invitation = Invitation.objects.filter(group=group_id, pk=invitation_id).first()
    if invitation is None or not is_open(invitation, now):
        raise InvitationNotOpen
    if invitation.inviter_id != actor.pk and access.membership.role != Membership.Role.OWNER:
        raise NotAllowed(right="withdraw_invitation")
    _answer(invitation, Invitation.Status.WITHDRAWN, actor, now)
    closed = events.invitation_closed(actor=actor, invitation=invitation.pk, status=invitation.status)
    record_event(wallet=wallet, event=closed, now=now)
    return invitation


def expire_invitations(*, now: datetime, limit: int = 500) -> int:
    """Close what has expired, one wallet at a time, and say how many. Expiry holds without it; this tells the group."""
    due = Invitation.objects.filter(status=Invitation.Status.OPEN, expires_at__lte=now).order_by("group_id", "id")
    closed = 0
    for group_id, invitation_id in due.values_list("group_id", "id")[:limit]:
        with transaction.atomic():
            wallet = lock_wallet(group_id)
            still_open = Invitation.objects.filter(group=group_id, pk=invitation_id, status=Invitation.Status.OPEN)
            if still_open.update(status=Invitation.Status.EXPIRED):
                event = events.invitation_closed(invitation=invitation_id, status=Invitation.Status.EXPIRED)
                record_event(wallet=wallet, event=event, now=now)
                closed += 1
    return closed


def _check_open(code: str, now: datetime) -> Invitation:
    """An invitation is its inviter's: it ends with their membership, so that nobody comes back by their own."""
    invitation = find_invitation(code)
    is_host_here = list_members(invitation.group_id).filter(user=invitation.inviter_id).exists()
    if not is_open(invitation, now) or not is_host_here or invitation.group.archived_at is not None:
        raise InvitationNotOpen
    return invitation


def _answer(invitation: Invitation, status: str, user: User, now: datetime) -> None:
    invitation.status, invitation.answered_by, invitation.answered_at = status, user, now
    row = Invitation.objects.filter(group=invitation.group_id, pk=invitation.pk)
    row.update(status=status, answered_by=user, answered_at=now)
