"""What beat calls: the nightly run, every quarter of an hour, because a rate may come late and a worker may have been
down; the corrections that are published; and once a day a look at the end of the trading calendar.
"""

from celery import shared_task
from django.utils import timezone

from yields.services import correct_due, look_at_calendar, run_due


@shared_task(name="yields.run_due")
def run_due_days() -> None:
    run_due(now=timezone.now())


@shared_task(name="yields.correct_due")
def correct_due_days() -> None:
    correct_due(now=timezone.now())


@shared_task(name="yields.look_at_calendar")
def look_at_calendar_daily() -> None:
    look_at_calendar(now=timezone.now())
