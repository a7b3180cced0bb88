"""Outside institutions, and money on its way to or from them.

    FundingSource   a member's card or account elsewhere: a token and a masked label, never a number
    Payee           whom a wallet pays out to, such as a landlord: a token and a masked label as well
    Transfer        one movement through a rail: created → submitted → (unknown) → settled | failed
    TransferNumber  leads from our number at the rail to the wallet
    RailNotice      what a rail told us, once
    ReconciliationRun, Difference  a day of ours against the rail's own statement, and what differs

A rail answers late, twice, out of order, or not at all. Our own number is the key at the rail, so asking again never
pays again; what is unknown is resolved by asking. What has failed may settle after all (`late_at`): the rail's last
word holds.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from wallet.ledger.models import Wallet
from wallet.rails.adapters.base import NOTICE_ID_MAX
from wallet.rails.explainable import EXPLAINED_IN_WORDS, TO_EXPLAIN, Explainable


class FundingSource(models.Model):
    """Where a member's money comes from and goes back to."""

    class Kind(models.TextChoices):
        BANK_CARD = "bank_card", _("bank card")
        YUEBAO = "yuebao", _("Yu'e Bao")
        ALIPAY_BALANCE = "alipay_balance", _("Alipay balance")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sources", verbose_name=_("person"))
    rail = models.CharField(_("rail"), max_length=16)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.BANK_CARD)
    token = models.CharField(_("token"), max_length=64)
    label = models.CharField(_("label"), max_length=64)
    is_default = models.BooleanField(_("default"), default=False)
    linked_at = models.DateTimeField(_("linked"))
    unlinked_at = models.DateTimeField(_("unlinked"), null=True, blank=True)

    class Meta:
        verbose_name = _("funding source")
        verbose_name_plural = _("funding sources")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True, unlinked_at__isnull=True), name="rails_source_one_default"
            ),
            # What is linked is one person's, or two could take money from it.
            models.UniqueConstraint(
                fields=["rail", "token"], condition=Q(unlinked_at__isnull=True), name="rails_source_one_owner"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Payee(models.Model):
    """Somebody outside whom a wallet pays: where the money goes, and what people call it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    wallet = models.ForeignKey(Wallet, models.PROTECT, db_index=False, related_name="payees", verbose_name=_("wallet"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("linked by"))
    rail = models.CharField(_("rail"), max_length=16)
    token = models.CharField(_("token"), max_length=64)
    name = models.CharField(_("name"), max_length=40)
    label = models.CharField(_("label"), max_length=64)
    linked_at = models.DateTimeField(_("linked"))
    unlinked_at = models.DateTimeField(_("unlinked"), null=True, blank=True)

    class Meta:
        verbose_name = _("payee")
        verbose_name_plural = _("payees")
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="rails_payee_name")]
        indexes = [models.Index(fields=["wallet", "id"], name="rails_payee_of_wallet")]

    def __str__(self) -> str:
        return f"{self.name} {self.label}"


class Transfer(models.Model):
    """One movement of money through a rail, from or to a member's source, or to a payee of the wallet.

    `purpose` and `subject` say to the rooms above what it is for.
    """

    class Direction(models.TextChoices):
        COLLECT = "collect", _("in")
        PAYOUT = "payout", _("out")

    class Status(models.TextChoices):
        CREATED = "created", _("created")
        SUBMITTED = "submitted", _("submitted")
        UNKNOWN = "unknown", _("unknown")
        SETTLED = "settled", _("settled")
        FAILED = "failed", _("failed")

    FINAL = (Status.SETTLED, Status.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="transfers", verbose_name=_("wallet"))
    source = models.ForeignKey(
        FundingSource, models.PROTECT, null=True, related_name="transfers", verbose_name=_("source")
    )
    payee = models.ForeignKey(
        Payee, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("payee")
    )
    rail = models.CharField(_("rail"), max_length=16)
    out_no = models.CharField(_("our number"), max_length=32)
    direction = models.CharField(_("direction"), max_length=7, choices=Direction.choices)
    amount = models.BigIntegerField(_("amount (fen)"))
    purpose = models.CharField(_("purpose"), max_length=16)
    subject_id = models.UUIDField(_("subject"))
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.CREATED)
    failure_code = models.CharField(_("reason"), max_length=48, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_step_at = models.DateTimeField(_("next step"), null=True)
    created_at = models.DateTimeField(_("created"))
    submitted_at = models.DateTimeField(_("submitted"), null=True)
    final_at = models.DateTimeField(_("final"), null=True)
    #: The rail's own moment of the outcome that is booked: by it the transfer stands in the statement of a day.
    booked_at = models.DateTimeField(_("booked at the rail"), null=True)
    late_at = models.DateTimeField(_("settled after it had failed"), null=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.UniqueConstraint(fields=["wallet", "out_no"], name="rails_transfer_number"),
            models.UniqueConstraint(fields=["wallet", "purpose", "subject_id"], name="rails_transfer_subject"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="rails_transfer_amount"),
            # Money is only ever sent to a payee, never asked from one.
            models.CheckConstraint(
                condition=Q(source__isnull=False, payee__isnull=True)
                | Q(source__isnull=True, payee__isnull=False, direction="payout"),
                name="rails_transfer_other_side",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("settled", "failed"), final_at__isnull=False, next_step_at__isnull=True)
                | (~Q(status__in=("settled", "failed")) & Q(final_at__isnull=True, next_step_at__isnull=False)),
                name="rails_transfer_final",
            ),
            models.CheckConstraint(condition=Q(late_at__isnull=True) | Q(status="settled"), name="rails_transfer_late"),
        ]
        indexes = [
            models.Index(fields=["next_step_at"], condition=Q(next_step_at__isnull=False), name="rails_transfer_due"),
            models.Index(fields=["rail", "booked_at"], name="rails_transfer_booked"),
        ]

    def __str__(self) -> str:
        return self.out_no

    @property
    def is_final(self) -> bool:
        return self.status in self.FINAL


class TransferNumber(models.Model):
    """Leads from our number at a rail to the transfer and its wallet."""

    out_no = models.CharField(max_length=32, primary_key=True)
    wallet_id = models.UUIDField()
    transfer_id = models.UUIDField()

    class Meta:
        verbose_name = _("transfer number")
        verbose_name_plural = _("transfer numbers")

    def __str__(self) -> str:
        return self.out_no


class RailNotice(models.Model):
    """A notice of a rail whose signature was right. The same notice is heard once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rail = models.CharField(_("rail"), max_length=16)
    notice_id = models.CharField(_("notice"), max_length=NOTICE_ID_MAX)
    out_no = models.CharField(_("our number"), max_length=32)
    status = models.CharField(_("status"), max_length=16)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [models.UniqueConstraint(fields=["rail", "notice_id"], name="rails_notice_once")]
        indexes = [models.Index(fields=["out_no"], name="rails_notice_number")]

    def __str__(self) -> str:
        return self.notice_id


class ReconciliationRun(models.Model):
    """A day of a rail, by its own midnights, that was compared with its statement; running it again is the same row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rail = models.CharField(_("rail"), max_length=16)
    day = models.DateField(_("day"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    times = models.PositiveIntegerField(_("times run"), default=0)
    lines = models.PositiveIntegerField(_("lines of the statement"), default=0)
    asked = models.PositiveIntegerField(_("asked again"), default=0)
    problem = models.CharField(_("problem"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        constraints = [models.UniqueConstraint(fields=["rail", "day"], name="rails_reconciliation_once")]

    def __str__(self) -> str:
        return f"{self.rail} {self.day}"


class Difference(Explainable):
    """Where our book and a rail's statement differ."""

    class Kind(models.TextChoices):
        MISSING_AT_BANK = "missing_at_bank", _("missing at the rail")
        MISSING_WITH_US = "missing_with_us", _("missing with us")
        UNKNOWN_NUMBER = "unknown_number", _("a number that was never ours")
        AMOUNT_DIFFERS = "amount_differs", _("another amount")
        DIRECTION_DIFFERS = "direction_differs", _("another direction")
        STATUS_DIFFERS = "status_differs", _("another status")
        DUPLICATE_AT_BANK = "duplicate_at_bank", _("twice at the rail")
        WRONG_DAY = "wrong_day", _("another day")
        WRONG_SOURCE = "wrong_source", _("another source")
        WRONG_RAIL = "wrong_rail", _("another rail")
        REVERSED_AT_BANK = "reversed_at_bank", _("taken back by the rail")

    #: What the two sides say of these is an amount (fen).
    OF_AMOUNTS = (
        Kind.MISSING_AT_BANK,
        Kind.MISSING_WITH_US,
        Kind.UNKNOWN_NUMBER,
        Kind.AMOUNT_DIFFERS,
        Kind.DUPLICATE_AT_BANK,
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(
        ReconciliationRun, models.PROTECT, related_name="differences", verbose_name=_("reconciliation")
    )
    kind = models.CharField(_("kind"), max_length=17, choices=Kind.choices)
    out_no = models.CharField(_("our number"), max_length=64)
    reference = models.CharField(_("the rail's reference"), max_length=64, blank=True)
    theirs = models.CharField(_("the rail says"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        permissions = [("explain_difference", "Can explain a difference to a rail's statement")]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "out_no", "reference", "ours", "theirs"], name="rails_difference_once"
            ),
            models.CheckConstraint(
                condition=EXPLAINED_IN_WORDS,
                name="rails_difference_explained",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-id"],
                condition=TO_EXPLAIN,
                name="rails_difference_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.out_no}"
