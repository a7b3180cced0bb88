"""Check the books: every wallet, some, or those in which something happened lately. Non-zero when anything is wrong."""

import sys
import uuid
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from wallet.ledger.checks import Finding, check_books, list_checks
from wallet.ledger.models import Wallet


class Command(BaseCommand):
    help = "Check the books and name every row that is wrong."
    looked_at = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--wallet", type=uuid.UUID, action="append", metavar="ID", help="only this one (repeatable)"
        )
        parser.add_argument(
            "--recent", type=float, metavar="HOURS", help="only wallets in which something happened since"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        recent, wallet_ids = options["recent"], options["wallet"]
        since = None if recent is None else timezone.now() - timedelta(hours=recent)
        total = len(wallet_ids) if wallet_ids else Wallet.objects.count()
        with tqdm(total=total, desc="wallets", unit="", disable=not sys.stderr.isatty(), leave=False) as bar:
            found = check_books(wallet_ids=wallet_ids, since=since, progress=partial(self._count, bar))
        self._print_table(found)
        if found:
            sys.exit(1)

    def _count(self, bar: "tqdm[NoReturn]", done: int) -> None:
        self.looked_at += done
        bar.update(done)

    def _print_table(self, found: Sequence[Finding]) -> None:
        counts = Counter(finding.code for finding in found)
        for check in list_checks():
            verdict = str(counts[check.code]) if counts[check.code] else "right"
            self.stdout.write(f"{verdict:>7}  {check.code:<22} {check.says}")
        for finding in found:
            self.stdout.write(f"{finding.code}: wallet {finding.wallet_id}, {finding.row}: {finding.detail}")
        self.stdout.write(f"{self.looked_at} wallets looked at, {len(found)} findings")
