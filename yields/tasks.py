"""The nightly run, by beat: every quarter of an hour, because a rate may come late and a worker may have been down."""

from celery import shared_task
from django.utils import timezone

from yields.services import run_due


@shared_task(name="yields.run_due")
def run_due_days() -> None:
    run_due(now=timezone.now())
