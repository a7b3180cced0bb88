"""`manage.py reconcile_fund --fund DEMO --day 2026-11-23`: a fund's day against its company and our wallets.

Ends with an error when a difference is left that nobody has explained.
"""

import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from wallet.amounts import yuan
from wallet.refusals import Refusal
from yields.fundside.models import FundPosition
from yields.fundside.services import reconcile_fund
from yields.selectors import get_fund


class Command(BaseCommand):
    help = "Reconcile position, income and credits of a fund's day, and name every difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fund", required=True, help="its code")
        parser.add_argument("--day", type=date.fromisoformat, required=True, help="YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            position = reconcile_fund(fund=get_fund(options["fund"]), day=options["day"], now=timezone.now())
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.describe()}") from refusal
        self._print_sums(position)
        left = 0
        for each in position.differences.filter(gone_at__isnull=True).order_by("kind", "number"):
            is_explained = each.explained_at is not None
            left += not is_explained
            words = f" (explained: {each.explanation})" if is_explained else ""
            self.stdout.write(
                f"{each.kind:<18} {each.number or '-'}: we say {each.ours or 'nothing'}, the other side"
                f" {each.theirs or 'nothing'}{words}"
            )
        self.stdout.write(f"{position}: {left} differences left to explain")
        if left:
            sys.exit(1)

    def _print_sums(self, position: FundPosition) -> None:
        self.stdout.write(
            f"position {yuan(position.shares)} = confirmed {yuan(position.confirmed)} + reinvested"
            f" {yuan(position.reinvested)}; on the way {yuan(position.under_way)}\n"
            f"ordered {yuan(position.ordered)} + reinvested {yuan(position.reinvested)} = bases"
            f" {yuan(position.bases)} + leaving {yuan(position.leaving)} + waiting {yuan(position.waiting)} + kept"
            f" {yuan(position.kept)}\n"
            f"income {yuan(position.stated_income)}; credits {yuan(position.credits)}, truncated"
            f" {position.truncated:.8f} fen, earned beside the bases {position.beside:.8f} fen"
        )
