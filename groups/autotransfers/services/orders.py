"""Making, changing, pausing and resuming standing orders, and skipping one run: by people, under the wallet's lock.

An incoming order is its member's own affair. An outgoing one takes everybody's money: to start it, to loosen it, or to
let go on what another has paused is proposed, and everybody has to agree; to narrow, pause, skip or end it takes effect
at once for whoever may spend. A change holds from the next run on: what is due when it is made goes by the old terms.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction

from groups.autotransfers import events
from groups.autotransfers.errors import (
    AutoTransferOver,
    AutoTransferPaused,
    GoalBehind,
    NeverDue,
    TooManyAutoTransfers,
    TooManyOwnAutoTransfers,
)
from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.selectors import brought, get_order, list_in_force
from groups.autotransfers.services.ending import check_may_stop, pause
from groups.autotransfers.services.rows import plan, tell_terms, write
from groups.autotransfers.services.running import move_on, skip, take_due
from groups.autotransfers.services.terms import Terms, complete, loosens, terms_of
from groups.members.models import Group
from groups.members.rights import RIGHTS, Right
from groups.members.selectors import access_group, list_members
from groups.proposals.models import Proposal
from groups.proposals.services import open_proposal
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event
from wallet.rails.selectors import get_payee, get_source

START, LOOSEN, RESUME = "start_auto_transfer", "loosen_auto_transfer", "resume_auto_transfer"
Direction, Status = AutoTransfer.Direction, AutoTransfer.Status


@transaction.atomic
def make_order(*, actor: User, group_id: uuid.UUID, terms: Terms, now: datetime) -> AutoTransfer | Proposal:
    """Set up an order: from a source of the actor's into the group, or, as a proposal, from the group to a payee.

    :raises AutoTransferTooLarge: above `AUTO_TRANSFER_MAX_FEN` a run.
    :raises TooManyAutoTransfers: when the group has `AUTO_TRANSFERS_PER_GROUP_MAX` in force.
    :raises TooManyOwnAutoTransfers: when `AUTO_TRANSFERS_PER_MEMBER_MAX` of them are the actor's.
    :raises NeverDue: when it would never be due.
    :raises SourceNotFound: when the source is not the actor's; `PayeeNotFound`, when the payee is not the group's.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.SPEND if terms.payee else Right.CONTRIBUTE).group
    terms = complete(terms, group, now)
    if terms.payee is None:
        return start(wallet, group, actor, terms, now)
    _apply(_new(group, actor, terms, now), terms, now)  # refused at once, rather than after everybody has agreed
    return open_proposal(wallet=wallet, group=group, proposer=actor, kind=START, payload=terms.payload, now=now)


def start(wallet: Wallet, group: Group, user: User, terms: Terms, now: datetime) -> AutoTransfer:
    """Let an order begin, under the lock that the caller holds; raises as `make_order` does."""
    _check_room(group, user)
    order = _new(group, user, terms, now)
    _apply(order, terms, now)
    order.save(force_insert=True)
    tell_terms(wallet, events.auto_transfer_made, order, user, now)
    return order


def _check_room(group: Group, user: User) -> None:
    in_force, limit = list_in_force(group.pk), settings.AUTO_TRANSFERS_PER_GROUP_MAX
    if in_force.count() >= limit:
        raise TooManyAutoTransfers(limit=limit)
    limit = settings.AUTO_TRANSFERS_PER_MEMBER_MAX
    if in_force.filter(user=user).count() >= limit:
        raise TooManyOwnAutoTransfers(limit=limit)


def _new(group: Group, user: User, terms: Terms, now: datetime) -> AutoTransfer:
    direction = Direction.OUT if terms.payee else Direction.IN
    return AutoTransfer(group=group, user=user, direction=direction, created_at=now)


def _apply(order: AutoTransfer, terms: Terms, now: datetime) -> None:
    """Put terms into an order that is in force, and plan its next run, unless it is paused."""
    if terms.source is not None:
        # Whoever unlinks a source holds its person's row: so no order begins to use it at the same moment.
        User.objects.select_for_update(no_key=True).get(pk=order.user_id)
        order.source = get_source(order.user, terms.source)
    if terms.payee is not None:
        order.payee = get_payee(order.group_id, terms.payee)
    for name, value in terms.payload.items():
        if name not in ("source", "payee"):
            setattr(order, name, value)
    if order.goal is not None and brought(order) >= order.goal:
        raise GoalBehind
    following = plan(order, now)
    if following["next_on"] is None:
        raise NeverDue
    if order.status == Status.ACTIVE:
        for name, value in following.items():
            setattr(order, name, value)


