"""Standing orders (定时转入, and out), and every occurrence of them.

    AutoTransfer     one order: whose, from which source or to which payee, how much, when, until when
    AutoTransferRun  one occurrence: one row an order and date, and what became of it

An incoming order brings a member's money into the own stake; an outgoing one pays a payee of the group and is borne by
everybody. `sweep_at` is when a worker looks at a row next; the due moment stands beside it and does not move when a
worker takes the row. What moves the money is a contribution or a withdrawal of `groups.funding`.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.autotransfers.recurrence import Schedule
from groups.funding.models import Contribution, Withdrawal
from groups.members.models import Group
from wallet.rails.models import FundingSource, Payee


def swept(name: str) -> models.Index:
    """What is due over all wallets, found without touching a row: the index has all that a worker asks for."""
    return models.Index(
        fields=["sweep_at"], include=["group", "id"], condition=Q(sweep_at__isnull=False), name=f"autotransfers_{name}"
    )


class AutoTransfer(models.Model):
    """A standing order."""

    class Direction(models.TextChoices):
        IN = "in", _("in")
        OUT = "out", _("out")

    class Frequency(models.TextChoices):
        DAY = "day", _("every day")
        WEEK = "week", _("every week")
        FORTNIGHT = "fortnight", _("every two weeks")
        MONTH = "month", _("every month")

    class CatchUp(models.TextChoices):
        ALL = "all", _("all")
        LATEST = "latest", _("the latest")
        NONE = "none", _("none")

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        ENDED = "ended", _("ended")

    class EndReason(models.TextChoices):
        DONE = "done", _("all runs are over")
        GOAL = "goal", _("the goal is reached")
        STOPPED = "stopped", _("ended by a member")
        LEFT = "left", _("the member has left")
        CLOSED = "closed", _("the group has closed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    #: Whose money comes in; of an outgoing order, who proposed it, and in whose month it counts.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("member")
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices)
    source = models.ForeignKey(FundingSource, models.PROTECT, null=True, related_name="+", verbose_name=_("source"))
    payee = models.ForeignKey(
        Payee, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("payee")
    )
    amount = models.BigIntegerField(_("amount (fen)"))
    memo = models.CharField(_("memo"), max_length=120, blank=True)
    every = models.CharField(_("how often"), max_length=9, choices=Frequency.choices)
    day = models.PositiveSmallIntegerField(_("day of the month"), null=True)
    at = models.TimeField(_("time of day"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True)
    runs_max = models.PositiveIntegerField(_("number of runs"), null=True)
    goal = models.BigIntegerField(_("until so much has come (fen)"), null=True)
    catch_up = models.CharField(_("after an outage"), max_length=6, choices=CatchUp.choices, default=CatchUp.LATEST)
    status = models.CharField(_("status"), max_length=6, choices=Status.choices, default=Status.ACTIVE)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("paused by"),
    )
    end_reason = models.CharField(_("why it ended"), max_length=7, choices=EndReason.choices, blank=True)
    #: How many occurrences are over, skipped ones included, and the date of the last of them.
    passed = models.PositiveIntegerField(_("occurrences over"), default=0)
    last_on = models.DateField(_("last occurrence"), null=True)
    next_on = models.DateField(_("next occurrence"), null=True)
    due_at = models.DateTimeField(_("due"), null=True)
    sweep_at = models.DateTimeField(_("looked at next"), null=True)
    created_at = models.DateTimeField(_("made"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("auto-transfer")
        verbose_name_plural = _("auto-transfers")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="autotransfers_order_amount"),
            models.CheckConstraint(
                condition=Q(direction="in", source__isnull=False, payee__isnull=True)
                | Q(direction="out", source__isnull=True, payee__isnull=False),
                name="autotransfers_order_other_side",
            ),
            models.CheckConstraint(
                condition=Q(every="month", day__gte=1, day__lte=31) | (~Q(every="month") & Q(day__isnull=True)),
                name="autotransfers_order_day",
            ),
            models.CheckConstraint(
                condition=(Q(runs_max__isnull=True) | Q(runs_max__gt=0)) & (Q(goal__isnull=True) | Q(goal__gt=0)),
                name="autotransfers_order_end",
            ),
            models.CheckConstraint(
                condition=Q(status="active", next_on__isnull=False, due_at__isnull=False, sweep_at__isnull=False)
                | (~Q(status="active") & Q(next_on__isnull=True, due_at__isnull=True, sweep_at__isnull=True)),
                name="autotransfers_order_due",
            ),
            models.CheckConstraint(
                condition=Q(status="paused", paused_by__isnull=False)
                | (~Q(status="paused") & Q(paused_by__isnull=True)),
                name="autotransfers_order_paused",
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False) & ~Q(end_reason="")
                | (~Q(status="ended") & Q(ended_at__isnull=True, end_reason="")),
                name="autotransfers_order_ended",
            ),
        ]
        indexes = [swept("order_swept"), models.Index(fields=["group", "id"], name="autotransfers_order_of_group")]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.get_every_display()} {self.memo}".strip()

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.every, self.starts_on, self.at, self.day, self.ends_on)


class AutoTransferRun(models.Model):
    """One occurrence of an order: it happens once, or it can be seen why it did not."""

    class Status(models.TextChoices):
        UNDER_WAY = "under_way", _("under way")
        SETTLED = "settled", _("settled")
        RETRYING = "retrying", _("tried again later")
        MISSED = "missed", _("missed")
        EXCUSED = "excused", _("excused")
        SKIPPED = "skipped", _("skipped")

    #: What counts towards a goal, or still may.
    COUNTS = (Status.UNDER_WAY, Status.SETTLED, Status.RETRYING)
    #: What can still be paid by hand.
    UNPAID = (Status.RETRYING, Status.MISSED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    order = models.ForeignKey(
        AutoTransfer, models.PROTECT, related_name="runs", db_index=False, verbose_name=_("auto-transfer")
    )
    due_on = models.DateField(_("date"))
    due_at = models.DateTimeField(_("due"))
    amount = models.BigIntegerField(_("amount (fen)"))
    status = models.CharField(_("status"), max_length=9, choices=Status.choices)
    #: How often it was tried by itself; tries by hand do not count.
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    first_tried_at = models.DateTimeField(_("first tried"), null=True)
    next_at = models.DateTimeField(_("tried next"), null=True)
    sweep_at = models.DateTimeField(_("looked at next"), null=True)
    failure_code = models.CharField(_("reason"), max_length=48, blank=True)
    by_hand = models.BooleanField(_("by hand"), default=False)
    #: Paid by hand after it was missed: if that fails it is missed again, and not tried by itself.
    was_missed = models.BooleanField(_("missed before"), default=False, db_default=False)
    #: What moves the money, or last tried to.
    contribution = models.ForeignKey(
        Contribution, models.PROTECT, null=True, related_name="+", verbose_name=_("contribution")
    )
    withdrawal = models.ForeignKey(
        Withdrawal, models.PROTECT, null=True, related_name="+", verbose_name=_("withdrawal")
    )
    final_at = models.DateTimeField(_("final"), null=True)

    class Meta:
        verbose_name = _("run of an auto-transfer")
        verbose_name_plural = _("runs of auto-transfers")
        constraints = [
            models.UniqueConstraint(fields=["group", "order", "due_on"], name="autotransfers_run_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="autotransfers_run_amount"),
            models.CheckConstraint(
                condition=Q(contribution__isnull=True) | Q(withdrawal__isnull=True), name="autotransfers_run_movement"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("under_way", "settled"))
                | Q(contribution__isnull=False)
                | Q(withdrawal__isnull=False),
                name="autotransfers_run_moves",
            ),
            models.CheckConstraint(
                condition=Q(status="retrying", next_at__isnull=False, sweep_at__isnull=False)
                | (~Q(status="retrying") & Q(next_at__isnull=True, sweep_at__isnull=True)),
                name="autotransfers_run_next",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("under_way", "retrying"), final_at__isnull=True)
                | (~Q(status__in=("under_way", "retrying")) & Q(final_at__isnull=False)),
                name="autotransfers_run_final",
            ),
        ]
        indexes = [
            swept("run_swept"),
            models.Index(fields=["group", "order", "status"], name="autotransfers_run_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.due_on} {self.get_status_display()}"

    @property
    def reference(self) -> str:
        """What the books know it by."""
        return f"auto-transfer:{self.order_id}:{self.due_on.isoformat()}"
