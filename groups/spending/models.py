"""Money spent at merchants.

Merchant, MerchantKey   who may charge, and the secrets they sign with (encrypted)
PaymentCode             one-time code of a member; only its hash is stored
Payment                 a spend, or a refused attempt at one: either uses up its code
Refund                  a (partial) return, by the sharing as it is then
ApprovedPayment         what others have approved and is not paid yet
CodeLead, TradeNumber   lead from a code or a merchant's number to the wallet
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.members.models import Group, SharingRule
from groups.proposals.models import Proposal
from wallet.ledger.models import Entry


class Merchant(models.Model):
    """A shop that may charge payment codes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=60)
    category = models.CharField(_("category"), max_length=24, default="other")
    is_active = models.BooleanField(_("active"), default=True)
    is_sandbox = models.BooleanField(_("sandbox"), default=False)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")

    def __str__(self) -> str:
        return self.name


class MerchantKey(models.Model):
    """A secret a merchant signs requests with. Several may be valid at once, so that keys can be changed."""

    key_id = models.CharField(_("key id"), max_length=32, primary_key=True)
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="keys", verbose_name=_("merchant"))
    secret_encrypted = models.BinaryField(_("secret"))
    created_at = models.DateTimeField(_("created"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("merchant key")
        verbose_name_plural = _("merchant keys")

    def __str__(self) -> str:
        return self.key_id


class PaymentCode(models.Model):
    """A code that lets one merchant charge once, within a minute."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, db_column="wallet_id", db_index=False, verbose_name=_("group"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("member"))
    sharing_rule = models.CharField(_("sharing rule"), max_length=8, choices=SharingRule.choices)
    participants = models.JSONField(_("participants"), default=list)
    #: What it may be charged with at most, where its member's PIN was reset shortly before.
    amount_max = models.BigIntegerField(_("no more than (fen)"), null=True)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True)

    class Meta:
        verbose_name = _("payment code")
        verbose_name_plural = _("payment codes")
        indexes = [models.Index(fields=["group", "user", "expires_at"], name="spending_code_of_member")]

    def __str__(self) -> str:
        return str(self.id)


class CodeLead(models.Model):
    """Leads from the hash of a payment code to its wallet."""

    code_hash = models.CharField(max_length=64, primary_key=True)
    wallet_id = models.UUIDField()
    code_id = models.UUIDField()

    class Meta:
        verbose_name = _("payment code lead")
        verbose_name_plural = _("payment code leads")

    def __str__(self) -> str:
        return str(self.code_id)


class Payment(models.Model):
    """A spend at a merchant, or a refused attempt."""

    class Status(models.TextChoices):
        SETTLED = "settled", _("paid")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, db_column="wallet_id", verbose_name=_("group"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("payer"))
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="payments", verbose_name=_("merchant"))
    code = models.ForeignKey(PaymentCode, models.PROTECT, related_name="+", db_index=False, verbose_name=_("code"))
    out_trade_no = models.CharField(_("merchant's number"), max_length=64)
    amount = models.BigIntegerField(_("amount (fen)"))
    refunded = models.BigIntegerField(_("refunded (fen)"), default=0)
    subject = models.CharField(_("subject"), max_length=120)
    category = models.CharField(_("category"), max_length=24)
    sharing_rule = models.CharField(_("sharing rule"), max_length=8, choices=SharingRule.choices)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices)
    refusal_code = models.CharField(_("reason"), max_length=48, blank=True)
    entry = models.ForeignKey(
        Entry, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("entry")
    )
    #: The beginning of the month whose limits it counts in; none for a refused one.
    counted_in = models.DateTimeField(_("counted in the month from"), null=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(fields=["group", "merchant", "out_trade_no"], name="spending_payment_number"),
            models.UniqueConstraint(fields=["group", "code"], name="spending_payment_one_per_code"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="spending_payment_amount"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount")), name="spending_payment_refunded"
            ),
            models.CheckConstraint(
                condition=Q(status="settled", entry__isnull=False, refusal_code="")
                | (Q(status="refused", entry__isnull=True) & ~Q(refusal_code="")),
                name="spending_payment_shape",
            ),
        ]

    def __str__(self) -> str:
        return self.out_trade_no


class ApprovedPayment(models.Model):
    """What others have approved: one payment of one member, up to an amount, within a quarter of an hour."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="+", db_index=False, verbose_name=_("proposal"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("payer"))
    #: At which merchant; any, where none is named.
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("merchant")
    )
    amount_max = models.BigIntegerField(_("up to (fen)"))
    expires_at = models.DateTimeField(_("expires"))
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("payment")
    )

    class Meta:
        verbose_name = _("approved payment")
        verbose_name_plural = _("approved payments")
        constraints = [
            models.UniqueConstraint(fields=["group", "proposal"], name="spending_approved_once"),
            models.UniqueConstraint(fields=["group", "payment"], name="spending_approved_used_once"),
            models.CheckConstraint(condition=Q(amount_max__gt=0), name="spending_approved_amount"),
        ]

    def __str__(self) -> str:
        return f"≤ {self.amount_max}"


class TradeNumber(models.Model):
    """Leads from a merchant's number to the wallet that paid. A number is used once a merchant, for ever."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+", db_index=False)
    out_trade_no = models.CharField(max_length=64)
    wallet_id = models.UUIDField()
    payment_id = models.UUIDField()

    class Meta:
        verbose_name = _("merchant's number")
        verbose_name_plural = _("merchants' numbers")
        constraints = [models.UniqueConstraint(fields=["merchant", "out_trade_no"], name="spending_trade_once")]

    def __str__(self) -> str:
        return self.out_trade_no


class Refund(models.Model):
    """Money given back by a merchant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, db_column="wallet_id", db_index=False, verbose_name=_("group"))
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="refunds", db_index=False, verbose_name=_("payment")
    )
    out_request_no = models.CharField(_("merchant's number"), max_length=64)
    amount = models.BigIntegerField(_("amount (fen)"))
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+", db_index=False, verbose_name=_("entry"))
    #: The month whose allowance it gives back; none, where that of the payment is over.
    counted_in = models.DateTimeField(_("counted in the month from"), null=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint(fields=["group", "payment", "out_request_no"], name="spending_refund_number"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="spending_refund_amount"),
        ]

    def __str__(self) -> str:
        return self.out_request_no
