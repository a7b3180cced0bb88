"""Money in from a member's source, and money out to it.

A contribution is posted when it has settled, not before: until then the money is not here. A withdrawal leaves the
stake when it is asked for and waits in transit, so that nothing can spend it twice; it returns when the rail refuses.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.members.models import Group
from wallet.ledger.models import Entry
from wallet.rails.models import FundingSource, Payee

#: What the two are called at the rail and in the books.
CONTRIBUTION, WITHDRAWAL = "contribution", "withdrawal"


class Movement(models.Model):
    """What contributions and withdrawals have in common."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("under way")
        SETTLED = "settled", _("settled")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, db_column="wallet_id", db_index=False, verbose_name=_("group"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("member")
    )
    amount = models.BigIntegerField(_("amount (fen)"))
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.REQUESTED)
    failure_code = models.CharField(_("reason"), max_length=48, blank=True)
    #: What the entry in the books refers to; itself, where another room does not say.
    reference = models.CharField(_("reference"), max_length=128, blank=True)
    created_at = models.DateTimeField(_("requested"))
    final_at = models.DateTimeField(_("final"), null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.created_at:%Y-%m-%d}"


def movement_meta(name: str) -> dict[str, Any]:
    """Constraints and indexes of one kind of movement."""
    return {
        "constraints": [models.CheckConstraint(condition=Q(amount__gt=0), name=f"funding_{name}_amount")],
        "indexes": [models.Index(fields=["group", "user", "created_at"], name=f"funding_{name}_of_member")],
    }


class Contribution(Movement):
    """Money on its way from a member's source into the group."""

    source = models.ForeignKey(FundingSource, models.PROTECT, related_name="+", verbose_name=_("source"))

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        constraints = [
            *movement_meta("contribution")["constraints"],
            models.UniqueConstraint(
                fields=["group", "reference"],
                condition=~Q(reference="") & ~Q(status="failed"),
                name="funding_contribution_reference",
            ),
        ]
        indexes = movement_meta("contribution")["indexes"]


class Withdrawal(Movement):
    """Money on its way to a member's own source: out of the own stake, or out of everybody's, borne by the group.

    The latter may have to wait (`executes_at`), and others can object to it until then; and it may go to a payee of the
    group instead, which everybody has agreed to before. What goes by the ordinary way is in transit at once, and leaves
    for the rail when it is expected to arrive.
    """

    class Speed(models.TextChoices):
        FAST = "fast", _("fast")
        ORDINARY = "ordinary", _("ordinary")

    class BorneBy(models.TextChoices):
        OWN = "own", _("the own stake")
        GROUP = "group", _("the group")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for objections")
        REQUESTED = "requested", _("under way")
        SETTLED = "settled", _("settled")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped by an objection")
        CANCELLED = "cancelled", _("cancelled")
        REFUSED = "refused", _("refused")

    #: Nothing of these has ever left.
    NEVER_LEFT = (Status.WAITING, Status.STOPPED, Status.CANCELLED, Status.REFUSED)

    source = models.ForeignKey(FundingSource, models.PROTECT, null=True, related_name="+", verbose_name=_("source"))
    payee = models.ForeignKey(
        Payee, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("payee")
    )
    borne_by = models.CharField(_("borne by"), max_length=5, choices=BorneBy.choices, default=BorneBy.OWN)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.REQUESTED)
    #: While it waits, how it was asked for; then, how it goes. Slowed: too little was left for the fast way.
    speed = models.CharField(_("speed"), max_length=8, choices=Speed.choices, default=Speed.FAST)
    is_slowed = models.BooleanField(_("slowed"), default=False)
    #: Of one that goes by the ordinary way: when the rail is asked to pay it.
    expected_at = models.DateTimeField(_("expected"), null=True)
    memo = models.CharField(_("memo"), max_length=120, blank=True)
    executes_at = models.DateTimeField(_("leaves"), null=True)
    objector = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("objected")
    )
    #: What the others bear of one that left at once: nobody approved it, and nobody could object before (fen).
    unasked = models.BigIntegerField(_("borne by others unasked (fen)"), default=0)
    #: Of one that the group bears: the entry that took it, and the month that it counts in.
    entry = models.ForeignKey(
        Entry, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("entry")
    )
    counted_in = models.DateTimeField(_("counted in the month from"), null=True)
    late_at = models.DateTimeField(_("settled after it had failed"), null=True)

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        constraints = [
            *movement_meta("withdrawal")["constraints"],
            models.CheckConstraint(
                condition=Q(source__isnull=False, payee__isnull=True)
                | Q(source__isnull=True, payee__isnull=False, borne_by="group"),
                name="funding_withdrawal_receiver",
            ),
            models.UniqueConstraint(
                fields=["group", "reference"], condition=~Q(reference=""), name="funding_withdrawal_reference"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("requested", "settled", "failed")) | Q(borne_by="group"),
                name="funding_withdrawal_own",
            ),
            models.CheckConstraint(
                condition=Q(unasked=0) | Q(unasked__gt=0, unasked__lte=F("amount"), borne_by="group"),
                name="funding_withdrawal_unasked",
            ),
            models.CheckConstraint(
                condition=~Q(status="stopped") | Q(objector__isnull=False), name="funding_withdrawal_objector"
            ),
            models.CheckConstraint(
                condition=Q(speed="fast", is_slowed=False, expected_at__isnull=True)
                | Q(speed="ordinary", expected_at__isnull=False)
                | Q(speed="ordinary", is_slowed=False, status__in=("waiting", "stopped", "cancelled", "refused")),
                name="funding_withdrawal_speed",
            ),
        ]
        indexes = [
            *movement_meta("withdrawal")["indexes"],
            models.Index(fields=["executes_at"], condition=Q(status="waiting"), name="funding_withdrawal_waiting"),
        ]


class Claim(models.Model):
    """What somebody owes the wallet: a payout failed, gave their part back, and arrived after all when it was spent.

    Operators see it, and collect it from the stake as money comes in.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, db_column="wallet_id", db_index=False, verbose_name=_("group"))
    withdrawal = models.ForeignKey(
        Withdrawal, models.PROTECT, related_name="claims", db_index=False, verbose_name=_("withdrawal")
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owed by"))
    amount = models.BigIntegerField(_("amount (fen)"))
    outstanding = models.BigIntegerField(_("outstanding (fen)"))
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        permissions = [("collect_claim", "Can collect a claim from a stake")]
        constraints = [
            models.UniqueConstraint(fields=["group", "withdrawal", "user"], name="funding_claim_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, outstanding__gte=0, outstanding__lte=F("amount")),
                name="funding_claim_outstanding",
            ),
            models.CheckConstraint(
                condition=Q(outstanding=0, closed_at__isnull=False) | Q(outstanding__gt=0, closed_at__isnull=True),
                name="funding_claim_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outstanding}/{self.amount}"
