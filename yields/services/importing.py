"""Many days' figures from a file: looked at row by row, then entered all or none. Another operator publishes them.

七日年化 is computed again for each row from the rates in force before it and those of the file. A row that does not
agree could never be published, so it is not entered either.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from wallet.identity.models import User
from wallet.identity.rights import check_permission
from wallet.refusals import Refusal
from yields.errors import RateAlreadyPublished, RateMismatch, RateTwice, RowsRefused
from yields.figures import Row, read_rows
from yields.models import Fund, FundDay
from yields.rates import DAYS_OF_ANNUALIZED, annualized_7d
from yields.selectors import read_rates
from yields.services.funds import ONE_DAY
from yields.services.publishing import enter_rate


@dataclass(frozen=True, slots=True)
class ReviewedRow:
    """A row of a file, and what is to be said of it. `computed` is None where seven days are not known."""

    row: Row
    computed: Decimal | None
    is_entered: bool
    refusal: Refusal | None


def review_rates(*, fund: Fund, lines: Iterable[str]) -> list[ReviewedRow]:
    """Look at a file's rows without entering them.

    :raises ColumnsMissing: when the first row does not name the columns.
    :raises RateUnreadable: when a row is not a day's figures.
    :raises RowsTooMany: when there are too many.
    :raises FileEmpty: when there are none.
    """
    rows = read_rows(lines)
    first, last = min(row.day for row in rows), max(row.day for row in rows)
    known = dict(fund.days.filter(date__range=(first, last)).values_list("date", "state"))
    rates = read_rates(fund, first - (DAYS_OF_ANNUALIZED - 1) * ONE_DAY, last, with_entered=True)
    published = {day for day, state in known.items() if state == FundDay.State.PUBLISHED}
    rates |= {row.day: row.rate for row in rows if row.day not in published}
    times = Counter(row.day for row in rows)
    return [_review(row, known.get(row.day), _compute(row.day, rates), is_twice=times[row.day] > 1) for row in rows]


@transaction.atomic
def import_rates(*, actor: User, fund: Fund, lines: Iterable[str], now: datetime) -> list[FundDay]:
    """Enter many days from a CSV, all or none.

    :raises OperatorNotAllowed: without the right to add fund days.
    :raises RowsRefused: when a row cannot be entered; also what `review_rates` raises.
    """
    check_permission(actor, "yields.add_fundday")
    reviewed = review_rates(fund=fund, lines=lines)
    refused = [(each.row.number, each.refusal) for each in reviewed if each.refusal is not None]
    if refused:
        number, refusal = refused[0]
        raise RowsRefused(row=number, why=refusal.describe(), count=len(refused))
    return [
        enter_rate(
            actor=actor,
            fund=fund,
            day=each.row.day,
            yield_per_10k=each.row.rate,
            annualized_7d=each.row.annualized,
            now=now,
        )
        for each in reviewed
    ]


def _review(row: Row, state: str | None, computed: Decimal | None, *, is_twice: bool) -> ReviewedRow:
    refusal: Refusal | None = None
    day = row.day.isoformat()
    if state == FundDay.State.PUBLISHED:
        refusal = RateAlreadyPublished(date=day)
    elif is_twice:
        refusal = RateTwice(date=day)
    elif computed is not None and computed != row.annualized:
        refusal = RateMismatch(date=day, entered=str(row.annualized), computed=str(computed))
    return ReviewedRow(row, computed, state == FundDay.State.ENTERED, refusal)


def _compute(day: date, rates: dict[date, Decimal]) -> Decimal | None:
    """Compute a day's 七日年化, if its seven days are known and none is a loss."""
    week = [rates.get(day - ONE_DAY * n) for n in range(DAYS_OF_ANNUALIZED - 1, -1, -1)]
    known = [rate for rate in week if rate is not None and rate >= 0]
    return annualized_7d(known) if len(known) == DAYS_OF_ANNUALIZED else None
