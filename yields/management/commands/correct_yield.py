"""`manage.py correct_yield`: carry out the published corrections now. Ends with an error when one is short."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from yields.models import RateCorrection
from yields.services import run_correction
from yields.services.correcting import list_pending


class Command(BaseCommand):
    help = "Carry out every correction that is published and not finished."

    def handle(self, *args: Any, **options: Any) -> None:
        due = RateCorrection.objects.filter(state__in=RateCorrection.DUE).select_related("fund_day")
        done = [self._carry_out(each) for each in due.order_by("fund_day__date", "number", "pk")]
        if short := [each for each in done if each.state != RateCorrection.State.FINISHED]:
            raise CommandError(f"{len(short)} of {len(done)} corrections are not finished; see the yield exceptions.")

    def _carry_out(self, correction: RateCorrection) -> RateCorrection:
        with tqdm(total=list_pending(correction).count(), unit="wallet", desc=str(correction)) as bar:
            done = run_correction(correction_id=correction.pk, now=timezone.now(), progress=bar.update)
        self.stdout.write(
            f"{done}: {done.get_state_display()}; {done.done} of {done.wallets} wallets, {done.changed} changed; "
            f"income {done.income_before} → {done.income} fen. {done.note}"
        )
        return done
