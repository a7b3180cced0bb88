"""`manage.py reconcile --rail sandbox --day 2026-11-22`: a day of ours against the rail's own statement.

Ends with an error when a difference is left that nobody has explained.
"""

import sys
from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from wallet.rails.adapters import base, get_adapter
from wallet.rails.models import ReconciliationRun
from wallet.rails.reconciling import reconcile
from wallet.refusals import Refusal


class Command(BaseCommand):
    help = "Compare a day of a rail with its own statement, and name every difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rail", required=True, help="the rail, as `sandbox`")
        parser.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD in its time zone; by itself, yesterday")

    def handle(self, *args: Any, **options: Any) -> None:
        rail, now = options["rail"], timezone.now()
        bar: tqdm[NoReturn]
        try:
            day = options["day"] or now.astimezone(get_adapter(rail).zone).date() - timedelta(days=1)
            with tqdm(desc=f"{rail} {day}", unit=" lines", disable=not sys.stderr.isatty(), leave=False) as bar:
                run = reconcile(rail=rail, day=day, now=now, progress=bar.update)
        except base.RailNotConfigured as none:
            raise CommandError(f"There is no rail {rail} here.") from none
        except base.RailDown as down:
            raise CommandError(f"{rail} gives no statement of {day}: {down}") from down
        except Refusal as refusal:
            raise CommandError(refusal.describe()) from refusal
        self._print(run)

    def _print(self, run: ReconciliationRun) -> None:
        left = 0
        for difference in run.differences.filter(gone_at__isnull=True).order_by("kind", "out_no", "reference"):
            is_explained = difference.explained_at is not None
            left += not is_explained
            self.stdout.write(
                f"{difference.kind:<17} {difference.out_no} {difference.reference or '-'}: we say"
                f" {difference.ours or 'nothing'}, they say {difference.theirs or 'nothing'}"
                + (f" (explained: {difference.explanation})" if is_explained else "")
            )
        self.stdout.write(f"{run}: {run.lines} lines, {run.asked} asked again, {left} differences left to explain")
        if left:
            sys.exit(1)
