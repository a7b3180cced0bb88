"""How a membership begins, changes and ends, and how many there may be. Each under the lock that the caller holds."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from groups.members import events
from groups.members.errors import (
    OwnerMustStay,
    TooManyGroups,
    TooManyMembers,
)
from groups.members.models import Group, Invitation, Membership
from groups.members.rights import Right
from groups.members.scenes import DEFAULTS, Scene
from groups.members.selectors import access_group, get_member, list_members
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, open_stake, record_event


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


def join(
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


def _row_of(member: Membership) -> QuerySet[Membership]:
    return Membership.objects.filter(group=member.group_id, pk=member.pk)


def check_room(group: Group) -> None:
    """Refuse when the group is full.

    :raises TooManyMembers: when it is.
    """
    limit = min(settings.MEMBERS_PER_GROUP_MAX, DEFAULTS[Scene(group.scene)].members_max)
    if list_members(group.pk).count() >= limit:
        raise TooManyMembers(limit=limit)


def check_groups_of(user: User) -> None:
    """Refuse when the person is in as many groups as there may be.

    :raises TooManyGroups: when they are.
    """
    # The person's row is locked, so that two groups joined at once are counted one after the other. It is taken after
    # the wallet's lock, and no command takes a wallet's lock while holding a person's.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    count = Membership.objects.filter(user=user, left_at__isnull=True, group__archived_at__isnull=True).count()
    if count >= settings.GROUPS_PER_USER_MAX:
        raise TooManyGroups(limit=settings.GROUPS_PER_USER_MAX)
