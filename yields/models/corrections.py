"""Corrections of published days. What was published and credited never changes; a correction comes after it.

    RateCorrection  what a fund's day should have been: entered by one operator, published by another, then carried out
    CorrectedDay    what a correction made of one wallet's day: the income that stands now, and the two entries

The corrections of a day are numbered; each takes back what the one before left standing.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.members.models import Group
from wallet.ledger.models import Entry
from yields.models.days import YieldDay
from yields.models.funds import Fund, FundDay

REASON_MAX = 300


class RateCorrection(models.Model):
    """Other figures for a published day, and how far they have been carried out.

    It is finished only when an independent total agrees; else it is short, and is taken up again. A newer correction of
    the same day takes the place of one that is short.
    """

    class State(models.TextChoices):
        ENTERED = "entered", _("entered")
        WITHDRAWN = "withdrawn", _("withdrawn")
        RUNNING = "running", _("running")
        SHORT = "short", _("short")
        FINISHED = "finished", _("finished")
        REPLACED = "replaced", _("replaced by a newer one")

    #: Published, and perhaps not carried out everywhere.
    DUE = (State.RUNNING, State.SHORT)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fund_day = models.ForeignKey(
        FundDay, models.PROTECT, related_name="corrections", db_index=False, verbose_name=_("fund day")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    yield_per_10k = models.DecimalField(_("yield per 10,000 shares (yuan)"), max_digits=8, decimal_places=4)
    annualized_7d = models.DecimalField(_("annualised over 7 days (%)"), max_digits=7, decimal_places=3)
    reason = models.CharField(_("reason"), max_length=REASON_MAX)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ENTERED)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published"), null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    wallets = models.PositiveBigIntegerField(_("wallets"), default=0)
    done = models.PositiveBigIntegerField(_("wallets done"), default=0)
    changed = models.PositiveBigIntegerField(_("wallets changed"), default=0)
    income_before = models.BigIntegerField(_("sum of the income before (fen)"), default=0)
    income = models.BigIntegerField(_("sum of the income (fen)"), default=0)
    cut_off = models.DecimalField(_("sum cut off (fen)"), max_digits=24, decimal_places=8, default=0)
    checked_at = models.DateTimeField(_("checked"), null=True)

    class Meta:
        verbose_name = _("rate correction")
        verbose_name_plural = _("rate corrections")
        permissions = [("publish_ratecorrection", _("May publish a correction that another has entered"))]
        constraints = [
            models.UniqueConstraint(fields=["fund_day", "number"], name="yields_correction_number"),
            models.UniqueConstraint(
                fields=["fund_day"], condition=Q(state="entered"), name="yields_correction_one_entered"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="yields_correction_from_one"),
            models.CheckConstraint(condition=Q(yield_per_10k__gte=0), name="yields_correction_rate"),
            models.CheckConstraint(condition=~Q(reason=""), name="yields_correction_reason"),
            models.CheckConstraint(
                condition=Q(
                    state__in=["running", "short", "finished", "replaced"],
                    published_at__isnull=False,
                    published_by__isnull=False,
                )
                | Q(state__in=["entered", "withdrawn"], published_at__isnull=True, published_by__isnull=True),
                name="yields_correction_published",
            ),
            models.CheckConstraint(
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("entered_by")),
                name="yields_correction_four_eyes",
            ),
        ]
        indexes = [
            models.Index(fields=["fund_day"], condition=Q(state__in=["running", "short"]), name="yields_correction_due")
        ]
        triggers = [
            pgtrigger.Protect(
                name="figures_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.published_at IS NOT NULL AND (OLD.fund_day_id, OLD.number, OLD.yield_per_10k,"
                    " OLD.annualized_7d, OLD.reason, OLD.entered_by_id, OLD.published_by_id, OLD.published_at)"
                    " IS DISTINCT FROM (NEW.fund_day_id, NEW.number, NEW.yield_per_10k, NEW.annualized_7d,"
                    " NEW.reason, NEW.entered_by_id, NEW.published_by_id, NEW.published_at)"
                ),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.fund_day} · {self.number}"


class CorrectedDay(models.Model):
    """What a correction made of one wallet's day, immutable. Where the income stays, so does the entry."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    correction = models.ForeignKey(
        RateCorrection, models.PROTECT, related_name="days", db_index=False, verbose_name=_("rate correction")
    )
    earned = models.ForeignKey(
        YieldDay, models.PROTECT, related_name="corrections", db_index=False, verbose_name=_("yield day")
    )
    date = models.DateField(_("day"))
    number = models.PositiveSmallIntegerField(_("number"))
    base = models.BigIntegerField(_("base (fen)"))
    yield_per_10k = models.DecimalField(_("yield per 10,000 shares (yuan)"), max_digits=8, decimal_places=4)
    income_before = models.BigIntegerField(_("income before (fen)"))
    income = models.BigIntegerField(_("income (fen)"))
    cut_off = models.DecimalField(_("cut off (fen)"), max_digits=9, decimal_places=8)
    reversal = models.ForeignKey(
        Entry, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("reversal")
    )
    entry = models.ForeignKey(
        Entry, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("entry")
    )
    credited_at = models.DateTimeField(_("corrected"))

    class Meta:
        verbose_name = _("corrected day")
        verbose_name_plural = _("corrected days")
        constraints = [
            models.UniqueConstraint(fields=["group", "date", "number"], name="yields_corrected_once"),
            models.CheckConstraint(condition=Q(base__gte=0), name="yields_corrected_base"),
            models.CheckConstraint(
                condition=Q(income=0, entry__isnull=True) | Q(income__gt=0, entry__isnull=False),
                name="yields_corrected_income",
            ),
            models.CheckConstraint(
                condition=Q(reversal__isnull=True) & (Q(income_before=0) | Q(income_before=F("income")))
                | Q(reversal__isnull=False, income_before__gt=0) & ~Q(income_before=F("income")),
                name="yields_corrected_reversal",
            ),
            models.CheckConstraint(condition=Q(cut_off__gte=0, cut_off__lt=1), name="yields_corrected_cut_off"),
        ]
        indexes = [models.Index(fields=["correction", "group"], name="yields_corrected_of")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.group_id} {self.date} · {self.number}"

    @property
    def fund(self) -> Fund:
        return self.correction.fund_day.fund
