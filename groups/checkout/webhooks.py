"""Messages to merchants: signed, again with growing pauses for three days until a 2xx answer takes them.

    POST <notify_url>
    Hehua-Delivery: <id>                the same at every attempt, so that a message counts once
    Merchant-Key: <key id>              with which of the merchant's keys it is signed
    Hehua-Signature: t=<unix>,v1=…      over hour, delivery and body (`groups.spending.keys`)

A claim is committed before the call and the answer after it: killed in between, the message goes out again; at least
once, never lost. No call is made inside a transaction, and none to a machine that is not public (`addresses`).

A machine that answers slowly, or not at all, keeps nobody but itself waiting: a call has `WEBHOOK_TIMEOUT_SECONDS` from
beginning to end, what else goes to a machine that was silent waits for the next beat, messages that were never tried
come first, and no merchant has more than `WEBHOOKS_AT_ONCE_MAX` calls at a time, for about `WEBHOOK_TASK_SECONDS`.
"""

import asyncio
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from django.conf import settings
from django.db import transaction
from rest_framework.renderers import JSONRenderer

from groups.checkout.addresses import pin
from groups.checkout.errors import NotifyAddressRefused
from groups.checkout.models import Delivery
from groups.checkout.selectors import list_calls, list_due_deliveries
from groups.checkout.serializers import OrderMessageSerializer
from groups.spending.keys import sign_for
from groups.spending.models import Merchant

Status = Delivery.Status
logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """What came of calling a merchant: whether the message was taken, and in short what was answered.

    `origin` is the machine that was called; it was silent when the time was over before it had answered.
    """

    origin: str
    taken: bool
    answer: str
    silent: bool = False


def deliver_next(*, merchant_id: uuid.UUID, now: datetime, leave_out: Collection[str] = ()) -> Call | None:
    """Send one message that is due to a merchant, and note what was answered. Any number of workers may try.

    Whatever goes to one of the origins in `leave_out` stays. None where nothing is left to be sent.
    """
    delivery = _claim(merchant_id, now, leave_out)
    if delivery is None:
        return None
    call = _post(delivery, now)
    _note(delivery, call, now)
    return call


def send_again(*, delivery: Delivery, now: datetime) -> None:
    """Let a message go out once more, from the beginning of its pauses."""
    row = Delivery.objects.filter(pk=delivery.pk)
    row.update(status=Status.WAITING, attempts=0, next_attempt_at=now, calling_until=None, delivered_at=None)


def _claim(merchant_id: uuid.UUID, now: datetime, leave_out: Collection[str]) -> Delivery | None:
    with transaction.atomic():
        # Whoever claims for this merchant at the same time waits, so that what is counted here still holds below.
        Merchant.objects.select_for_update(no_key=True).get(pk=merchant_id)
        if list_calls(merchant_id, now).count() >= settings.WEBHOOKS_AT_ONCE_MAX:
            return None
        due = list_due_deliveries(now).filter(order__merchant=merchant_id).order_by("attempts", "next_attempt_at")
        for origin in leave_out:
            due = due.exclude(order__notify_url__startswith=origin)
        delivery = due.select_related("order__merchant").select_for_update(skip_locked=True, of=("self",)).first()
        if delivery is None:
            return None
        delivery.attempts += 1
        pauses = settings.WEBHOOK_PAUSES_SECONDS
        pause = timedelta(seconds=pauses[min(delivery.attempts, len(pauses)) - 1])
        delivery.next_attempt_at = now + pause
        delivery.calling_until = now + timedelta(seconds=2 * settings.WEBHOOK_TIMEOUT_SECONDS)
        delivery.save(update_fields=["attempts", "next_attempt_at", "calling_until"])
        return delivery


def _post(delivery: Delivery, now: datetime) -> Call:
    url = delivery.order.notify_url
    call = partial(Call, "{0.scheme}://{0.netloc}".format(urlsplit(url)))
    body = JSONRenderer().render(OrderMessageSerializer(delivery).data)
    signed = sign_for(delivery.order.merchant, str(delivery.pk), body, now)
    if signed is None:
        return call(False, "no valid key")
    headers = {**signed, "Content-Type": "application/json", "Hehua-Delivery": str(delivery.pk)}
    try:
        status = asyncio.run(_call(url, body, headers))
        return call(httpx.codes.is_success(status), str(status))
    except NotifyAddressRefused:
        return call(False, "not a public address")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
        is_silent = isinstance(problem, TimeoutError | httpx.TimeoutException)
        return call(False, type(problem).__name__, silent=is_silent)


async def _call(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post and return the status. The time holds for the whole call, from looking the host up to the last byte."""
    seconds = settings.WEBHOOK_TIMEOUT_SECONDS
    async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds, trust_env=False) as client:
        pinned = await pin(url)
        request = client.build_request("POST", pinned.url, content=body, headers=headers | {"Host": pinned.host})
        request.extensions["sni_hostname"] = pinned.name
        answer = await client.send(request, stream=True)
        await answer.aclose()
        return answer.status_code


def _note(delivery: Delivery, call: Call, now: datetime) -> None:
    fields: dict[str, Any] = {"last_answer": call.answer, "calling_until": None}
    if call.taken:
        fields |= {"status": Status.DELIVERED, "delivered_at": now, "next_attempt_at": None}
    elif delivery.attempts > len(settings.WEBHOOK_PAUSES_SECONDS):
        fields |= {"status": Status.GIVEN_UP, "next_attempt_at": None}
        logger.warning("webhook_given_up", delivery=str(delivery.pk), answer=call.answer)
    # Whoever sent it again meanwhile has begun anew: their row is not this attempt's any more. One that was given up
    # meanwhile, because its order was closed, stays so unless it was taken.
    row = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts).exclude(status=Status.DELIVERED)
    row.update(**fields)
