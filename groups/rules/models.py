"""What a group has agreed about its money.

    Rulebook         one a group: the month that is counted in, and how transfers out of the pool are guarded
    SpendingLimit    so much a payment, so much a member and month, so much a group and month
    CategoryBlock    what is not paid for
    Pause            who does not spend at the moment
    ApprovalTier     from which amount on how many others must approve
    SpendingCounter  what was spent in a month, by the group and by each member

Where a row names no member it is about everybody. Tightening takes effect at once; loosening is proposed, and everybody
has to agree (`proposals`).
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.members.models import Group


class Rulebook(models.Model):
    """The rules that every group has."""

    group = models.OneToOneField(
        Group,
        models.PROTECT,
        primary_key=True,
        related_name="rulebook",
        db_column="wallet_id",
        verbose_name=_("group"),
    )
    window_starts_at = models.DateTimeField(_("month began"))
    window_ends_at = models.DateTimeField(_("month ends"))
    part_percent = models.PositiveSmallIntegerField(_("part of the pool a day (%)"), default=50)
    objection_hours = models.PositiveSmallIntegerField(_("hours to object"), default=24)
    owe_max = models.BigIntegerField(_("what a member may owe (fen)"), default=0)
    payers_choose = models.BooleanField(_("payers choose who bears a payment"), default=False)

    class Meta:
        verbose_name = _("rules of a group")
        verbose_name_plural = _("rules of groups")
        constraints = [
            models.CheckConstraint(condition=Q(part_percent__gte=1, part_percent__lte=100), name="rules_rulebook_part"),
            models.CheckConstraint(
                condition=Q(objection_hours__gte=1, objection_hours__lte=168), name="rules_rulebook_hours"
            ),
            models.CheckConstraint(condition=Q(owe_max__gte=0), name="rules_rulebook_owe_max"),
            models.CheckConstraint(
                condition=Q(window_ends_at__gte=F("window_starts_at")), name="rules_rulebook_window"
            ),
        ]

    def __str__(self) -> str:
        return str(self.group_id)


class MemberRule(models.Model):
    """A rule about one member, or about everybody."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("member"),
    )

    class Meta:
        abstract = True


class SpendingLimit(MemberRule):
    """So much may be spent."""

    class Limit(models.TextChoices):
        PAYMENT = "payment", _("a payment")
        MEMBER_MONTH = "member_month", _("a member and month")
        GROUP_MONTH = "group_month", _("the group and month")

    limit = models.CharField(_("limit"), max_length=12, choices=Limit.choices)
    amount = models.BigIntegerField(_("amount (fen)"))

    class Meta:
        verbose_name = _("spending limit")
        verbose_name_plural = _("spending limits")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "limit", "member"], nulls_distinct=False, name="rules_spendinglimit_once"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="rules_spendinglimit_amount"),
            models.CheckConstraint(
                condition=~Q(limit="group_month") | Q(member__isnull=True), name="rules_spendinglimit_group"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.limit} {self.amount}"


class CategoryBlock(MemberRule):
    """Payments of a merchant's category are refused."""

    category = models.CharField(_("category"), max_length=24)

    class Meta:
        verbose_name = _("blocked category")
        verbose_name_plural = _("blocked categories")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "category", "member"], nulls_distinct=False, name="rules_categoryblock_once"
            )
        ]

    def __str__(self) -> str:
        return self.category


class Pause(MemberRule):
    """Nobody spends, or one member does not, until everybody agrees that it goes on."""

    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("paused by")
    )
    paused_at = models.DateTimeField(_("paused"))

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        constraints = [
            models.UniqueConstraint(fields=["group", "member"], nulls_distinct=False, name="rules_pause_once")
        ]

    def __str__(self) -> str:
        return f"{self.paused_at:%Y-%m-%d}"


class ApprovalTier(models.Model):
    """Above an amount, so many others must approve."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="tiers", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    above = models.BigIntegerField(_("above (fen)"))
    approvals = models.PositiveSmallIntegerField(_("approvals"))

    class Meta:
        verbose_name = _("approval tier")
        verbose_name_plural = _("approval tiers")
        constraints = [
            models.UniqueConstraint(fields=["group", "above"], name="rules_approvaltier_once"),
            models.CheckConstraint(condition=Q(above__gte=0), name="rules_approvaltier_above"),
            models.CheckConstraint(condition=Q(approvals__gte=1, approvals__lte=100), name="rules_approvaltier_count"),
        ]

    def __str__(self) -> str:
        return f"{self.above}: {self.approvals}"


class SpendingCounter(MemberRule):
    """What was spent in one window, refunds of the same window taken off."""

    starts_at = models.DateTimeField(_("month began"))
    spent = models.BigIntegerField(_("spent (fen)"), default=0)

    class Meta:
        verbose_name = _("spending counter")
        verbose_name_plural = _("spending counters")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "starts_at", "member"], nulls_distinct=False, name="rules_spendingcounter_once"
            ),
            models.CheckConstraint(condition=Q(spent__gte=0), name="rules_spendingcounter_spent"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m} {self.spent}"
