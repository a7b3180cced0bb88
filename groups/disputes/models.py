"""What is held of a member's money, by whose word, and until when.

    Dispute    a member contests the own share of a payment or a transfer out that somebody else made
    LegalHold  an order from outside stops a part of one member's share; two operators place it, two release it

What is held has left the stake and stands in the wallet's HELD account: it is not spent, not paid out and earns no
yield, while the pool and everybody go on. Each row has one way in and one way out, and every shape of it is held by a
constraint. A row that has ended never opens again.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.funding.models import Withdrawal
from groups.members.models import Group
from groups.spending.models import Payment

REASON_MAX = 500


class Dispute(models.Model):
    """One member contests, once, what they bore of one payment or transfer of another member, the respondent."""

    class Status(models.TextChoices):
        OPEN = "open", _("undecided")
        CONCEDED = "conceded", _("conceded")
        UPHELD = "upheld", _("upheld")
        WITHDRAWN = "withdrawn", _("withdrawn")
        DISMISSED = "dismissed", _("dismissed")
        EXPIRED = "expired", _("expired")

    #: What becomes of the money when nobody says anything until the deadline: it is the respondent's again.
    DEFAULT = "returned"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, db_column="wallet_id", db_index=False, related_name="+", verbose_name=_("group")
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("contested by"))
    respondent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("respondent")
    )
    #: What is contested is one of these two: a payment, or money that the group bears on its way to a member's source.
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("payment")
    )
    withdrawal = models.ForeignKey(
        Withdrawal, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("withdrawal")
    )
    amount = models.BigIntegerField(_("contested (fen)"))
    #: As much of the amount as the respondent's stake had; nothing, where it was empty.
    held = models.BigIntegerField(_("held (fen)"))
    reason = models.CharField(_("reason"), max_length=REASON_MAX)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.OPEN)
    created_at = models.DateTimeField(_("contested"))
    deadline_at = models.DateTimeField(_("deadline"))
    #: What went to who contested; the rest of what was held went back.
    awarded = models.BigIntegerField(_("awarded (fen)"), null=True)
    #: What of it the respondent has again, because what was contested came back to who had it from them already.
    repaid = models.BigIntegerField(_("repaid (fen)"), default=0)
    #: Nobody, where the deadline ended it.
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    ended_at = models.DateTimeField(_("ended"), null=True)
    decision_reason = models.CharField(_("reason of the decision"), max_length=REASON_MAX, blank=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        permissions = [("decide_dispute", _("May uphold or dismiss disputes"))]
        constraints = [
            models.UniqueConstraint(fields=["group", "payment", "user"], name="disputes_dispute_once"),
            models.UniqueConstraint(fields=["group", "withdrawal", "user"], name="disputes_dispute_transfer_once"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, withdrawal__isnull=True)
                | Q(payment__isnull=True, withdrawal__isnull=False),
                name="disputes_dispute_subject",
            ),
            models.CheckConstraint(condition=~Q(user=F("respondent")), name="disputes_dispute_parties"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, held__gte=0, held__lte=F("amount")) & ~Q(reason=""),
                name="disputes_dispute_amount",
            ),
            models.CheckConstraint(
                condition=Q(status="open", awarded__isnull=True, ended_at__isnull=True, ended_by__isnull=True)
                | (~Q(status="open") & Q(awarded__isnull=False, ended_at__isnull=False)),
                name="disputes_dispute_shape",
            ),
            # Who contests gets something only by the respondent's word or an operator's, and never more than contested.
            models.CheckConstraint(
                condition=Q(awarded__isnull=True)
                | Q(awarded=0)
                | Q(status__in=["conceded", "upheld"], awarded__gt=0, awarded__lte=F("amount")),
                name="disputes_dispute_awarded",
            ),
            models.CheckConstraint(
                condition=Q(repaid=0) | Q(awarded__isnull=False, repaid__gt=0, repaid__lte=F("awarded")),
                name="disputes_dispute_repaid",
            ),
            # An operator says why; nobody else has to.
            models.CheckConstraint(
                condition=(Q(status__in=["upheld", "dismissed"]) & ~Q(decision_reason="") & Q(ended_by__isnull=False))
                | (~Q(status__in=["upheld", "dismissed"]) & Q(decision_reason="")),
                name="disputes_dispute_decision",
            ),
        ]
        indexes = [
            models.Index(fields=["group", "respondent"], condition=Q(status="open"), name="disputes_dispute_held"),
            models.Index(fields=["deadline_at"], condition=Q(status="open"), name="disputes_dispute_due"),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.created_at:%Y-%m-%d}"


class LegalHold(models.Model):
    """A part of one member's share that an order from outside stops, until it ends or two operators release it."""

    class Status(models.TextChoices):
        ASKED = "asked", _("asked for")
        DECLINED = "declined", _("declined")
        ACTIVE = "active", _("in force")
        RELEASED = "released", _("released early")
        ENDED = "ended", _("over")

    class Reason(models.TextChoices):
        PRESERVATION = "preservation", _("property preservation by a court")
        ENFORCEMENT = "enforcement", _("enforcement by a court")
        INVESTIGATION = "investigation", _("investigation by the police or a procuratorate")
        AUTHORITY = "authority", _("order of another authority")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, db_column="wallet_id", related_name="+", verbose_name=_("group"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("member"))
    amount = models.BigIntegerField(_("amount (fen)"))
    order_reference = models.CharField(_("reference of the order"), max_length=120)
    reason = models.CharField(_("reason"), max_length=13, choices=Reason.choices)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    created_at = models.DateTimeField(_("asked"))
    ends_at = models.DateTimeField(_("ends"))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered"), null=True)
    release_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("release asked by")
    )
    release_asked_at = models.DateTimeField(_("release asked"), null=True)
    #: Who declined that request; the hold goes on, and a release may be asked for anew.
    release_declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("release declined by")
    )
    release_declined_at = models.DateTimeField(_("release declined"), null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("release approved by")
    )
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        permissions = [
            ("ask_legal_hold", _("May ask for legal holds, and for their release")),
            ("approve_legal_hold", _("May approve or decline what another has asked for")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, ends_at__gt=F("created_at")) & ~Q(order_reference=""),
                name="disputes_legalhold_terms",
            ),
            models.CheckConstraint(
                condition=Q(status="asked", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(status="asked") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="disputes_legalhold_answered",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["asked", "declined", "active"], ended_at__isnull=True)
                | Q(status__in=["released", "ended"], ended_at__isnull=False),
                name="disputes_legalhold_shape",
            ),
            models.CheckConstraint(
                condition=Q(release_asked_by__isnull=True, release_asked_at__isnull=True)
                | Q(
                    release_asked_by__isnull=False,
                    release_asked_at__isnull=False,
                    status__in=["active", "released", "ended"],
                ),
                name="disputes_legalhold_release_asked",
            ),
            models.CheckConstraint(
                condition=Q(status="released", released_by__isnull=False, release_asked_by__isnull=False)
                | (~Q(status="released") & Q(released_by__isnull=True)),
                name="disputes_legalhold_released",
            ),
            models.CheckConstraint(
                condition=Q(release_declined_by__isnull=True, release_declined_at__isnull=True)
                | (
                    Q(
                        release_declined_by__isnull=False,
                        release_declined_at__isnull=False,
                        release_asked_by__isnull=False,
                    )
                    & ~Q(release_declined_by=F("release_asked_by"))
                    & ~Q(status="released")
                ),
                name="disputes_legalhold_release_declined",
            ),
            # It takes two, both times.
            models.CheckConstraint(
                condition=(Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")))
                & (Q(released_by__isnull=True) | ~Q(released_by=F("release_asked_by"))),
                name="disputes_legalhold_four_eyes",
            ),
        ]
        indexes = [
            models.Index(fields=["group", "user"], condition=Q(status="active"), name="disputes_legalhold_held"),
            models.Index(fields=["ends_at"], condition=Q(status="active"), name="disputes_legalhold_due"),
        ]

    def __str__(self) -> str:
        return self.order_reference
