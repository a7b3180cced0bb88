"""Reads of orders and of the messages about them."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from groups.checkout.errors import OrderNotFound
from groups.checkout.models import Delivery, Order
from groups.spending.models import Merchant


def get_order(order_id: uuid.UUID) -> Order:
    """Get an order by its id, which only those know to whom the merchant showed it.

    :raises OrderNotFound: when there is none.
    """
    return _get(Order.objects.filter(pk=order_id))


def get_order_of(merchant: Merchant, out_trade_no: str) -> Order:
    """Get a merchant's order by the merchant's number.

    :raises OrderNotFound: when there is none.
    """
    return _get(Order.objects.filter(merchant=merchant, out_trade_no=out_trade_no))


def _get(orders: QuerySet[Order]) -> Order:
    order = orders.select_related("merchant").first()
    if order is None:
        raise OrderNotFound
    return order


def list_due_deliveries(now: datetime) -> QuerySet[Delivery]:
    """List the messages that are due, the longest overdue first."""
    due = Delivery.objects.filter(status=Delivery.Status.WAITING, next_attempt_at__lte=now)
    return due.order_by("next_attempt_at")


def list_merchants_to_tell(now: datetime) -> list[uuid.UUID]:
    """List the merchants to whom a message is due."""
    return list(list_due_deliveries(now).order_by().values_list("order__merchant", flat=True).distinct())


def list_calls(merchant_id: uuid.UUID, now: datetime) -> QuerySet[Delivery]:
    """List the messages with which a merchant is being called right now; a call of a worker that died lapses."""
    return Delivery.objects.filter(calling_until__gt=now, order__merchant=merchant_id)