@transaction.atomic
def change_order(
    *, actor: User, group_id: uuid.UUID, order_id: uuid.UUID, terms: Terms, now: datetime
) -> AutoTransfer | Proposal:
    """Change an order from its next run on; what loosens an outgoing one is proposed.

    :raises NotAllowed: when the actor may not change it.
    :raises AutoTransferOver: when it has ended; and as `make_order` does.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.CONTRIBUTE).group
    order = get_order(group_id, order_id)
    check_may_stop(actor, order)
    check_in_force(order)
    terms = complete(terms, group, now)
    if order.direction == Direction.OUT and loosens(terms_of(order), terms):
        payload = {"order": order.pk, **terms.payload}
        _apply(order, terms, now)
        return open_proposal(wallet=wallet, group=group, proposer=actor, kind=LOOSEN, payload=payload, now=now)
    return change(wallet, order, terms, actor, now)


def change(wallet: Wallet, order: AutoTransfer, terms: Terms, actor: User, now: datetime) -> AutoTransfer:
    """Change an order under the lock that the caller holds; what is due already goes by the old terms."""
    take_due(wallet, order, now)
    check_in_force(order)
    _apply(order, terms, now)
    order.save(force_update=True)
    tell_terms(wallet, events.auto_transfer_changed, order, actor, now)
    return order


def check_in_force(order: AutoTransfer) -> None:
    """:raises AutoTransferOver: when an order has ended."""
    if order.status == Status.ENDED:
        raise AutoTransferOver


@transaction.atomic
def pause_order(*, actor: User, group_id: uuid.UUID, order_id: uuid.UUID, now: datetime) -> AutoTransfer:
    """Let an order rest: until it is resumed nothing is due, and what waited for another try is missed.

    :raises NotAllowed: when the actor may not.
    :raises AutoTransferOver: when it has ended.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.CONTRIBUTE)
    order = get_order(group_id, order_id)
    check_may_stop(actor, order)
    check_in_force(order)
    if order.status == Status.ACTIVE:
        pause(wallet, order, actor, now)
    return order


@transaction.atomic
def resume_order(*, actor: User, group_id: uuid.UUID, order_id: uuid.UUID, now: datetime) -> AutoTransfer | Proposal:
    """Let an order go on with its next date; what would have been due meanwhile is not made up for, and not counted.

    :raises NotAllowed: when the actor may not.
    :raises AutoTransferOver: when it has ended.
    :raises NeverDue: when there is no next date.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.CONTRIBUTE).group
    order = get_order(group_id, order_id)
    check_may_stop(actor, order)
    check_in_force(order)
    if order.status == Status.ACTIVE:
        return order
    if needs_agreement(order, actor):
        payload = {"order": order.pk}
        return open_proposal(wallet=wallet, group=group, proposer=actor, kind=RESUME, payload=payload, now=now)
    return resume(wallet, order, actor, now)


def needs_agreement(order: AutoTransfer, actor: User) -> bool:
    """Say whether everybody must agree before a paused order goes on: everybody's money was stopped by another.

    Or it would go out in another's name, as the person in whose name it did does not spend any more.
    """
    return order.direction == Direction.OUT and (order.paused_by_id != actor.pk or not _may_spend(order))


def resume(wallet: Wallet, order: AutoTransfer, actor: User, now: datetime) -> AutoTransfer:
    """Let an order go on under the lock that the caller holds.

    Where the person in whose name money goes out does not spend any more, it is whoever asks for it from now on.
    """
    check_in_force(order)
    if order.status == Status.ACTIVE:
        return order
    following = plan(order, now)
    if following["next_on"] is None:
        raise NeverDue
    name = order.user if _may_spend(order) else actor
    write(order, status=Status.ACTIVE, paused_by=None, user=name, **following)
    resumed = events.auto_transfer_resumed(actor=actor, order=order.pk, user=name.pk, next_on=order.next_on)
    record_event(wallet=wallet, event=resumed, now=now)
    return order


def _may_spend(order: AutoTransfer) -> bool:
    member = list_members(order.group_id).filter(user=order.user_id).first()
    return order.direction == Direction.IN or (member is not None and Right.SPEND in RIGHTS[member.role])


@transaction.atomic
def skip_next(*, actor: User, group_id: uuid.UUID, order_id: uuid.UUID, now: datetime) -> AutoTransfer:
    """Leave out the next run of an order; it counts as one of them.

    :raises NotAllowed: when the actor may not.
    :raises AutoTransferOver: when it has ended; `AutoTransferPaused`, when nothing is next.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.CONTRIBUTE)
    order = get_order(group_id, order_id)
    check_may_stop(actor, order)
    take_due(wallet, order, now)
    check_in_force(order)
    if order.next_on is None or order.due_at is None:
        raise AutoTransferPaused
    run = AutoTransferRun(group=order.group, order=order, due_on=order.next_on, due_at=order.due_at)
    skip(wallet, order, run, "asked", now, actor)
    move_on(wallet, order, run, 1, now)
    return order
