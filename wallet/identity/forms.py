"""The operators' door: username, password, and a code from an authenticator app where one is set up.

Failures are counted per address and per username, and a wrong code counts like a wrong password. Only a login that went
all the way takes back its own count, so that good logins in between do not buy more guesses.
"""

from typing import Any

from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget


class OperatorLoginForm(AuthenticationForm):  # type: ignore[misc]
    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=16,
        help_text=_("From your authenticator app, if you have set one up."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean(self) -> dict[str, Any]:
        key = f"operator {self.cleaned_data.get('username', '').lower()}"
        usage = ratelimit.consume(self.request, app="allauth.account", action="login_failed", key=key)
        if usage is None:
            raise ValidationError(_("Too many failed attempts. Try again later."), code="rate_limited")
        cleaned: dict[str, Any] = super().clean()
        usage.rollback()
        return cleaned

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        super().confirm_login_allowed(user)
        authenticator = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
        if authenticator is None:
            return
        code = self.cleaned_data.get("code")
        if not code:
            raise ValidationError(_("Enter the code from your authenticator app."), code="code_required")
        if not authenticator.wrap().validate_code(code):
            raise ValidationError(_("The code is wrong or was used already."), code="code_wrong")
        authenticator.record_usage()
