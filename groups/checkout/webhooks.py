"""Messages to merchants: signed, again with growing pauses for three days until a 2xx answer takes them.

    POST <notify_url>
    Hehua-Delivery: <id>                the same at every attempt, so that a message counts once
    Merchant-Key: <key id>              with which of the merchant's keys it is signed
    Merchant-Signature: t=<unix>,v1=…   as merchants sign to us (`groups.spending.keys`)

A claim is committed before the call and the answer after it: killed in between, the message goes out again; at least
once, never lost. No call is made inside a transaction. The address is resolved here and must be public, so that no
merchant makes us call our own machines.

A merchant who answers slowly, or not at all, keeps nobody but itself waiting: a call has `WEBHOOK_TIMEOUT_SECONDS` from
beginning to end, after one that was not answered the merchant's others wait for the next beat, and no merchant has more
than `WEBHOOKS_AT_ONCE_MAX` calls at a time.
"""

import asyncio
import ipaddress
import json
import socket
import uuid
from dataclasses import dataclass
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
from groups.checkout.selectors import list_calls, list_due_deliveries
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


def deliver_next(*, merchant_id: uuid.UUID, now: datetime) -> bool:
    """Send the message to a merchant that has been due the longest, and note what was answered; any number may try.

    Say whether another one may follow: there was one, and the merchant's server answered something.
    """
    delivery = _claim(merchant_id, now)
    if delivery is None:
        return False
    answer = _post(delivery, now)
    _note(delivery, answer, now)
    return answer.heard


def send_again(*, delivery: Delivery, now: datetime) -> None:
    """Let a message go out once more, from the beginning of its pauses."""
    row = Delivery.objects.filter(pk=delivery.pk)
    row.update(status=Status.WAITING, attempts=0, next_attempt_at=now, calling_until=None, delivered_at=None)


def _claim(merchant_id: uuid.UUID, now: datetime) -> Delivery | None:
    with transaction.atomic():
        if list_calls(merchant_id, now).count() >= settings.WEBHOOKS_AT_ONCE_MAX:
            return None
        due = list_due_deliveries(now).filter(order__merchant=merchant_id).select_related("order__merchant")
        delivery = due.select_for_update(skip_locked=True, of=("self",)).first()
        if delivery is None:
            return None
        delivery.attempts += 1
        pauses = settings.WEBHOOK_PAUSES_SECONDS
        pause = timedelta(seconds=pauses[min(delivery.attempts, len(pauses)) - 1])
        delivery.next_attempt_at = now + pause
        delivery.calling_until = now + timedelta(seconds=2 * settings.WEBHOOK_TIMEOUT_SECONDS)
        delivery.save(update_fields=["attempts", "next_attempt_at", "calling_until"])
        return delivery


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a call: whether the message was taken, in short what was answered, and whether anybody answered."""

    taken: bool
    answer: str
    heard: bool = False


def _post(delivery: Delivery, now: datetime) -> Heard:
    body = json.dumps(body_of(delivery), cls=JSONEncoder, ensure_ascii=False).encode()
    signed = sign_for(delivery.order.merchant, body, now)
    if signed is None:
        return Heard(False, "no valid key")
    headers = {**signed, "Content-Type": "application/json", "Hehua-Delivery": str(delivery.pk)}
    try:
        status = asyncio.run(_call(delivery.order.notify_url, body, headers))
        return Heard(httpx.codes.is_success(status), str(status), heard=True)
    except NotifyAddressRefused:
        return Heard(False, "not a public address")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
        return Heard(False, type(problem).__name__)


async def _call(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post and return the status. The time holds for the whole call: an answer a byte at a time does not stretch it."""
    url, pinned = _pin(url)
    seconds = settings.WEBHOOK_TIMEOUT_SECONDS
    async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds, trust_env=False) as client:
        request = client.build_request("POST", url, content=body, headers=headers | {"Host": pinned["host"]})
        request.extensions["sni_hostname"] = pinned["name"]
        answer = await client.send(request, stream=True)
        await answer.aclose()
        return answer.status_code


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


def _note(delivery: Delivery, heard: Heard, now: datetime) -> None:
    fields: dict[str, Any] = {"last_answer": heard.answer, "calling_until": None}
    if heard.taken:
        fields |= {"status": Status.DELIVERED, "delivered_at": now, "next_attempt_at": None}
    elif delivery.attempts > len(settings.WEBHOOK_PAUSES_SECONDS):
        fields |= {"status": Status.GIVEN_UP, "next_attempt_at": None}
        logger.warning("webhook_given_up", delivery=str(delivery.pk), answer=heard.answer)
    # Whoever sent it again meanwhile has begun anew: their row is not this attempt's any more.
    row = Delivery.objects.filter(pk=delivery.pk, status=Status.WAITING, attempts=delivery.attempts)
    row.update(**fields)
