"""`manage.py import_rates FILE --fund 000198 --by clerk`: enter a fund's days from a CSV, all or none.

What was read and what 七日年化 comes to is printed row by row. Another operator publishes the days.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from wallet.identity.models import User
from wallet.refusals import Refusal
from yields.figures import FILE_BYTES_MAX, decode
from yields.models import Fund
from yields.selectors import get_fund
from yields.services import import_rates, review_rates
from yields.services.importing import ReviewedRow


class Command(BaseCommand):
    help = "Enter a fund's days from a CSV, all or none. Another operator publishes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="CSV: date, yield_per_10k, annualized_7d, or the fund's own columns"
        )
        parser.add_argument("--fund", required=True, help="its code")
        parser.add_argument("--by", required=True, help="the username of the operator who enters")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = User.objects.filter(username=options["by"]).first()
        if actor is None:
            raise CommandError(f"There is no operator {options['by']}.")
        try:
            fund = get_fund(options["fund"])
            self._import(actor, fund, _read(options["file"]))
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.describe()}") from refusal

    def _import(self, actor: User, fund: Fund, lines: list[str]) -> None:
        for each in review_rates(fund=fund, lines=lines):
            self.stdout.write(_tell(each))
        entered = import_rates(actor=actor, fund=fund, lines=lines, now=timezone.now())
        self.stdout.write(f"{len(entered)} days of {fund.pk} are entered. Another operator publishes them.")


def _read(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            return decode(file.read(FILE_BYTES_MAX + 1)).splitlines()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error


def _tell(each: ReviewedRow) -> str:
    row, computed = each.row, "not known" if each.computed is None else each.computed
    verdict = each.refusal.describe() if each.refusal else "is entered already" if each.is_entered else "ok"
    return f"row {row.number}: {row.day} {row.rate} {row.annualized} (computed {computed}): {verdict}"
