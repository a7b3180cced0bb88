"""Reads of standing orders and their runs."""

import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from groups.autotransfers.errors import AutoTransferNotFound, AutoTransferRunNotFound
from groups.autotransfers.models import AutoTransfer, AutoTransferRun


def list_orders(group_id: uuid.UUID) -> QuerySet[AutoTransfer]:
    """List the standing orders of a group, those that have ended included."""
    # Each table that is joined names the wallet too: so the join stays on one shard.
    own = Q(payee__isnull=True) | Q(payee__wallet=group_id)
    orders = AutoTransfer.objects.filter(own, group=group_id)
    return orders.select_related("group", "user", "source", "payee")


def list_in_force(group_id: uuid.UUID) -> QuerySet[AutoTransfer]:
    """List the standing orders of a group that have not ended."""
    return list_orders(group_id).exclude(status=AutoTransfer.Status.ENDED).order_by("id")


def list_unfinished(group_id: uuid.UUID) -> QuerySet[AutoTransfer]:
    """List the standing orders of a group that are in force, or have a run that is open though nothing more is due."""
    open_ones = (AutoTransferRun.Status.RETRYING, AutoTransferRun.Status.UNDER_WAY)
    runs = AutoTransferRun.objects.filter(group=group_id, order=OuterRef("pk"), status__in=open_ones)
    return list_orders(group_id).filter(~Q(status=AutoTransfer.Status.ENDED) | Exists(runs)).order_by("id")


def get_order(group_id: uuid.UUID, order_id: uuid.UUID) -> AutoTransfer:
    """Get a standing order of a group.

    :raises AutoTransferNotFound: when there is none.
    """
    order = list_orders(group_id).filter(pk=order_id).first()
    if order is None:
        raise AutoTransferNotFound
    return order


def list_runs(group_id: uuid.UUID, order_id: uuid.UUID) -> QuerySet[AutoTransferRun]:
    """List the runs of a standing order."""
    return AutoTransferRun.objects.filter(group=group_id, order=order_id)


def get_run(group_id: uuid.UUID, run_id: uuid.UUID, order_id: uuid.UUID | None = None) -> AutoTransferRun:
    """Get a run of a standing order of the group, or of one certain order.

    :raises AutoTransferRunNotFound: when there is none.
    """
    run = AutoTransferRun.objects.filter(group=group_id, pk=run_id).first()
    if run is None or order_id not in (None, run.order_id):
        raise AutoTransferRunNotFound
    return run


def brought(order: AutoTransfer, statuses: tuple[str, ...] = (AutoTransferRun.Status.SETTLED,)) -> int:
    """Sum what an order has moved (fen), or more, by the statuses of its runs."""
    runs = list_runs(order.group_id, order.pk).filter(status__in=statuses)
    return runs.aggregate(sum=Sum("amount"))["sum"] or 0
