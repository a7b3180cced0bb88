"""Founding a group and changing it."""

import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db import transaction

from groups.members import events
from groups.members.changes import closure, founding
from groups.members.errors import LastDayTooSoon
from groups.members.models import Group, Membership
from groups.members.rights import Right
from groups.members.scenes import DEFAULTS, Scene
from groups.members.selectors import access_group
from groups.members.services.memberships import check_groups_of, join
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, open_wallet, record_event


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
    ends_on: date | None = None,
) -> Group:
    """Found a group with its wallet; whoever founds it owns it. `ends_on` is the last day of an event group.

    :raises TooManyGroups: when the owner is in as many groups as there may be.
    :raises LastDayTooSoon: when no notice could be given before the last day.
    """
    check_groups_of(owner)
    check_last_day(ends_on, time_zone, now)
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
        ends_on=ends_on,
    )
    founding.tell(group)
    created = events.group_created(
        actor=owner,
        name=name,
        scene=scene,
        time_zone=time_zone,
        sharing_rule=group.sharing_rule,
        is_sandbox=is_sandbox,
        ends_on=ends_on,
        owner=owner.pk,
    )
    record_event(wallet=wallet, event=created, now=now)
    join(wallet, group, owner, Membership.Role.OWNER, now, invitation=None)
    return group


@transaction.atomic
def change_group(
    *,
    actor: User,
    group_id: uuid.UUID,
    now: datetime,
    name: str | None = None,
    time_zone: str | None = None,
) -> Group:
    """Rename a group, or change its time zone. Days and months that have begun end as they would have.

    :raises NotAllowed: for anybody but the owner.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.CHANGE_SETTINGS).group
    group.name = name or group.name
    if time_zone and time_zone != group.time_zone:
        group.time_zone, group.zone_changed_at = time_zone, now
    _save(wallet, group, actor, now)
    return group


def set_sharing_rule(*, wallet: Wallet, group: Group, sharing_rule: str, actor: User | None, now: datetime) -> None:
    """Change how spends are borne, under the lock that the caller holds, who has judged that it was agreed."""
    group.sharing_rule = sharing_rule
    _save(wallet, group, actor, now)


def check_last_day(ends_on: date | None, time_zone: str, now: datetime) -> None:
    """Refuse a last day before which there would be no time for a notice.

    :raises LastDayTooSoon: when it is less than `ENDING_NOTICE_DAYS` ahead in the group's zone.
    """
    earliest = now.astimezone(ZoneInfo(time_zone)).date() + timedelta(days=settings.ENDING_NOTICE_DAYS)
    if ends_on is not None and ends_on < earliest:
        raise LastDayTooSoon(earliest=f"{earliest:%Y-%m-%d}")


def set_last_day(*, wallet: Wallet, group: Group, ends_on: date | None, actor: User | None, now: datetime) -> None:
    """Make a group end after a day, or not by itself, under the lock of a caller who has judged that it was agreed.

    :raises LastDayTooSoon: when no notice could be given before it.
    """
    check_last_day(ends_on, group.time_zone, now)
    group.ends_on, group.ending_told = ends_on, False
    group.save(update_fields=["ending_told"])
    _save(wallet, group, actor, now)


def archive_group(*, wallet: Wallet, group: Group, actor: User | None, now: datetime) -> None:
    """Close a group for good, under the lock that the caller holds: it can be read and nothing else."""
    closure.tell(wallet, group, now)
    group.archived_at = now
    group.save(update_fields=["archived_at"])
    record_event(wallet=wallet, event=events.group_archived(actor=actor, archived_at=now), now=now)


def _save(wallet: Wallet, group: Group, actor: User | None, now: datetime) -> None:
    group.save(update_fields=["name", "sharing_rule", "time_zone", "zone_changed_at", "ends_on"])
    changed = events.group_changed(
        actor=actor,
        name=group.name,
        sharing_rule=group.sharing_rule,
        time_zone=group.time_zone,
        ends_on=group.ends_on,
    )
    record_event(wallet=wallet, event=changed, now=now)
