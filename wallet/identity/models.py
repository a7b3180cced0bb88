"""Who somebody is, and with what they speak to us.

    User          a person: a member with a phone number, or an operator with a username and a password, never both
    Device        one login of a member; what it carries is an opaque token
    LoginSession  allauth's way from the number to the code; and an operator's session in the admin
    WsTicket      lets a browser open one websocket, because a browser cannot send the token in the handshake
    PaymentPin    what a member types before money leaves, and how often it was typed wrong
    PinResetCode  the code that was sent to somebody who has forgotten it
    PaymentProof  that a PIN was typed for one operation, on one device, a moment ago

An operator has no phone number, so nobody gets into the admin by text message, and a member's session, sent as a
cookie, opens nothing there. No secret is stored: tokens, tickets, proofs and session keys are kept as SHA-256
(`tokens`), codes as HMAC (`codes`), PINs as Argon2 under a pepper that is not in the database (`pins`). Whoever has
read the whole database cannot log in, and cannot pay.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from wallet.identity.masks import mask_name, mask_phone

if TYPE_CHECKING:
    from wallet.identity.sessions import SessionStore

HASH_DIGITS = 64
#: Argon2's own notation, with room for higher costs.
PIN_HASH_LENGTH_MAX = 128


class UserManager(BaseUserManager["User"]):
    """Makes operators, for Django's own commands; members are made by `services.sign_up`."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Holds no role in any group: that is the groups' affair."""

    class Language(models.TextChoices):
        CHINESE = "zh-hans", _("Simplified Chinese")
        ENGLISH = "en", _("English")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    phone = models.CharField(_("phone number"), max_length=16, unique=True, null=True, blank=True)
    phone_verified = models.BooleanField(_("phone number verified"), default=False)
    username = models.CharField(
        _("username"),
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        validators=[UnicodeUsernameValidator()],
        help_text=_("Operators only; members log in by phone."),
    )
    name = models.CharField(_("name"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.CHINESE)
    is_staff = models.BooleanField(_("operator"), default=False, help_text=_("May log in to this site."))
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Off: nobody gets in, and every device is logged out.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                condition=Q(phone__isnull=False) | Q(username__isnull=False), name="identity_user_phone_or_username"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="identity_user_phone_e164",
            ),
            models.CheckConstraint(
                condition=Q(is_staff=False) | (Q(phone__isnull=True) & Q(username__isnull=False)),
                name="identity_user_operator_has_no_phone",
                violation_error_message=_("An operator has a username and no phone number."),
            ),
        ]

    def __str__(self) -> str:
        """Name a person wherever it may end up, in a log too; so the number stays masked."""
        return self.name or self.username or self.masked_phone

    @property
    def masked_phone(self) -> str:
        return mask_phone(self.phone) if self.phone else ""

    @property
    def masked_name(self) -> str:
        return mask_name(self.name)


class Device(models.Model):
    """One login of a person on one phone or browser, until it is revoked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="devices", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    token_hash = models.CharField(max_length=HASH_DIGITS, unique=True, editable=False)
    #: The login that issued the token. It dies with the device, so that it cannot make another one.
    session_hash = models.CharField(max_length=HASH_DIGITS, unique=True, null=True, editable=False)
    created_at = models.DateTimeField(_("logged in"), editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        indexes = [models.Index(fields=["user", "-id"], name="identity_device_of_user")]

    def __str__(self) -> str:
        return self.name or str(self.id)


class LoginSession(AbstractBaseSession):
    """A session under the hash of its key; the key itself is nowhere but with the client."""

    session_key = models.CharField(max_length=HASH_DIGITS, primary_key=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        from wallet.identity.sessions import SessionStore

        return SessionStore

    def __str__(self) -> str:
        return f"session until {self.expire_date:%Y-%m-%d %H:%M}"


class WsTicket(models.Model):
    """A permission to open one websocket within half a minute."""

    ticket_hash = models.CharField(max_length=HASH_DIGITS, primary_key=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="tickets")
    expires_at = models.DateTimeField(editable=False)
    redeemed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("websocket ticket")
        verbose_name_plural = _("websocket tickets")

    def __str__(self) -> str:
        return f"ticket until {self.expires_at:%H:%M:%S}"


class PaymentPin(models.Model):
    """A person's payment PIN. A try is counted before it is compared, so it counts as wrong until it is shown right."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="pin")
    pin_hash = models.CharField(max_length=PIN_HASH_LENGTH_MAX, editable=False)
    #: Tries since the last right one.
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    locked_until = models.DateTimeField(null=True, editable=False)
    #: Until then, after a reset, a proof lets out less.
    lowered_until = models.DateTimeField(null=True, editable=False)
    set_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("payment PIN")
        verbose_name_plural = _("payment PINs")

    def __str__(self) -> str:
        return f"payment PIN of {self.user_id}"


class PinResetCode(models.Model):
    """The newest code that was sent to a person for resetting the payment PIN."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    code_hash = models.CharField(max_length=HASH_DIGITS, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(db_index=True, editable=False)

    class Meta:
        verbose_name = _("PIN reset code")
        verbose_name_plural = _("PIN reset codes")

    def __str__(self) -> str:
        return f"code until {self.expires_at:%H:%M:%S}"


class PaymentProof(models.Model):
    """A permission to carry out one operation once, within two minutes, from the device whose person typed the PIN."""

    proof_hash = models.CharField(max_length=HASH_DIGITS, primary_key=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="proofs")
    #: `wallet.api.idempotency.fingerprint` of the operation.
    operation = models.BinaryField(editable=False)
    #: What the operation may let out at most (fen), where the PIN was reset lately.
    amount_max = models.BigIntegerField(null=True, editable=False)
    expires_at = models.DateTimeField(db_index=True, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("payment proof")
        verbose_name_plural = _("payment proofs")

    def __str__(self) -> str:
        return f"proof until {self.expires_at:%H:%M:%S}"
