"""Questions about people and devices. A device counts while it is not revoked and its person is active."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from wallet.identity.errors import DeviceNotFound
from wallet.identity.models import Device, PaymentPin, User
from wallet.identity.tokens import hash_token


def live_devices() -> QuerySet[Device]:
    """Devices that may speak, each with its person in the same query."""
    return Device.objects.select_related("user").filter(revoked_at=None, user__is_active=True)


def find_device(token: str) -> Device | None:
    """Find the device that carries this token, if it may still speak. One query."""
    return live_devices().filter(token_hash=hash_token(token)).first()


def find_device_of_session(session_key: str) -> Device | None:
    """Find the device that logged in by this session."""
    return live_devices().filter(session_hash=hash_token(session_key)).first()


def list_devices(user: User) -> QuerySet[Device]:
    """List the devices a person is logged in with."""
    return live_devices().filter(user=user)


def get_device(*, user: User, device_id: uuid.UUID) -> Device:
    """Get one of a person's own devices.

    :raises DeviceNotFound: when there is none such, or it belongs to somebody else
    """
    device = list_devices(user).filter(id=device_id).first()
    if device is None:
        raise DeviceNotFound
    return device


def find_user_by_phone(phone: str) -> User | None:
    """Find the member with this number, in E.164."""
    return User.objects.filter(phone=phone).first()


def find_pin(user: User) -> PaymentPin | None:
    """Find a person's payment PIN, hashed as it is."""
    return PaymentPin.objects.filter(user=user).first()


@dataclass(frozen=True, slots=True)
class PinStatus:
    """What may be said of a payment PIN; the times are None when they are over."""

    is_set: bool
    locked_until: datetime | None = None
    lowered_until: datetime | None = None


def get_pin_status(user: User, now: datetime) -> PinStatus:
    """Say whether a person has a payment PIN, and until when it is locked or lets out less."""
    pin = find_pin(user)
    if pin is None:
        return PinStatus(is_set=False)
    locked, lowered = (
        until if until is not None and now < until else None for until in (pin.locked_until, pin.lowered_until)
    )
    return PinStatus(is_set=True, locked_until=locked, lowered_until=lowered)
