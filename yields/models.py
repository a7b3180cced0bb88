"""Funds, what they paid, who is enrolled, and what was credited.

    Fund            what a balance may earn in; sandbox funds pay what real ones paid
    FundDay         a day's published figures: one operator enters, another publishes; published, it never changes
    Enrollment      a group's balance earns from `enrolled_at` until `ended_at`; one open enrollment a group
    YieldRun        one fund, one day: how far the crediting is, and its totals
    YieldPartition  a range of a run's wallets, which one worker at a time has in work
    YieldDay        one wallet, one day: base, rate, income, what was cut off, and the entry (none for an income of 0)
    YieldException  a wallet that could not be credited for a day, and why
    FastAllowance   a holder, a day: what has gone out fast of fund money, over all their groups
    FastCashOut     one withdrawal that took its amount of that; given back where it failed
    RateCorrection  what a fund's day should have been (`yields.corrected`); CorrectedDay: what that made of a wallet's
    CalendarYear    a year of trading days beyond those of the project's file (`yields.years`)

What each member got is not stored again: the parts are the postings of the entry, and each member's base is derived
from the postings like the wallet's (`yields.base`).
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.funding.models import Withdrawal
from groups.members.models import Group
from wallet.ledger.models import Entry
from yields.calendar import SANDBOX, TradingCalendar
from yields.corrected import CorrectedDay as CorrectedDay
from yields.corrected import RateCorrection as RateCorrection
from yields.years import CalendarYear as CalendarYear
from yields.years import shanghai


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


class Enrollment(models.Model):
    """A group's balance earns, from one moment to another, by the will of its owner."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group,
        models.PROTECT,
        related_name="enrollments",
        db_column="wallet_id",
        db_index=False,
        verbose_name=_("group"),
    )
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="enrollments", db_index=False, verbose_name=_("fund"))
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("enrolled by")
    )
    enrolled_at = models.DateTimeField(_("enrolled"))
    agreement_version = models.CharField(_("version of the agreement"), max_length=32)
    questionnaire = models.JSONField(_("risk questionnaire"))
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("ended by")
    )
    ended_at = models.DateTimeField(_("ended"), null=True)
    #: Until then it is the fund's money still, and goes out fast up to the holder's bound only.
    redeemed_at = models.DateTimeField(_("redeemed"), null=True)

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(
                fields=["group"], condition=Q(ended_at__isnull=True), name="yields_enrollment_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("enrolled_at")), name="yields_enrollment_order"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, redeemed_at__isnull=True)
                | Q(ended_at__isnull=False, redeemed_at__isnull=False, redeemed_at__gte=F("ended_at")),
                name="yields_enrollment_redeemed",
            ),
            models.CheckConstraint(condition=~Q(agreement_version=""), name="yields_enrollment_agreement"),
        ]
        indexes = [
            models.Index(fields=["group", "enrolled_at"], name="yields_enrollment_of_group"),
            models.Index(fields=["fund", "group"], name="yields_enrollment_of_fund"),
            models.Index(fields=["fund", "enrolled_at"], name="yields_enrollment_first"),
        ]

    def __str__(self) -> str:
        return f"{self.group_id} {self.fund_id}"


class YieldRun(models.Model):
    """The crediting of one fund's day. It is finished only when an independent total agrees; else it is short."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        WAITING = "waiting", _("waiting for an operator")
        SHORT = "short", _("short")
        FINISHED = "finished", _("finished")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="runs", db_index=False, verbose_name=_("fund"))
    date = models.DateField(_("day"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.RUNNING)
    note = models.CharField(_("note"), max_length=200, blank=True)
    yield_per_10k = models.DecimalField(_("yield per 10,000 shares (yuan)"), max_digits=8, decimal_places=4, null=True)
    enrolled = models.PositiveBigIntegerField(_("enrolled wallets"), default=0)
    done = models.PositiveBigIntegerField(_("wallets done"), default=0)
    credited = models.PositiveBigIntegerField(_("wallets credited"), default=0)
    base = models.BigIntegerField(_("sum of the bases (fen)"), default=0)
    income = models.BigIntegerField(_("sum of the income (fen)"), default=0)
    cut_off = models.DecimalField(_("sum cut off (fen)"), max_digits=24, decimal_places=8, default=0)
    started_at = models.DateTimeField(_("started"))
    checked_at = models.DateTimeField(_("checked"), null=True)

    class Meta:
        verbose_name = _("yield run")
        verbose_name_plural = _("yield runs")
        constraints = [models.UniqueConstraint(fields=["fund", "date"], name="yields_run_once")]
        indexes = [
            models.Index(fields=["fund", "date"], condition=~Q(state="finished"), name="yields_run_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.fund_id} {self.date} {self.get_state_display()}"


class YieldPartition(models.Model):
    """A range of a run's wallets, worked through by one worker at a time, who renews a lease with every chunk.

    `first` (none: from the beginning) belongs to it, `until` (none: to the end) to the next. What was done up to
    `position` is committed together with it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a worker")
        WORKING = "working", _("in work")
        DONE = "done", _("done")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(
        YieldRun, models.PROTECT, related_name="partitions", db_index=False, verbose_name=_("yield run")
    )
    number = models.PositiveIntegerField(_("number"))
    first = models.UUIDField(_("first wallet"), null=True)
    until = models.UUIDField(_("up to wallet"), null=True)
    position = models.UUIDField(_("last wallet done"), null=True)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    worker = models.CharField(_("worker"), max_length=80, blank=True)
    leased_until = models.DateTimeField(_("lease ends"), null=True)
    #: At the beginning the wallets that were counted when it was planned; at the end what the independent total found.
    enrolled = models.PositiveBigIntegerField(_("enrolled wallets"))
    done = models.PositiveBigIntegerField(_("wallets done"), default=0)
    credited = models.PositiveBigIntegerField(_("wallets credited"), default=0)
    base = models.BigIntegerField(_("sum of the bases (fen)"), default=0)
    income = models.BigIntegerField(_("sum of the income (fen)"), default=0)
    cut_off = models.DecimalField(_("sum cut off (fen)"), max_digits=24, decimal_places=8, default=0)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("partition of a run")
        verbose_name_plural = _("partitions of a run")
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="yields_partition_once"),
            models.CheckConstraint(
                condition=Q(state="working", leased_until__isnull=False) & ~Q(worker="")
                | ~Q(state="working") & Q(leased_until__isnull=True, worker=""),
                name="yields_partition_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.number}"


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


class YieldException(models.Model):
    """A wallet that was not credited for a day. The next run tries again; done, it is resolved."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="+", db_index=False, verbose_name=_("fund"))
    date = models.DateField(_("day"))
    reason = models.CharField(_("reason"), max_length=60)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    seen_at = models.DateTimeField(_("last seen"))
    resolved_at = models.DateTimeField(_("resolved"), null=True)

    class Meta:
        verbose_name = _("yield exception")
        verbose_name_plural = _("yield exceptions")
        constraints = [models.UniqueConstraint(fields=["group", "date"], name="yields_exception_once")]
        indexes = [
            models.Index(fields=["fund", "date"], condition=Q(resolved_at__isnull=True), name="yields_exception_open")
        ]

    def __str__(self) -> str:
        return f"{self.group_id} {self.date} {self.reason}"


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
