"""Messages to merchants, at once and by beat. A task that is lost or doubled changes nothing but the hour."""

import uuid

from celery import shared_task
from django.utils import timezone

from groups.checkout.webhooks import deliver_due, deliver_one


@shared_task(name="checkout.deliver")
def deliver(delivery_id: str) -> bool:
    return deliver_one(delivery_id=uuid.UUID(delivery_id), now=timezone.now())


@shared_task(name="checkout.deliver_due")
def deliver_due_messages() -> int:
    return deliver_due(now=timezone.now())
