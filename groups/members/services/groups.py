"""Founding a group and changing it."""

import uuid
from datetime import datetime
from zoneinfo import available_timezones

from django.db import transaction

from groups.members import events
from groups.members.models import Group, Membership
from groups.members.rights import Right
from groups.members.scenes import DEFAULTS, Scene
from groups.members.selectors import access_group
from groups.members.services.memberships import check_groups_of, join
from wallet.identity.models import User
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
) -> Group:
    """Found a group with its wallet; whoever founds it owns it.

    :raises TooManyGroups: when the owner is in as many groups as there may be.
    """
    check_groups_of(owner)
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
    join(wallet, group, owner, Membership.Role.OWNER, now, invitation=None)
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
