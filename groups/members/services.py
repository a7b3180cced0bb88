"""Writes about people: found a group, invite, join, change, go. Each under the wallet's lock, each with its event.

Leaving with money is in `groups.exits`; here a membership only begins and ends.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from groups.members import events
from groups.members.errors import (
    AlreadyMember,
    InvitationNotOpen,
    NotAllowed,
    OwnerMustStay,
    TooManyGroups,
    TooManyInvitations,
    TooManyMembers,
)
from groups.members.models import Group, Invitation, InvitationCode, Membership
from groups.members.rights import Right
from groups.members.scenes import DEFAULTS, Scene
from groups.members.selectors import access_group, find_invitation, get_member, hash_code, is_open, list_members
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, open_stake, open_wallet, record_event

#: No 0/O, 1/I/L: a code is read aloud and typed. 31^10 is 49 bits.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10


@transaction.atomic
def create_group(
    *,
    owner: User,
    name: str,
    scene: Scene,
    now: datetime,
    time_zone: str = "Asia/Shanghai",
    group_id: uuid.UUID | None = None,
    is_sandbox: bool = False,
) -> Group:
    """Found a group with its wallet; whoever founds it owns it.

    :raises TooManyGroups: when the owner is in as many groups as there may be.
    """
    _check_groups_of(owner)
    assert time_zone in available_timezones(), time_zone
    wallet = lock_wallet(open_wallet(now=now, wallet_id=group_id).pk)
    defaults = DEFAULTS[Scene(scene)]
    group = Group.objects.create(
        wallet=wallet,
        name=name,
        scene=scene,
        time_zone=time_zone,
        sharing_rule=defaults.sharing_rule,
        is_sandbox=is_sandbox,
        created_at=now,
    )
    created = events.group_created(
        actor=owner,
        name=name,
        scene=scene,
        time_zone=time_zone,
        sharing_rule=group.sharing_rule,
        is_sandbox=is_sandbox,
        owner=owner.pk,
    )
    record_event(wallet=wallet, event=created, now=now)
    _join(wallet, group, owner, Membership.Role.OWNER, now, invitation=None)
    return group


@transaction.atomic
def change_group(
    *,
    actor: User,
    group_id: uuid.UUID,
    now: datetime,
    name: str | None = None,
    sharing_rule: str | None = None,
    time_zone: str | None = None,
) -> Group:
    """Rename a group, or change its sharing rule or time zone.

    :raises NotAllowed: for anybody but the owner.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.CHANGE_SETTINGS).group
    group.name = name or group.name
    group.sharing_rule = sharing_rule or group.sharing_rule
    group.time_zone = time_zone or group.time_zone
    group.save(update_fields=["name", "sharing_rule", "time_zone"])
    changed = events.group_changed(
        actor=actor, name=group.name, sharing_rule=group.sharing_rule, time_zone=group.time_zone
    )
    record_event(wallet=wallet, event=changed, now=now)
    return group


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
    _check_room(access.group)
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
    """Join the group that the code leads to.

    :raises InvitationNotFound: when the code is unknown.
    :raises InvitationNotOpen: when it was answered, withdrawn, or has expired.
    :raises AlreadyMember: when the user is in the group.
    :raises TooManyMembers: when the group filled up meanwhile.
    :raises TooManyGroups: when the user is in as many groups as there may be.
    """
    wallet = lock_wallet(find_invitation(code).group_id)
    invitation = _check_open(code, now)
    if list_members(wallet.pk).filter(user=user).exists():
        raise AlreadyMember
    _check_room(invitation.group)
    _check_groups_of(user)
    _answer(invitation, Invitation.Status.ACCEPTED, user, now)
    return _join(wallet, invitation.group, user, invitation.role, now, invitation=invitation)


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


@transaction.atomic
def change_member(
    *,
    actor: User,
    group_id: uuid.UUID,
    user_id: uuid.UUID,
    now: datetime,
    role: str | None = None,
    weight: int | None = None,
) -> Membership:
    """Change a member's role (member or viewer) or weight.

    :raises OwnerMustStay: when it is the owner whose role would change.
    :raises NotAllowed: for anybody but the owner.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.CHANGE_ROLES)
    member = get_member(group_id, user_id)
    if role and role != member.role and Membership.Role.OWNER in (role, member.role):
        raise OwnerMustStay
    member.role = role or member.role
    member.weight = weight or member.weight
    _row_of(member).update(role=member.role, weight=member.weight)
    changed = events.member_changed(actor=actor, user=user_id, role=member.role, weight=member.weight)
    record_event(wallet=wallet, event=changed, now=now)
    return member


def end_membership(*, wallet: Wallet, member: Membership, actor: User, now: datetime) -> None:
    """End a membership under the lock that the caller holds. Whose money is whose does not change by it.

    :raises OwnerMustStay: when the member owns the group and others are in it.
    """
    if member.role == Membership.Role.OWNER:
        raise OwnerMustStay
    left = events.member_left(actor=actor, user=member.user_id, removed=actor.pk != member.user_id)
    event = record_event(wallet=wallet, event=left, now=now)
    member.left_at, member.left_sequence = now, event.sequence
    _row_of(member).update(left_at=now, left_sequence=event.sequence)


def _join(
    wallet: Wallet, group: Group, user: User, role: str, now: datetime, *, invitation: Invitation | None
) -> Membership:
    membership, _ = Membership.objects.update_or_create(
        group=group,
        user=user,
        defaults={"role": role, "joined_at": now, "left_at": None, "left_sequence": None},
    )
    stake = open_stake(wallet=wallet, holder=user)
    joined = events.member_joined(
        actor=user,
        user=user.pk,
        name=user.name,
        role=role,
        weight=membership.weight,
        joined_at=now,
        invitation=invitation.pk if invitation else None,
        stake=stake.balance or 0,
    )
    record_event(wallet=wallet, event=joined, now=now)
    return membership


def _check_open(code: str, now: datetime) -> Invitation:
    invitation = find_invitation(code)
    if not is_open(invitation, now):
        raise InvitationNotOpen
    return invitation


def _answer(invitation: Invitation, status: str, user: User, now: datetime) -> None:
    invitation.status, invitation.answered_by, invitation.answered_at = status, user, now
    row = Invitation.objects.filter(group=invitation.group_id, pk=invitation.pk)
    row.update(status=status, answered_by=user, answered_at=now)


def _row_of(member: Membership) -> QuerySet[Membership]:
    return Membership.objects.filter(group=member.group_id, pk=member.pk)


def _check_room(group: Group) -> None:
    limit = min(settings.MEMBERS_PER_GROUP_MAX, DEFAULTS[Scene(group.scene)].members_max)
    if list_members(group.pk).count() >= limit:
        raise TooManyMembers(limit=limit)


def _check_groups_of(user: User) -> None:
    # The person's row is locked, so that two groups joined at once are counted one after the other. It is taken after
    # the wallet's lock, and no command takes a wallet's lock while holding a person's.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    count = Membership.objects.filter(user=user, left_at__isnull=True, group__archived_at__isnull=True).count()
    if count >= settings.GROUPS_PER_USER_MAX:
        raise TooManyGroups(limit=settings.GROUPS_PER_USER_MAX)
