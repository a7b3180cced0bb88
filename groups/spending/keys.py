"""Merchants' secrets and signatures.

A request is signed with one of the merchant's secrets, and its signature is good for 300 seconds around t:

    Merchant-Signature: t=<unix>,v2=<hex HMAC-SHA256 of "<t>.<METHOD>.<path>.<raw body>">
    Merchant-Signature: t=<unix>,v1=<hex HMAC-SHA256 of "<t>.<raw body>">      the older form
    Hehua-Signature: t=<unix>,v1=<hex HMAC-SHA256 of "<t>.<delivery>.<raw body>">      what we sign to a merchant

Ours has another header and another form, so that who hears it cannot send it back to us as the merchant's words. A
secret is shown once, when it is made; stored, it is encrypted under `MERCHANT_SECRETS_KEY`, which is not in the
database.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography.fernet import Fernet
from django.conf import settings

from groups.spending.models import Merchant, MerchantKey
from groups.spending.selectors import find_key
from wallet.refusals import SignatureInvalid, SignatureStale

FORM = re.compile(r"t=(\d{1,12}),(v[12])=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it was sent: its path with the query, its body raw."""

    method: str
    path: str
    body: bytes


def issue_key(*, merchant: Merchant, now: datetime) -> tuple[MerchantKey, str]:
    """Make a key for a merchant; the secret is in the answer and nowhere else."""
    secret = secrets.token_urlsafe(32)
    key = MerchantKey.objects.create(
        key_id=f"mk-{secrets.token_hex(8)}",
        merchant=merchant,
        secret_encrypted=_fernet(settings.MERCHANT_SECRETS_KEY).encrypt(secret.encode()),
        created_at=now,
    )
    return key, secret


def revoke_key(*, key: MerchantKey, now: datetime) -> None:
    """End a key: what is signed with it from now on is refused. Ending it again leaves the first time standing."""
    MerchantKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now)


def sign(secret: str, body: bytes, at: datetime) -> str:
    """Write the value of `Merchant-Signature` for a body, as a merchant would."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_mac(secret, stamp, body)}"


def sign_request(secret: str, asked: Signed, at: datetime) -> str:
    """Write the value of `Merchant-Signature` for one request, as a merchant would."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v2={_mac(secret, stamp, *_words(asked))}"


def sign_message(secret: str, delivery: str, body: bytes, at: datetime) -> str:
    """Write the value of `Hehua-Signature` for a message to a merchant."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_mac(secret, stamp, delivery.encode(), body)}"


def sign_for(merchant: Merchant, delivery: str, body: bytes, at: datetime) -> dict[str, str] | None:
    """Sign a message to a merchant with the newest of the merchant's valid keys; None where there is none."""
    key = MerchantKey.objects.filter(merchant=merchant, revoked_at__isnull=True).order_by("-created_at").first()
    if key is None:
        return None
    return {"Merchant-Key": key.key_id, "Hehua-Signature": sign_message(_secret_of(key), delivery, body, at)}


def verify(key_id: str, signature: str, asked: Signed, now: datetime) -> MerchantKey:
    """Find the key with which a request, or its body alone, was signed.

    :raises SignatureInvalid: when key or signature is missing, unknown, revoked or wrong.
    :raises SignatureStale: when it is right, and older or newer than the tolerance.
    """
    form = FORM.fullmatch(signature)
    key = find_key(key_id) if form else None
    if form is None or key is None:
        raise SignatureInvalid
    stamp, version, given = form.groups()
    words = _words(asked) if version == "v2" else [asked.body]
    if not hmac.compare_digest(_mac(_secret_of(key), stamp, *words), given):
        raise SignatureInvalid
    if abs(now.timestamp() - int(stamp)) > settings.MERCHANT_SIGNATURE_TOLERANCE_SECONDS:
        raise SignatureStale
    return key


def _secret_of(key: MerchantKey) -> str:
    return _fernet(settings.MERCHANT_SECRETS_KEY).decrypt(bytes(key.secret_encrypted)).decode()


def _words(asked: Signed) -> list[bytes]:
    return [asked.method.encode(), asked.path.encode(), asked.body]


def _mac(secret: str, stamp: str, *parts: bytes) -> str:
    return hmac.new(secret.encode(), b".".join([stamp.encode(), *parts]), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)
def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
