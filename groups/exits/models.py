"""Partings that take time.

Leaving      somebody leaves discreetly: the membership ends when the payout has settled
Dissolution  how a group ended: the text that everybody signed, and the split; or its last day
Succession   an owner who was not seen for long: who follows, and when, unless the owner comes back
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.funding.models import Withdrawal
from groups.members.models import Group
from groups.proposals.models import Proposal


class Leaving(models.Model):
    """A member whose whole stake is on its way, and who has not left, for the others, before it has arrived."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, related_name="+", db_column="wallet_id", verbose_name=_("group"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("member"))
    withdrawal = models.ForeignKey(
        Withdrawal, models.PROTECT, related_name="+", db_index=False, verbose_name=_("withdrawal")
    )
    asked_at = models.DateTimeField(_("asked"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("discreet leaving")
        verbose_name_plural = _("discreet leavings")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "user"], condition=Q(ended_at__isnull=True), name="exits_leaving_one_open"
            ),
            models.UniqueConstraint(fields=["group", "withdrawal"], name="exits_leaving_withdrawal"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}"


class Dissolution(models.Model):
    """How a group ended."""

    class Reason(models.TextChoices):
        AGREED = "agreed", _("by agreement")
        LAST_DAY = "last_day", _("its last day is over")
        RESIGNED = "resigned", _("its owner gave it up")

    group = models.OneToOneField(
        Group, models.PROTECT, primary_key=True, related_name="dissolution", db_column="wallet_id"
    )
    reason = models.CharField(_("reason"), max_length=8, choices=Reason.choices)
    #: The proposal whose votes are the signatures; the text and the split are its payload.
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("proposal")
    )
    version = models.CharField(_("version of the text"), max_length=32, blank=True)
    text = models.TextField(_("text"), blank=True)
    #: What everybody had when it was dissolved, after the split (fen, by person).
    shares = models.JSONField(_("shares"), default=dict)
    dissolved_at = models.DateTimeField(_("dissolved"))

    class Meta:
        verbose_name = _("dissolution")
        verbose_name_plural = _("dissolutions")
        constraints = [
            models.CheckConstraint(
                condition=Q(reason="agreed", proposal__isnull=False) | (~Q(reason="agreed") & Q(proposal__isnull=True)),
                name="exits_dissolution_agreed",
            )
        ]

    def __str__(self) -> str:
        return str(self.group_id)


class Succession(models.Model):
    """Notice that somebody will follow an owner who has not been seen for long, or who gives it up.

    Nobody can be named where nobody else may spend; then a group that its owner has given up is dissolved.
    """

    class Reason(models.TextChoices):
        AWAY = "away", _("not seen for long")
        RESIGNED = "resigned", _("given up")

    class Status(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        DONE = "done", _("handed over")
        CALLED_OFF = "called_off", _("called off")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, related_name="+", db_column="wallet_id", verbose_name=_("group"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    heir = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("heir")
    )
    reason = models.CharField(_("reason"), max_length=8, choices=Reason.choices, default=Reason.AWAY)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ANNOUNCED)
    announced_at = models.DateTimeField(_("announced"))
    due_at = models.DateTimeField(_("due"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        constraints = [
            models.UniqueConstraint(
                fields=["group"], condition=Q(status="announced"), name="exits_succession_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status="announced", ended_at__isnull=True)
                | (~Q(status="announced") & Q(ended_at__isnull=False)),
                name="exits_succession_ended",
            ),
            models.CheckConstraint(
                condition=Q(heir__isnull=False) | Q(reason="resigned"), name="exits_succession_heir"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(status="announced"), name="exits_succession_due")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.get_status_display()}"
