"""How far the crediting of a fund's day is, as a whole and range by range, and what could not be credited.

A run is worked through in partitions, and one wallet that fails does not stop the others.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.members.models import Group
from yields.models.funds import Fund


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
