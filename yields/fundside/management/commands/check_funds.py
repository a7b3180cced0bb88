"""`manage.py check_funds [--days 30]`: every trading day that is over has its one order, and it is what the books say.

The orders are counted once more from what wallets held at the cuts (`yields.fundside.checks`). Non-zero when one is
missing or another amount.
"""

import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from yields.fundside.checks import check_orders
from yields.fundside.trading import list_trade_dates
from yields.models import Fund


class Command(BaseCommand):
    help = "Check the orders of the funds against the books."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="how many days back (30)")

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for fund in Fund.objects.filter(runs_nightly=True).order_by("code"):
            days = list(list_trade_dates(fund, timezone.now()))
            if not days:
                continue
            findings = list(check_orders(fund, days[-1] - timedelta(days=options["days"]), days[-1]))
            found += len(findings)
            for each in findings:
                told = "nothing" if each.ordered is None else f"{each.ordered} fen"
                self.stdout.write(f"{each.kind}: {fund.pk} {each.trade_date}: ordered {told}, booked {each.booked} fen")
            self.stdout.write(f"{fund.pk}: orders up to {days[-1]} checked, {len(findings)} findings")
        if found:
            sys.exit(1)
