"""Buying online: a merchant makes an order, a member pays it with a group, the merchant is told.

    Order     what a merchant asks for, before it is known who pays; open → paid | closed
    Delivery  one message to the merchant about an order, sent until it is taken

An order is the merchant's and not a wallet's. How it was paid is a payment like any other (`groups.spending`), and the
order knows the number under which the merchant finds it.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.spending.models import Merchant


class Order(models.Model):
    """Something to be paid online."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        CLOSED = "closed", _("closed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="orders", db_index=False, verbose_name=_("merchant")
    )
    out_trade_no = models.CharField(_("merchant's number"), max_length=64)
    amount = models.BigIntegerField(_("amount (fen)"))
    subject = models.CharField(_("subject"), max_length=120)
    category = models.CharField(_("category"), max_length=24)
    notify_url = models.URLField(_("told at"), max_length=500, blank=True)
    status = models.CharField(_("status"), max_length=6, choices=Status.choices, default=Status.OPEN)
    #: How often somebody has tried to pay. Each try is a payment with a number of its own.
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    #: The number of the payment that went through.
    trade_no = models.CharField(_("payment's number"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "out_trade_no"], name="checkout_order_number"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="checkout_order_amount"),
            models.CheckConstraint(
                condition=Q(status="open", ended_at__isnull=True) | (~Q(status="open") & Q(ended_at__isnull=False)),
                name="checkout_order_ended",
            ),
            models.CheckConstraint(condition=~Q(status="paid") | ~Q(trade_no=""), name="checkout_order_paid"),
        ]

    def __str__(self) -> str:
        return self.out_trade_no


class Delivery(models.Model):
    """A message to a merchant. It names the order's status as it is when it is sent, and is else the same each time."""

    class Kind(models.TextChoices):
        ORDER_PAID = "order_paid", _("order paid")
        ORDER_CLOSED = "order_closed", _("order closed")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        GIVEN_UP = "given_up", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="deliveries", db_index=False, verbose_name=_("order"))
    kind = models.CharField(_("message"), max_length=12, choices=Kind.choices)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    #: While somebody is calling the merchant with it; who died at it lets it go by this time.
    calling_until = models.DateTimeField(_("called until"), null=True)
    last_answer = models.CharField(_("last answer"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("created"))
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("message to a merchant")
        verbose_name_plural = _("messages to merchants")
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="checkout_delivery_once"),
            models.CheckConstraint(
                condition=Q(status="waiting", next_attempt_at__isnull=False)
                | (~Q(status="waiting") & Q(next_attempt_at__isnull=True)),
                name="checkout_delivery_waiting",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(status="waiting"), name="checkout_delivery_due"),
            models.Index(
                fields=["calling_until"], condition=Q(calling_until__isnull=False), name="checkout_delivery_calls"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_status_display()}"
