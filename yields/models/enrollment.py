"""Which group's balance earns, in which fund, from when until when, and on which terms.

A group has one open enrollment at most. What was agreed to stays with it, and so does who ended it.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.members.models import Group
from yields.models.funds import Fund


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
