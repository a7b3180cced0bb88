"""Standing orders that are due, by beat. Any number of workers may run it at once."""

from celery import shared_task
from django.utils import timezone

from groups.autotransfers.services import run_due


@shared_task(name="autotransfers.run_due")
def run_due_auto_transfers() -> int:
    return run_due(now=timezone.now())
