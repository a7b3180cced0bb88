"""Writes about orders. The merchant's number is the key: it stands for one order for ever.

Paying an order is showing a payment code and charging it, in one transaction: the same judges, the same entry. Locks
are taken in one order, the wallet's and then the order's, so that two groups that pay at once wait for each other.

Its payments and what is given back at a cancelling have numbers with a dot, which no merchant can write: a merchant's
own number is never in their way.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from groups.checkout.addresses import check_address
from groups.checkout.errors import CancelTooLate, MerchantClosed, OrderExpired, OrderNotOpen, OrderNumberReused
from groups.checkout.models import Delivery, Order
from groups.checkout.selectors import get_order, get_order_of
from groups.spending.models import Merchant, Payment
from groups.spending.selectors import active_merchants, get_trade_payment
from groups.spending.services import Charge, charge, refund, show_code
from wallet.hurry import hurry
from wallet.identity.models import User
from wallet.ledger.services import lock_wallet

Status = Order.Status
CANCELLED = "order.cancelled"


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, and whether it was known before."""

    order: Order
    replayed: bool


def place_order(
    *,
    merchant: Merchant,
    out_trade_no: str,
    amount: int,
    subject: str,
    category: str,
    notify_url: str,
    minutes: int,
    now: datetime,
) -> Ordered:
    """Ask for an amount (fen, > 0) that somebody shall pay online within so many minutes.

    :raises OrderNumberReused: when the number stands for another order.
    :raises NotifyAddressRefused: when messages cannot go to that address.
    """
    check_address(notify_url)
    asked = {"amount": amount, "subject": subject, "category": category, "notify_url": notify_url}
    try:
        with transaction.atomic():
            order = Order.objects.create(
                merchant=merchant,
                out_trade_no=out_trade_no,
                created_at=now,
                expires_at=now + timedelta(minutes=minutes),
                **asked,
            )
            return Ordered(order, replayed=False)
    except IntegrityError:
        known = get_order_of(merchant, out_trade_no)
        same = known.expires_at - known.created_at == timedelta(minutes=minutes)
        if not same or any(getattr(known, name) != value for name, value in asked.items()):
            raise OrderNumberReused from None
        return Ordered(known, replayed=True)


@transaction.atomic
def pay_order(
    *,
    actor: User,
    order_id: uuid.UUID,
    group_id: uuid.UUID,
    now: datetime,
    sharing_rule: str | None = None,
    participants: Collection[uuid.UUID] = (),
    amount_max: int | None = None,
) -> Payment:
    """Pay an order out of a group. What the rules refuse comes back as a refused payment; it can be tried again.

    `amount_max` (fen) is what the payer's proof lets out.

    :raises OrderNotOpen: when it was paid or closed; of two who pay at once, for the second.
    :raises OrderExpired: when its time is over.
    :raises MerchantClosed: when operators have closed its merchant.
    """
    lock_wallet(group_id)
    order = _lock(get_order(order_id))
    _check_open(order, now)
    shown = show_code(
        actor=actor,
        group_id=group_id,
        sharing_rule=sharing_rule,
        participants=participants,
        amount_max=amount_max,
        now=now,
    )
    order.attempts += 1
    asked = Charge(
        auth_code=shown.digits,
        amount=order.amount,
        out_trade_no=f"order.{order.pk.hex}.{order.attempts}",
        subject=order.subject,
        category=order.category,
    )
    payment = charge(merchant=order.merchant, asked=asked, now=now).payment
    if payment.status == Payment.Status.SETTLED:
        order.trade_no = payment.out_trade_no
        _end(order, Status.PAID, now)
    else:
        order.save(update_fields=["attempts"])
    return payment


@transaction.atomic
def cancel_order(*, merchant: Merchant, out_trade_no: str, now: datetime) -> Order:
    """Close an order that is open; of one that was paid today, give back what is left of it. Again changes nothing.

    :raises CancelTooLate: when it was paid on an earlier day.
    """
    order = get_order_of(merchant, out_trade_no)
    if order.trade_no:
        lock_wallet(get_trade_payment(merchant, order.trade_no).group_id)
    was_paid, order = bool(order.trade_no), _lock(order)
    if order.trade_no and not was_paid:
        raise OrderNotOpen(status=order.status)  # paid this very moment: whoever asks again finds it so
    if order.status == Status.OPEN:
        _end(order, Status.CLOSED, now)
    elif order.status == Status.PAID:
        _give_back(order, now)
    return order


def _give_back(order: Order, now: datetime) -> None:
    assert order.ended_at is not None
    zone = ZoneInfo(settings.MERCHANT_TIME_ZONE)
    if order.ended_at.astimezone(zone).date() != now.astimezone(zone).date():
        raise CancelTooLate
    payment = get_trade_payment(order.merchant, order.trade_no)
    left = payment.amount - payment.refunded
    if left:
        refund(merchant=order.merchant, out_trade_no=order.trade_no, amount=left, out_request_no=CANCELLED, now=now)
    _end(order, Status.CLOSED, now)


def _lock(order: Order) -> Order:
    return Order.objects.select_related("merchant").select_for_update(no_key=True, of=("self",)).get(pk=order.pk)


def _check_open(order: Order, now: datetime) -> None:
    if order.status != Status.OPEN:
        raise OrderNotOpen(status=order.status)
    if now >= order.expires_at:
        raise OrderExpired
    if not active_merchants([order.merchant_id]):
        raise MerchantClosed


def _end(order: Order, status: str, now: datetime) -> None:
    order.status, order.ended_at = status, now
    order.save(update_fields=["status", "ended_at", "attempts", "trade_no"])
    kind = Delivery.Kind.ORDER_PAID if status == Status.PAID else Delivery.Kind.ORDER_CLOSED
    if order.notify_url:
        _give_up_earlier(order)
        Delivery.objects.create(order=order, kind=kind, created_at=now, next_attempt_at=now)
        hurry("checkout.deliver", str(order.merchant_id))


def _give_up_earlier(order: Order) -> None:
    """Let the last word be the last that the merchant hears: what still waits has been overtaken."""
    earlier = Delivery.objects.filter(order=order, status=Delivery.Status.WAITING)
    earlier.update(status=Delivery.Status.GIVEN_UP, next_attempt_at=None)
