"""Who is calling the API: `Authorization: Bearer <token>`, one query.

`request.user` is the person and `request.auth` the device, so that a command can name both.
"""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from wallet.identity.models import Device, User
from wallet.identity.selectors import find_device
from wallet.identity.services import touch_device


class DeviceToken(BaseAuthentication):
    """The token of a device. A revoked device and an inactive person are refused like an invented token."""

    scheme = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, Device] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        device = find_device(parts[1].decode("latin-1")) if len(parts) == 2 else None
        if device is None:
            raise AuthenticationFailed(_("This token is not valid; log in again."), code="invalid_token")
        touch_device(device=device, now=timezone.now())
        return device.user, device

    def authenticate_header(self, request: Request) -> str:
        return self.scheme


def get_caller(request: Request) -> User:
    """Get the person who calls; a view behind IsAuthenticated always has one."""
    assert isinstance(request.user, User)
    return request.user


def get_calling_device(request: Request) -> Device:
    """Get the device that calls."""
    assert isinstance(request.auth, Device)
    return request.auth
