"""Who keeps money together, and as what.

    Group           the people and their rules; its primary key is its wallet's
    Membership      one person in one group: role, weight, and until which event they may read
    Invitation      an offer to join, with an end
    InvitationCode  leads from the hash of a code to the wallet, before the wallet is known

A group has one owner at a time. Somebody who left keeps their membership row, so that late money still finds them;
coming back opens the same row again.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.members.scenes import Scene
from wallet.ledger.models import Wallet


class SharingRule(models.TextChoices):
    """How a spend is borne."""

    PRO_RATA = "pro_rata", _("by stake")
    EQUAL = "equal", _("equally among those named")
    PAYER = "payer", _("by the payer")
    WEIGHTS = "weights", _("by agreed weights")


class Group(models.Model):
    """People who keep money together."""

    wallet = models.OneToOneField(Wallet, models.PROTECT, primary_key=True, verbose_name=_("wallet"))
    name = models.CharField(_("name"), max_length=40)
    scene = models.CharField(_("scene"), max_length=12, choices=Scene.choices)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    sharing_rule = models.CharField(_("sharing rule"), max_length=8, choices=SharingRule.choices)
    is_sandbox = models.BooleanField(_("sandbox"), default=False)
    created_at = models.DateTimeField(_("created"))
    #: When the time zone was last changed: days and months do not begin anew for it.
    zone_changed_at = models.DateTimeField(_("time zone changed"), null=True, blank=True)
    #: The last day of an event group, in its time zone; the day after, it dissolves by itself.
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    ending_told = models.BooleanField(_("told of the last day"), default=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="members_group_name")]
        indexes = [
            models.Index(
                fields=["ends_on"],
                condition=Q(ends_on__isnull=False, archived_at__isnull=True),
                name="members_group_ending",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one group."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MEMBER = "member", _("member")
        VIEWER = "viewer", _("viewer")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group,
        models.PROTECT,
        related_name="memberships",
        db_column="wallet_id",
        db_index=False,
        verbose_name=_("group"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=6, choices=Role.choices)
    weight = models.PositiveIntegerField(_("weight"), default=1)
    joined_at = models.DateTimeField(_("joined"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    #: The last event somebody who left may still read: the one that tells of it.
    left_sequence = models.BigIntegerField(_("left with event"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["group", "user"], name="members_membership_once"),
            models.UniqueConstraint(
                fields=["group"], condition=Q(role="owner", left_at__isnull=True), name="members_membership_one_owner"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True, left_sequence__isnull=True)
                | Q(left_at__isnull=False, left_sequence__isnull=False),
                name="members_membership_left",
            ),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=1000), name="members_membership_weight"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.user_id}"

    @property
    def is_current(self) -> bool:
        return self.left_at is None


class Invitation(models.Model):
    """An offer to join, to one person at most, until it expires."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("expired")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="invitations", db_column="wallet_id", verbose_name=_("group")
    )
    inviter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("inviter"))
    role = models.CharField(_("role"), max_length=6, choices=Membership.Role.choices)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.OPEN)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        indexes = [models.Index(fields=["expires_at"], condition=Q(status="open"), name="members_invitation_open")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.get_status_display()}"


class InvitationCode(models.Model):
    """Leads from a code to its wallet. Only the code's hash is stored."""

    code_hash = models.CharField(max_length=64, primary_key=True)
    wallet_id = models.UUIDField()
    invitation_id = models.UUIDField()

    class Meta:
        verbose_name = _("invitation code")
        verbose_name_plural = _("invitation codes")

    def __str__(self) -> str:
        return str(self.invitation_id)
