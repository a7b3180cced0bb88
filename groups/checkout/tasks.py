"""Messages to merchants, at once and by beat. A task that is lost or doubled changes nothing but the hour.

They have a queue and a worker of their own (`CELERY_TASK_ROUTES`), because they wait for strangers' machines.
"""

import time
import uuid

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from groups.checkout.selectors import list_merchants_to_tell
from groups.checkout.webhooks import deliver_next

#: After so many messages to one merchant the others get their turn.
MESSAGES_MAX = 20
#: Who needs so long for an answer keeps the next message to another machine waiting.
SLOW_SECONDS = 1


@shared_task(name="checkout.deliver")
def deliver(merchant_id: str) -> None:
    """Send a merchant what is due, one message after the other, and nothing more to a machine that is slow or silent.

    After `WEBHOOK_TASK_SECONDS` the rest is left to the next beat, so that the other merchants get their turn.
    """
    slow: set[str] = set()
    begun = answered = time.monotonic()
    for _ in range(MESSAGES_MAX):
        call = deliver_next(merchant_id=uuid.UUID(merchant_id), now=timezone.now(), leave_out=slow)
        if call is None:
            return
        asked, answered = answered, time.monotonic()
        if call.silent or answered - asked >= SLOW_SECONDS:
            slow.add(call.origin)
        if answered - begun >= settings.WEBHOOK_TASK_SECONDS:
            return


@shared_task(name="checkout.deliver_due")
def deliver_due() -> None:
    """Give each merchant who has something due a task of its own, so that none waits for another's machine."""
    for merchant_id in list_merchants_to_tell(timezone.now()):
        deliver.apply_async((str(merchant_id),), expires=15)
