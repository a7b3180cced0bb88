"""Messages to merchants: signed, again with growing pauses for three days until a 2xx answer takes them.

    POST <notify_url>
    Hehua-Delivery: <id>                the same at every attempt, so that a message counts once
    Merchant-Key: <key id>              with which of the merchant's keys it is signed
    Merchant-Signature: t=<unix>,v1=…   as merchants sign to us (`groups.spending.keys`)

A claim is committed before the call and the answer after it: killed in between, the message goes out again; at least
once, never lost. No call is made inside a transaction. The address is resolved here and must be public, so that no
merchant makes us call our own machines.
"""

import ipaddress
import json
import socket
import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from django.conf import settings
from django.db import transaction
from rest_framework.utils.encoders import JSONEncoder

from groups.checkout.errors import NotifyAddressRefused
from groups.checkout.models import Delivery
from groups.checkout.selectors import list_due_deliveries
from groups.spending.keys import sign_for
from wallet.api.fields import money

Status = Delivery.Status
logger = structlog.get_logger(__name__)


def check_address(url: str) -> None:
    """Refuse an address to which no message may go; none at all is fine.

    :raises NotifyAddressRefused: when it is not https, or plainly one of our own machines'.
    """
    if url and urlsplit(url).scheme != "https" and not settings.WEBHOOK_PRIVATE_ALLOWED:
        raise NotifyAddressRefused


def deliver_due(*, now: datetime, limit: int = 100) -> int:
    """Send the messages that are due, one after the other; say how many were tried."""
    due = list(list_due_deliveries(now).values_list("pk", flat=True)[:limit])
    return sum(deliver_one(delivery_id=delivery_id, now=now) for delivery_id in due)


def deliver_one(*, delivery_id: uuid.UUID, now: datetime) -> bool:
    """Send a message if it is due, and note what was answered; say whether it was tried. Any number may try."""
    delivery = _claim(delivery_id, now)
    if delivery is None:
        return False
    taken, answer = _post(delivery, now)
    _note(delivery, taken, answer, now)
    return True


def send_again(*, delivery: Delivery, now: datetime) -> None:
    """Let a message go out once more, from the beginning of its pauses."""
    row = Delivery.objects.filter(pk=delivery.pk)
    row.update(status=Status.WAITING, attempts=0, next_attempt_at=now, delivered_at=None)


def _claim(delivery_id: uuid.UUID, now: datetime) -> Delivery | None:
    with transaction.atomic():
        due = list_due_deliveries(now).filter(pk=delivery_id).select_related("order__merchant")
        delivery = due.select_for_update(skip_locked=True, of=("self",)).first()
        if delivery is None:
            return None
        delivery.attempts += 1
        pauses = settings.WEBHOOK_PAUSES_SECONDS
        pause = timedelta(seconds=pauses[min(delivery.attempts, len(pauses)) - 1])
        delivery.next_attempt_at = now + pause
        delivery.save(update_fields=["attempts", "next_attempt_at"])
        return delivery


def _post(delivery: Delivery, now: datetime) -> tuple[bool, str]:
    """Send it; say whether it was taken, and what was answered."""
    body = json.dumps(body_of(delivery), cls=JSONEncoder, ensure_ascii=False).encode()
    signed = sign_for(delivery.order.merchant, body, now)
    if signed is None:
        return False, "no valid key"
    headers = {**signed, "Content-Type": "application/json", "Hehua-Delivery": str(delivery.pk)}
    try:
        url, pinned = _pin(delivery.order.notify_url)
        with httpx.Client(timeout=settings.WEBHOOK_TIMEOUT_SECONDS, trust_env=False) as client:
            request = client.build_request("POST", url, content=body, headers=headers | {"Host": pinned["host"]})
            request.extensions["sni_hostname"] = pinned["name"]
            answer = client.send(request, stream=True)
            answer.close()
            return answer.is_success, str(answer.status_code)
    except NotifyAddressRefused:
        return False, "not a public address"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
        return False, type(problem).__name__


def _pin(url: str) -> tuple[str, dict[str, str]]:
    """Resolve the address once and connect to just that: what is judged is what is called."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(each[4][0]) for each in found]
    if not settings.WEBHOOK_PRIVATE_ALLOWED and not all(address.is_global for address in addresses):
        raise NotifyAddressRefused
    address = addresses[0]
    literal = f"[{address}]" if address.version == 6 else str(address)
    return parts._replace(netloc=f"{literal}:{port}").geturl(), {"host": parts.netloc, "name": name}


def body_of(delivery: Delivery) -> dict[str, Any]:
    """Write what a merchant is told: of the order, and nothing of who paid."""
    order = delivery.order
    return {
        "delivery": str(delivery.pk),
        "kind": delivery.kind,
        "order": str(order.pk),
        "out_trade_no": order.out_trade_no,
        "trade_no": order.trade_no,
        "amount": money(order.amount),
        "at": delivery.created_at,
    }


def _note(delivery: Delivery, taken: bool, answer: str, now: datetime) -> None:
    fields: dict[str, Any] = {"last_answer": answer}
    if taken:
        fields |= {"status": Status.DELIVERED, "delivered_at": now, "next_attempt_at": None}
    elif delivery.attempts > len(settings.WEBHOOK_PAUSES_SECONDS):
        fields |= {"status": Status.GIVEN_UP, "next_attempt_at": None}
        logger.warning("webhook_given_up", delivery=str(delivery.pk), answer=answer)
    # Whoever sent it again meanwhile has begun anew: their row is not this attempt's any more.
    row = Delivery.objects.filter(pk=delivery.pk, status=Status.WAITING, attempts=delivery.attempts)
    row.update(**fields)
