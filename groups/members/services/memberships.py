"""How a membership begins, changes and ends, and how many there may be. Each under the lock that the caller holds."""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from groups.members import events
from groups.members.changes import departure, new_role, succession
from groups.members.errors import OwnerMustStay, TooManyGroups, TooManyMembers
from groups.members.models import Group, Invitation, Membership
from groups.members.scenes import DEFAULTS, Scene
from groups.members.selectors import list_members
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import open_stake, record_event


def change_member(
    *,
    wallet: Wallet,
    member: Membership,
    actor: User | None,
    now: datetime,
    role: str | None = None,
    weight: int | None = None,
) -> None:
    """Change a member's role (member or viewer) or weight, under the lock of a caller who has judged that it may be.

    :raises OwnerMustStay: when it is the owner whose role would change.
    """
    if role and role != member.role and Membership.Role.OWNER in (role, member.role):
        raise OwnerMustStay
    is_new = role is not None and role != member.role
    member.role = role or member.role
    member.weight = weight or member.weight
    _row_of(member).update(role=member.role, weight=member.weight)
    changed = events.member_changed(actor=actor, user=member.user_id, role=member.role, weight=member.weight)
    record_event(wallet=wallet, event=changed, now=now)
    if is_new:
        new_role.tell(wallet, member, now)


def hand_over(*, wallet: Wallet, heir: Membership, actor: User | None, now: datetime) -> None:
    """Make somebody else the owner; the former owner stays as a member. Under the lock of a caller who has judged it.

    Rooms above are told in the same transaction: a new owner has to do afresh what is the owner's by real name.
    """
    former = list_members(wallet.pk).get(role=Membership.Role.OWNER)
    assert former.pk != heir.pk, "whoever owns the group does not inherit it"
    _row_of(former).update(role=Membership.Role.MEMBER)
    _row_of(heir).update(role=Membership.Role.OWNER)
    handed = events.group_handed_over(actor=actor, owner=heir.user_id, former=former.user_id)
    record_event(wallet=wallet, event=handed, now=now)
    succession.tell(wallet, heir.group, heir.user, now)


def end_membership(*, wallet: Wallet, member: Membership, actor: User | None, now: datetime) -> None:
    """End a membership under the lock that the caller holds. Whose money is whose does not change by it.

    :raises OwnerMustStay: when the member owns the group and others are in it.
    """
    if member.role == Membership.Role.OWNER:
        raise OwnerMustStay
    left = events.member_left(actor=actor, user=member.user_id, removed=actor is None or actor.pk != member.user_id)
    event = record_event(wallet=wallet, event=left, now=now)
    member.left_at, member.left_sequence = now, event.sequence
    _row_of(member).update(left_at=now, left_sequence=event.sequence)
    departure.tell(wallet, member, now)


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
