"""`manage.py replay 000198 --from 2013-07-01 --to 2014-08-31`: a family's months with the fund's published rates."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from groups.members.models import Group
from wallet.config.story.player import Player, Story
from wallet.config.story.statement import write_statement
from wallet.ledger.checks import check_books
from yields.services import ensure_fund_000198


class Command(BaseCommand):
    help = (
        "Play a family's months through the real services, with the published rate of every day, and check the books."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fund", choices=["000198"], help="whose published rates")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(2013, 7, 1))
        parser.add_argument("--to", dest="last", type=date.fromisoformat, default=date(2014, 8, 31))

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = options["first"], options["last"]
        fund = ensure_fund_000198()
        if not (date(2013, 7, 1) <= first <= last <= date(2014, 8, 31)):
            raise CommandError("Rates are at hand from 2013-07-01 to 2014-08-31.")
        started = time.monotonic()
        story = Story(fund=fund, first=first, last=last, group_name=f"回放 {first:%Y-%m}")
        with tqdm(total=(last - first).days + 1, unit="day", desc="replay") as bar:
            played = Player(story, present=timezone.now()).play(lambda day: bar.update(1))
        group = Group.objects.select_related("wallet").get(pk=story.group_id)
        for line in write_statement(group, first, last):
            self.stdout.write(line)
        faults = check_books(wallet_ids=[story.group_id])
        for fault in faults:
            self.stderr.write(str(fault))
        self.stdout.write(
            f"{played} days played in {time.monotonic() - started:.1f} s (0: it was played before); "
            f"{group.wallet.sequence} events; {len(faults)} faults in the books"
        )
        if faults:
            raise CommandError("The books are not right.")
