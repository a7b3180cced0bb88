"""An owner who has not been seen for long, or who gives the group up, is followed by whoever has been there longest.

Nothing happens without notice. An owner who was away calls the succession off by the next visit on any device; one who
has resigned takes it back, or hands over to somebody who agrees. So an owner can leave, whoever refuses: nobody has to
be asked. Where nobody else may spend when the notice is over, a group that was given up is dissolved by the stakes.
"""

import uuid
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from groups.exits import events
from groups.exits.errors import NotTheOwner
from groups.exits.models import Dissolution, Succession
from groups.exits.services.dissolving import dissolve_if_even
from groups.members.models import Membership
from groups.members.rights import Right
from groups.members.selectors import access_group, list_members
from groups.members.services import hand_over
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event
from wallet.ledger.sweeps import sweep

Reason, Status = Succession.Reason, Succession.Status


def announce_successions(*, now: datetime, limit: int = 200) -> int:
    """Announce a succession where the owner was not seen for `SUCCESSION_INACTIVE_DAYS`; say how many."""
    return sweep(list_forsaken(now).values_list("group_id")[:limit], partial(_announce_absence, now=now))


def list_forsaken(now: datetime) -> QuerySet[Membership]:
    """List the owners of open groups, with others in them, who were not seen for long; nothing announced yet."""
    since = now - timedelta(days=settings.SUCCESSION_INACTIVE_DAYS)
    announced = Succession.objects.filter(status=Status.ANNOUNCED).values("group")
    others = Membership.objects.filter(left_at__isnull=True, role=Membership.Role.MEMBER).values("group")
    owners = Membership.objects.filter(role=Membership.Role.OWNER, left_at__isnull=True, joined_at__lt=since)
    owners = owners.filter(group__archived_at__isnull=True, group__in=others).exclude(group__in=announced)
    seen = owners.annotate(seen=Max("user__devices__last_seen_at"))
    return seen.exclude(seen__gte=since).order_by("group_id")


@transaction.atomic
def _announce_absence(group_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    owner = list_forsaken(now).filter(group=group_id).first()
    heir = find_heir(group_id, now)
    if owner is None or heir is None:
        return False
    _announce(wallet, owner, heir, Reason.AWAY, now)
    return True


@transaction.atomic
def resign(*, actor: User, group_id: uuid.UUID, now: datetime) -> Succession:
    """Give the own group up: somebody follows in `SUCCESSION_NOTICE_DAYS`. Resigning again changes nothing.

    :raises NotTheOwner: for anybody else.
    """
    wallet, owner, standing = _begin(actor, group_id)
    if standing is not None and standing.reason == Reason.RESIGNED:
        return standing
    if standing is not None:  # whoever resigns has been seen again
        _call_off(wallet, standing, now)
    return _announce(wallet, owner, find_heir(group_id, now), Reason.RESIGNED, now)


@transaction.atomic
def take_resignation_back(*, actor: User, group_id: uuid.UUID, now: datetime) -> None:
    """Stay the owner after all. Again changes nothing.

    :raises NotTheOwner: for anybody else.
    """
    wallet, _owner, standing = _begin(actor, group_id)
    if standing is not None:
        _call_off(wallet, standing, now)


def _begin(actor: User, group_id: uuid.UUID) -> tuple[Wallet, Membership, Succession | None]:
    wallet = lock_wallet(group_id)
    member = access_group(actor, group_id, Right.WITHDRAW).membership
    if member.role != Membership.Role.OWNER:
        raise NotTheOwner
    return wallet, member, find_succession(group_id)


def find_succession(group_id: uuid.UUID) -> Succession | None:
    """Find the succession that is announced in a group."""
    return Succession.objects.filter(group=group_id, status=Status.ANNOUNCED).first()


def _announce(
    wallet: Wallet, owner: Membership, heir: Membership | None, reason: Succession.Reason, now: datetime
) -> Succession:
    succession = Succession.objects.create(
        group_id=wallet.pk,
        owner_id=owner.user_id,
        heir_id=heir.user_id if heir else None,
        reason=reason,
        announced_at=now,
        due_at=now + timedelta(days=settings.SUCCESSION_NOTICE_DAYS),
    )
    announced = events.succession_announced(
        owner=owner.user_id, heir=succession.heir_id, reason=reason.value, due_at=succession.due_at
    )
    record_event(wallet=wallet, event=announced, now=now)
    return succession


def find_heir(group_id: uuid.UUID, now: datetime) -> Membership | None:
    """Find who follows: of those who may spend and were seen lately, whoever has been in the group longest."""
    since = now - timedelta(days=settings.SUCCESSION_INACTIVE_DAYS)
    fit = list_members(group_id).filter(role=Membership.Role.MEMBER, user__is_active=True)
    seen = fit.annotate(seen=Max("user__devices__last_seen_at")).filter(seen__gte=since)
    return seen.select_related("group").order_by("joined_at", "id").first()


def carry_out_successions(*, now: datetime, limit: int = 200) -> int:
    """Carry out successions whose notice is over, and call off where the owner was seen again; say how many ended.

    Where a group that was given up cannot be dissolved yet, because somebody owes the others, it waits.
    """
    open_ones = Succession.objects.filter(status=Status.ANNOUNCED).order_by("due_at", "group_id")
    return sweep(open_ones.values_list("group_id")[:limit], partial(_carry_out, now=now))


@transaction.atomic
def _carry_out(group_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    succession = find_succession(group_id)
    if succession is None:
        return False
    owner = list_members(group_id).select_related("group").filter(role=Membership.Role.OWNER).first()
    heir = list_members(group_id).filter(user=succession.heir_id, role=Membership.Role.MEMBER).first()
    heir = heir or find_heir(group_id, now)
    is_resigned = succession.reason == Reason.RESIGNED
    is_moot = owner is None or owner.user_id != succession.owner_id or owner.group.archived_at is not None
    if is_moot or (not is_resigned and (heir is None or _was_seen(succession))):
        _call_off(wallet, succession, now)
        return True
    if now < succession.due_at:
        return False
    if heir is not None:
        hand_over(wallet=wallet, heir=heir, actor=None, now=now)
    elif owner is None or not dissolve_if_even(wallet, owner.group, Dissolution.Reason.RESIGNED, now):
        return False
    _end(succession, Status.DONE, now)
    return True


def _was_seen(succession: Succession) -> bool:
    owner = User.objects.filter(pk=succession.owner_id, devices__last_seen_at__gt=succession.announced_at)
    return owner.exists()


def _call_off(wallet: Wallet, succession: Succession, now: datetime) -> None:
    _end(succession, Status.CALLED_OFF, now)
    called_off = events.succession_called_off(owner=succession.owner_id, heir=succession.heir_id)
    record_event(wallet=wallet, event=called_off, now=now)


def _end(succession: Succession, status: str, now: datetime) -> None:
    row = Succession.objects.filter(group=succession.group_id, pk=succession.pk)
    row.update(status=status, ended_at=now)
