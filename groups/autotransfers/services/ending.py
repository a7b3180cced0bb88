"""What ends a standing order: a member, its last date, its goal, a departure, the group's end.

What was waiting for another try is missed then: an order is not ended to make a debt invisible. What is under way at
the bank goes on; it is the bank's. While an order is in force, what it uses cannot be unlinked.
"""

import uuid
from datetime import datetime

from django.db import transaction

from groups.autotransfers import events
from groups.autotransfers.errors import AutoTransferNeeds
from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.selectors import get_order, list_runs, list_unfinished
from groups.autotransfers.services.rows import miss, write
from groups.members.errors import NotAllowed
from groups.members.models import Group, Membership
from groups.members.rights import RIGHTS, Right
from groups.members.selectors import access_group
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event
from wallet.rails.models import FundingSource, Payee

STOPPED = "auto_transfer_stopped"
NOT_DUE = {"next_on": None, "due_at": None, "sweep_at": None}
Status, Reason = AutoTransfer.Status, AutoTransfer.EndReason


def check_may_stop(actor: User, order: AutoTransfer) -> None:
    """Refuse who may not stop or narrow an order: of what comes in, its member; of what all bear, who may spend.

    :raises NotAllowed: when the actor may not.
    """
    if order.direction == AutoTransfer.Direction.OUT:
        access_group(actor, order.group_id, Right.SPEND)
    elif actor.pk != order.user_id:
        raise NotAllowed(right="change_auto_transfer")


@transaction.atomic
def end_order(*, actor: User, group_id: uuid.UUID, order_id: uuid.UUID, now: datetime) -> AutoTransfer:
    """End an order for good, and whatever of it waits for another try. Ending it again changes nothing.

    :raises NotAllowed: when the actor may not.
    """
    wallet = lock_wallet(group_id)
    access_group(actor, group_id, Right.CONTRIBUTE)
    order = get_order(group_id, order_id)
    check_may_stop(actor, order)
    stop(wallet, order, Reason.STOPPED, now, actor)
    return order


def stop(wallet: Wallet, order: AutoTransfer, reason: str, now: datetime, actor: User | None = None) -> None:
    """End an order, or the tries of its last run where nothing more is due, under the lock that the caller holds."""
    if order.status != Status.ENDED:
        end(wallet, order, reason, now, actor)
    elif order.end_reason == Reason.DONE:
        write(order, end_reason=reason)
        give_up_tries(wallet, order, now)


def end(wallet: Wallet, order: AutoTransfer, reason: str, now: datetime, actor: User | None = None) -> None:
    """End an order that is in force, under the lock that the caller holds."""
    write(order, status=Status.ENDED, end_reason=reason, ended_at=now, paused_by=None, **NOT_DUE)
    record_event(
        wallet=wallet, event=events.auto_transfer_ended(actor=actor, order=order.pk, reason=str(reason)), now=now
    )
    if reason != Reason.DONE:
        give_up_tries(wallet, order, now)


def give_up_tries(wallet: Wallet, order: AutoTransfer, now: datetime) -> None:
    """Let what waits for another try be missed."""
    for run in list_runs(wallet.pk, order.pk).filter(status=AutoTransferRun.Status.RETRYING).order_by("due_on"):
        miss(wallet, order, run, STOPPED, now)


def pause(wallet: Wallet, order: AutoTransfer, actor: User, now: datetime) -> None:
    """Let an order rest, under the lock that the caller holds."""
    write(order, status=Status.PAUSED, paused_by=actor, **NOT_DUE)
    record_event(wallet=wallet, event=events.auto_transfer_paused(actor=actor, order=order.pk), now=now)
    give_up_tries(wallet, order, now)


def hear_departure(wallet: Wallet, member: Membership, now: datetime) -> None:
    """End what would bring in money of somebody who has left.

    What goes out in their name rests; it goes on in another's name, when everybody agrees.
    """
    for order in list_unfinished(wallet.pk).filter(user=member.user_id):
        if order.direction == AutoTransfer.Direction.IN or order.status == Status.ENDED:
            stop(wallet, order, Reason.LEFT, now)
        elif order.status == Status.ACTIVE:
            pause(wallet, order, member.user, now)


def hear_role(wallet: Wallet, member: Membership, now: datetime) -> None:
    """Let what goes out in the name of somebody rest who may not spend any more, as when they leave."""
    if Right.SPEND in RIGHTS[member.role]:
        return
    for order in list_unfinished(wallet.pk).filter(user=member.user_id, direction=AutoTransfer.Direction.OUT):
        if order.status == Status.ACTIVE:
            pause(wallet, order, member.user, now)
        else:
            give_up_tries(wallet, order, now)


def hear_closure(wallet: Wallet, group: Group, now: datetime) -> None:
    """End everything, before a group closes for good."""
    for order in list_unfinished(wallet.pk):
        stop(wallet, order, Reason.CLOSED, now)


def object_to_unlinking(linked: FundingSource | Payee) -> None:
    """Keep what an order in force uses.

    A source is its person's, whose orders may be in several wallets: it is looked for in all of them, by the source. An
    order takes the person's row before it takes a source (`orders`), so none can come in between.

    :raises AutoTransferNeeds: when one does.
    """
    orders = AutoTransfer.objects.exclude(status=Status.ENDED)
    if isinstance(linked, FundingSource):
        used = orders.filter(source=linked)
    else:
        used = orders.filter(group=linked.wallet_id, payee=linked)
    if used.exists():
        raise AutoTransferNeeds
