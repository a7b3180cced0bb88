"""What allauth asks of us: where a phone number lives, how a code is sent, what a person looks like in its answers.

`login` never looks a number up before its code has been typed, so the hooks for unknown and for taken numbers have
nothing to say.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.headless.adapter import DefaultHeadlessAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wallet.identity.codes import new_code
from wallet.identity.models import User
from wallet.identity.phones import parse_phone
from wallet.identity.selectors import find_device_of_session, find_user_by_phone
from wallet.identity.services import revoke_device
from wallet.identity.sms import TextMessage, send_sms


class PhoneField(forms.CharField):
    """Takes a number as people type it and gives E.164."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        phone = parse_phone(text) if text else ""
        if phone is None:
            raise ValidationError(_("This is not a phone number."), code="invalid_phone")
        return phone


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are phone numbers. There is no sign-up beside the login, and no password for members."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        """A code is the whole login of a member; the second factor guards the operators' door (`forms`)."""
        return ["allauth.account.stages.LoginByCodeStage"]

    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        return PhoneField(max_length=32, **kwargs)

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        user.phone, user.phone_verified = phone, verified
        user.save(update_fields=["phone", "phone_verified"])

    def set_phone_verified(self, user: User, phone: str) -> None:
        User.objects.filter(pk=user.pk, phone=phone, phone_verified=False).update(phone_verified=True)

    def get_user_by_phone(self, phone: str) -> User | None:
        return find_user_by_phone(phone)

    def generate_phone_verification_code(self, *, user: User | None, phone: str) -> str:
        return new_code()

    def send_verification_code_sms(self, user: User | None, phone: str, code: str, **kwargs: Any) -> None:
        minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
        text = gettext("[Hehua] Your code is %(code)s, valid for %(minutes)s minutes. Never tell it to anybody.")
        params = {"code": code, "minutes": str(minutes)}
        send_sms(TextMessage(phone=phone, template="login_code", params=params, text=text % params))

    def logout(self, request: HttpRequest) -> None:
        """End the session and with it the device that it logged in."""
        key = request.session.session_key
        device = find_device_of_session(key) if key else None
        super().logout(request)
        if device:
            revoke_device(device=device, now=timezone.now())


@dataclass
class Person:
    """A person as allauth's answers show them, to themselves."""

    id: str
    name: str
    phone: str
    language: str


class HeadlessAdapter(DefaultHeadlessAdapter):  # type: ignore[misc]
    def get_user_dataclass(self) -> type[Person]:
        return Person

    def user_as_dataclass(self, user: User) -> Person:
        return Person(id=str(user.id), name=user.name, phone=user.masked_phone, language=user.language)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps an operator's TOTP secret encrypted under the server's key, because unlike a token it cannot be hashed."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(force_bytes(key)).digest())) for key in keys])
