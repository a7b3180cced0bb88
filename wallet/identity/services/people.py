"""What happens to people and their devices: sign up, log in, be seen, open a socket, log out.

A device that is revoked stays as a row: what it did names it. Revoking is one conditional UPDATE, so two revocations
of a device tell about it once.
"""

from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from wallet.identity.models import Device, LoginSession, User, WsTicket
from wallet.identity.revocations import tell_revocation
from wallet.identity.selectors import live_devices
from wallet.identity.tokens import hash_token, new_token

SEEN_EVERY = timedelta(minutes=1)
TICKET_LIFE = timedelta(seconds=30)
DEVICE_NAME_MAX = 200


def sign_up(*, phone: str, now: datetime, name: str = "", language: str = User.Language.CHINESE) -> User:
    """Get the member with this number, whom the caller has proved to be, or make them."""
    user, is_new = User.objects.get_or_create(
        phone=phone,
        defaults={
            "phone_verified": True,
            "name": name,
            "language": language,
            "created_at": now,
            "password": make_password(None),
        },
    )
    if not is_new and not user.phone_verified:
        user.phone_verified = True
        user.save(update_fields=["phone_verified"])
    return user


def update_profile(*, user: User, name: str | None = None, language: str | None = None) -> User:
    """Change how a person is called and spoken to; None leaves as it is."""
    user.name = user.name if name is None else name
    user.language = language or user.language
    user.save(update_fields=["name", "language"])
    return user


def issue_device(*, user: User, name: str, now: datetime, session_key: str | None = None) -> tuple[Device, str]:
    """Log a person in on a device; give the device and its token, which nobody can read again."""
    token = new_token()
    device = Device.objects.create(
        user=user,
        name=name[:DEVICE_NAME_MAX],
        token_hash=hash_token(token),
        session_hash=hash_token(session_key) if session_key else None,
        created_at=now,
        last_seen_at=now,
    )
    return device, token


def touch_device(*, device: Device, now: datetime) -> None:
    """Note that a device was seen, at most once a minute, so that reading does not become writing."""
    if now - device.last_seen_at >= SEEN_EVERY:
        Device.objects.filter(id=device.id, last_seen_at__lte=now - SEEN_EVERY).update(last_seen_at=now)
        device.last_seen_at = now


@transaction.atomic
def revoke_device(*, device: Device, now: datetime) -> None:
    """Log a device out for good: its token, the session it came from, its tickets and, by the registry, its sockets."""
    if not Device.objects.filter(id=device.id, revoked_at=None).update(revoked_at=now):
        return
    device.revoked_at = now
    if device.session_hash:
        LoginSession.objects.filter(pk=device.session_hash).delete()
    device.tickets.all().delete()
    transaction.on_commit(partial(tell_revocation, device))


@transaction.atomic
def revoke_devices(*, user: User, now: datetime) -> None:
    """Log a person out everywhere."""
    for device in Device.objects.filter(user=user, revoked_at=None):
        revoke_device(device=device, now=now)


def issue_ticket(*, device: Device, now: datetime) -> tuple[WsTicket, str]:
    """Make a ticket for one websocket; the device's old ones go, so there are never many."""
    device.tickets.filter(expires_at__lte=now).delete()
    ticket = new_token()
    row = WsTicket.objects.create(ticket_hash=hash_token(ticket), device=device, expires_at=now + TICKET_LIFE)
    return row, ticket


def redeem_ticket(ticket: str, now: datetime) -> Device | None:
    """Use up a ticket and give the device behind it; None for one that is unknown, used, expired or revoked.

    One UPDATE, so that of two sockets with one ticket the second gets nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE identity_wsticket SET redeemed_at = %s"
            " WHERE ticket_hash = %s AND redeemed_at IS NULL AND expires_at > %s RETURNING device_id",
            [now, hash_token(ticket), now],
        )
        row = cursor.fetchone()
    return live_devices().filter(id=row[0]).first() if row else None
