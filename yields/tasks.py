"""What beat calls: the nightly run, every quarter of an hour, because a rate may come late and a worker may have been
down; the corrections that are published; and once a day a look at the end of the trading calendar.

Whoever begins a run that has several parts calls others to help. Whoever is done last closes it, and looks whether the
next day is due. A message that is lost costs time only: the next beat takes up what lies about.
"""

import uuid

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from yields.models import YieldRun
from yields.services import correct_due, help_run, look_at_calendar, run_due


def call_helpers(run: YieldRun, parts: int) -> None:
    """Ask as many more workers to a run as may be at one, and find a part."""
    for _ in range(min(parts, settings.YIELD_WORKERS) - 1):
        help_with.apply_async((str(run.pk),), retry=False)


#: A night of a million wallets is longer than other tasks; beyond this it goes on with the next beat.
NIGHT = {"soft_time_limit": 3_300, "time_limit": 3_600}


@shared_task(name="yields.run_due", **NIGHT)
def run_due_days() -> None:
    run_due(now=timezone.now(), call_helpers=call_helpers)


@shared_task(name="yields.help_with", **NIGHT)
def help_with(run_id: str) -> None:
    if help_run(run_id=uuid.UUID(run_id), now=timezone.now()).state != YieldRun.State.RUNNING:
        run_due_days()


@shared_task(name="yields.correct_due")
def correct_due_days() -> None:
    correct_due(now=timezone.now())


@shared_task(name="yields.look_at_calendar")
def look_at_calendar_daily() -> None:
    look_at_calendar(now=timezone.now())
