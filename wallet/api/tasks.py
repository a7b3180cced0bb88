"""Housekeeping of the API, by beat."""

from celery import shared_task
from django.utils import timezone

from wallet.api.idempotency import forget_answers


@shared_task(name="api.forget_answers")
def forget_old_answers() -> None:
    forget_answers(now=timezone.now())
