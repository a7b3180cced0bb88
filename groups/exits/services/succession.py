"""An owner who has not been seen for long is followed by the member who has been there longest.

Nothing happens without notice: the succession is announced, and the owner's next visit on any device calls it off.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from groups.exits import events
from groups.exits.models import Succession
from groups.members.models import Membership
from groups.members.selectors import list_members
from groups.members.services import hand_over
from wallet.identity.models import User
from wallet.ledger.services import lock_wallet, record_event


def announce_successions(*, now: datetime, limit: int = 200) -> int:
    """Announce a succession where the owner was not seen for `SUCCESSION_INACTIVE_DAYS`; say how many."""
    due = list_forsaken(now).values_list("group_id", flat=True)
    return sum(_announce(group_id, now) for group_id in list(due[:limit]))


def list_forsaken(now: datetime) -> QuerySet[Membership]:
    """List the owners of open groups, with others in them, who were not seen for long; nothing announced yet."""
    since = now - timedelta(days=settings.SUCCESSION_INACTIVE_DAYS)
    announced = Succession.objects.filter(status=Succession.Status.ANNOUNCED).values("group")
    others = Membership.objects.filter(left_at__isnull=True, role=Membership.Role.MEMBER).values("group")
    owners = Membership.objects.filter(role=Membership.Role.OWNER, left_at__isnull=True, joined_at__lt=since)
    owners = owners.filter(group__archived_at__isnull=True, group__in=others).exclude(group__in=announced)
    seen = owners.annotate(seen=Max("user__devices__last_seen_at"))
    return seen.exclude(seen__gte=since).order_by("group_id")


@transaction.atomic
def _announce(group_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    owner = list_forsaken(now).filter(group=group_id).first()
    heir = find_heir(group_id, now)
    if owner is None or heir is None:
        return False
    succession = Succession.objects.create(
        group_id=group_id,
        owner_id=owner.user_id,
        heir=heir.user,
        announced_at=now,
        due_at=now + timedelta(days=settings.SUCCESSION_NOTICE_DAYS),
    )
    announced = events.succession_announced(owner=owner.user_id, heir=heir.user_id, due_at=succession.due_at)
    record_event(wallet=wallet, event=announced, now=now)
    return True


def find_heir(group_id: uuid.UUID, now: datetime) -> Membership | None:
    """Find who follows: of those who may spend and were seen lately, whoever has been in the group longest."""
    since = now - timedelta(days=settings.SUCCESSION_INACTIVE_DAYS)
    fit = list_members(group_id).filter(role=Membership.Role.MEMBER, user__is_active=True)
    seen = fit.annotate(seen=Max("user__devices__last_seen_at")).filter(seen__gte=since)
    return seen.select_related("group").order_by("joined_at", "id").first()


def carry_out_successions(*, now: datetime, limit: int = 200) -> int:
    """Hand groups over whose notice is over, and call off where the owner was seen again; say how many ended."""
    open_ones = Succession.objects.filter(status=Succession.Status.ANNOUNCED).order_by("group_id")
    return sum(_carry_out(group_id, now) for group_id in list(open_ones.values_list("group_id", flat=True)[:limit]))


@transaction.atomic
def _carry_out(group_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    succession = Succession.objects.filter(group=group_id, status=Succession.Status.ANNOUNCED).first()
    if succession is None:
        return False
    owner = list_members(group_id).select_related("group").filter(role=Membership.Role.OWNER).first()
    heir = list_members(group_id).filter(user=succession.heir_id, role=Membership.Role.MEMBER).first()
    heir = heir or find_heir(group_id, now)
    is_moot = owner is None or owner.user_id != succession.owner_id or owner.group.archived_at is not None
    if is_moot or heir is None or _was_seen(succession):
        _end(succession, Succession.Status.CALLED_OFF, now)
        called_off = events.succession_called_off(owner=succession.owner_id, heir=succession.heir_id)
        record_event(wallet=wallet, event=called_off, now=now)
        return True
    if now < succession.due_at:
        return False
    _end(succession, Succession.Status.DONE, now)
    hand_over(wallet=wallet, heir=heir, actor=None, now=now)
    return True


def _was_seen(succession: Succession) -> bool:
    owner = User.objects.filter(pk=succession.owner_id, devices__last_seen_at__gt=succession.announced_at)
    return owner.exists()


def _end(succession: Succession, status: str, now: datetime) -> None:
    row = Succession.objects.filter(group=succession.group_id, pk=succession.pk)
    row.update(status=status, ended_at=now)
