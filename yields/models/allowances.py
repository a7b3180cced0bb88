"""What has gone out fast of fund money: a holder's day, and the withdrawals that took their amounts of it.

A withdrawal that failed gives its amount back to the day that it was taken from.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.funding.models import Withdrawal
from groups.members.models import Group


class FastAllowance(models.Model):
    """How much of a fund account's money has gone out fast on one day of Shanghai, over all groups of its holder.

    No wallet's row but a person's: wallets of one owner meet here, each with its own lock taken before.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("holder")
    )
    date = models.DateField(_("day"))
    taken = models.BigIntegerField(_("taken (fen)"), default=0)

    class Meta:
        verbose_name = _("fast allowance")
        verbose_name_plural = _("fast allowances")
        constraints = [
            models.UniqueConstraint(fields=["holder", "date"], name="yields_fast_allowance_once"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="yields_fast_allowance_taken"),
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} {self.date}"


class FastCashOut(models.Model):
    """A withdrawal that went out fast of an enrolled wallet, and whose allowance of which day it took."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    withdrawal = models.ForeignKey(
        Withdrawal, models.PROTECT, related_name="+", db_index=False, verbose_name=_("withdrawal")
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("holder")
    )
    date = models.DateField(_("day"))
    amount = models.BigIntegerField(_("amount (fen)"))
    given_back_at = models.DateTimeField(_("given back"), null=True)

    class Meta:
        verbose_name = _("fast payout")
        verbose_name_plural = _("fast payouts")
        constraints = [
            models.UniqueConstraint(fields=["group", "withdrawal"], name="yields_fast_cash_out_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="yields_fast_cash_out_amount"),
        ]
        indexes = [models.Index(fields=["holder", "date"], name="yields_fast_cash_out_of_holder")]

    def __str__(self) -> str:
        return f"{self.amount} {self.date}"
