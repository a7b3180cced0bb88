"""Withdrawals that have waited long enough, by beat."""

from celery import shared_task
from django.utils import timezone

from groups.funding.services import send_waiting


@shared_task(name="funding.send_waiting")
def send_waiting_withdrawals() -> int:
    return send_waiting(now=timezone.now())
