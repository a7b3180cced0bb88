"""What each wallet was credited, day by day.

A row never changes: what a correction makes of the day is a row of its own (`corrections`), and `in_force` is the one
that stands.
"""

from typing import TYPE_CHECKING

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.members.models import Group
from wallet.ledger.models import Entry
from yields.models.funds import Fund

if TYPE_CHECKING:
    from yields.models.corrections import CorrectedDay


class YieldDay(models.Model):
    """What one wallet earned on one day, immutable."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="yield_days", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="+", db_index=False, verbose_name=_("fund"))
    date = models.DateField(_("day"))
    base = models.BigIntegerField(_("base (fen)"))
    yield_per_10k = models.DecimalField(_("yield per 10,000 shares (yuan)"), max_digits=8, decimal_places=4)
    income = models.BigIntegerField(_("income (fen)"))
    cut_off = models.DecimalField(_("cut off (fen)"), max_digits=9, decimal_places=8)
    entry = models.ForeignKey(
        Entry, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("entry")
    )
    credited_at = models.DateTimeField(_("credited"))

    class Meta:
        verbose_name = _("yield day")
        verbose_name_plural = _("yield days")
        constraints = [
            models.UniqueConstraint(fields=["group", "date"], name="yields_day_once"),
            models.CheckConstraint(condition=Q(base__gte=0), name="yields_day_base"),
            models.CheckConstraint(
                condition=Q(income=0, entry__isnull=True) | Q(income__gt=0, entry__isnull=False),
                name="yields_day_income",
            ),
            models.CheckConstraint(condition=Q(cut_off__gte=0, cut_off__lt=1), name="yields_day_cut_off"),
        ]
        indexes = [models.Index(fields=["fund", "date"], name="yields_day_of_fund")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.group_id} {self.date}"

    @property
    def in_force(self) -> "YieldDay | CorrectedDay":
        """What stands of the day: what its newest correction made of it, or this. Fetch corrections along."""
        return max(self.corrections.all(), key=lambda each: each.number, default=self)
