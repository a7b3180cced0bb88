"""What a balance may earn in, and what it paid day by day.

A day is published by another operator than who entered it; published, it never changes, and a correction comes after
it (`corrections`).
"""

from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from yields.calendar import SANDBOX, TradingCalendar
from yields.models.years import shanghai

if TYPE_CHECKING:
    from yields.models.corrections import RateCorrection


class Fund(models.Model):
    """A money-market fund, one share of which is one yuan."""

    class Calendar(models.TextChoices):
        SHANGHAI = "shanghai", _("trading days of Shanghai")
        WEEKDAYS = "weekdays", _("every weekday")

    code = models.CharField(_("code"), max_length=12, primary_key=True)
    name = models.CharField(_("name"), max_length=60)
    calendar = models.CharField(_("trading days"), max_length=8, choices=Calendar.choices)
    is_sandbox = models.BooleanField(_("sandbox"), default=False)
    #: Off for a fund whose published days are history: it is replayed, and no nightly run waits for its next day.
    runs_nightly = models.BooleanField(_("credited every night"), default=True)
    #: Sandbox funds only: the day that pays the first rate of the series.
    series_start = models.DateField(_("first day of the series"), null=True)

    class Meta:
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_sandbox=True, series_start__isnull=False)
                | Q(is_sandbox=False, series_start__isnull=True),
                name="yields_fund_series",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def trading_days(self) -> TradingCalendar:
        return shanghai() if self.calendar == self.Calendar.SHANGHAI else SANDBOX


class FundDay(models.Model):
    """What a fund paid on one day, by its own figures. The rate may be negative; then people decide, not the run."""

    class State(models.TextChoices):
        ENTERED = "entered", _("entered")
        PUBLISHED = "published", _("published")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="days", db_index=False, verbose_name=_("fund"))
    date = models.DateField(_("day"))
    yield_per_10k = models.DecimalField(_("yield per 10,000 shares (yuan)"), max_digits=8, decimal_places=4)
    annualized_7d = models.DecimalField(_("annualised over 7 days (%)"), max_digits=7, decimal_places=3)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ENTERED)
    #: Nobody, where the figures came with the project or from the sandbox.
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published"), null=True)

    class Meta:
        verbose_name = _("fund day")
        verbose_name_plural = _("fund days")
        permissions = [("publish_fundday", _("May publish what another has entered"))]
        constraints = [
            models.UniqueConstraint(fields=["fund", "date"], name="yields_fund_day_once"),
            models.CheckConstraint(
                condition=Q(state="published", published_at__isnull=False)
                | Q(state="entered", published_at__isnull=True, published_by__isnull=True),
                name="yields_fund_day_published",
            ),
            models.CheckConstraint(
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("entered_by")),
                name="yields_fund_day_four_eyes",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_for_good",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.state = 'published'"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.fund_id} {self.date}"

    @property
    def in_force(self) -> "FundDay | RateCorrection":
        """The day's figures as they stand: the newest published correction's, or these. Fetch corrections along."""
        published = [each for each in self.corrections.all() if each.published_at is not None]
        return max(published, key=lambda each: each.number) if published else self
