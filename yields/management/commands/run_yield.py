"""`manage.py run_yield --day 2026-11-22 [--fund DEMO] [--workers 2]`: credit one day by hand, by so many processes.

Ends with an error when it is short. Killed and called again, it goes on.
"""

import subprocess
import sys
from argparse import ArgumentParser
from datetime import date
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from wallet.refusals import Refusal
from yields.models import Fund, YieldRun
from yields.selectors import count_done, enrolled_at_end_of, get_fund, uncredited
from yields.services import run_day


class Command(BaseCommand):
    help = "Credit a day's yield to every enrolled wallet that does not have it yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", type=date.fromisoformat, required=True, help="the day that earned, YYYY-MM-DD")
        parser.add_argument("--workers", type=int, default=1, choices=range(1, 17), help="processes, 1 to 16")
        parser.add_argument("--fund", help="its code; all funds with enrolled wallets, where none is named")

    def handle(self, *args: Any, **options: Any) -> None:
        day: date = options["day"]
        try:
            chosen = [get_fund(options["fund"])] if options["fund"] else list(Fund.objects.order_by("code"))
        except Refusal as refusal:
            raise CommandError(f"There is no fund {options['fund']}.") from refusal
        funds = [fund for fund in chosen if options["fund"] or enrolled_at_end_of(fund, day).exists()]
        if not funds:
            self.stdout.write(f"{day}: nobody was enrolled.")
        finished = [self._run(fund, day, options["workers"] - 1) for fund in funds]  # every fund gets its turn
        if not all(finished):
            raise CommandError(f"{day} is not finished; see above and the yield exceptions in the admin.")

    def _run(self, fund: Fund, day: date, helpers: int) -> bool:
        with tqdm(total=uncredited(fund, day).count(), unit="wallet", desc=f"{fund.pk} {day}") as bar:
            already = count_done(fund, day)

            def show(wallets: int) -> None:
                """Show what all processes together have done."""
                bar.update(count_done(fund, day) - already - bar.n)

            called: list[subprocess.Popen[bytes]] = []
            try:
                run = run_day(
                    fund=fund, day=day, now=timezone.now(), progress=show, call_helpers=partial(call, called, helpers)
                )
                for process in called:
                    process.wait()
                if run.state == YieldRun.State.RUNNING:
                    run = run_day(fund=fund, day=day, now=timezone.now(), progress=show)
            except Refusal as refusal:
                self.stderr.write(f"{fund.pk} {day}: {refusal.code}: {refusal.describe()}")
                return False
        self.stdout.write(
            f"{fund.pk} {day}: {run.get_state_display()}; {run.done} of {run.enrolled} wallets, "
            f"{run.credited} credited; base {run.base} fen, income {run.income} fen, cut off {run.cut_off} fen. "
            f"{run.note}"
        )
        return run.state == YieldRun.State.FINISHED


def call(called: list[subprocess.Popen[bytes]], helpers: int, run: YieldRun, parts: int) -> None:
    """Start processes that help, no more than there are parts for."""
    argv = [sys.executable, sys.argv[0], "run_yield", "--day", run.date.isoformat(), "--fund", run.fund_id]
    silent = subprocess.DEVNULL
    called += [subprocess.Popen(argv, stdout=silent, stderr=silent) for _ in range(min(helpers, parts - 1))]  # noqa: S603
