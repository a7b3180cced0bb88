"""The two funds that come with the project.

000198, whose 427 published days are history: they are loaded as published, and replayed, never waited for. And DEMO, a
sandbox that pays those rates one after the other, round and round, and trades on every weekday of any year.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.db import transaction
from django.db.models import Max

from yields.calendar import SHANGHAI_TIME, day_end
from yields.errors import RateMismatch
from yields.figures import read_rows
from yields.models import Fund, FundDay
from yields.rates import DAYS_OF_ANNUALIZED, annualized_7d

PUBLISHED_000198 = Path(__file__).resolve().parent.parent / "data" / "fund_000198_rates.csv"
ONE_DAY = timedelta(days=1)
Figures = tuple[date, Decimal, Decimal]


@transaction.atomic
def ensure_fund_000198() -> Fund:
    """Get the fund 000198 with all its days from the project's file."""
    fund, is_new = Fund.objects.get_or_create(
        code="000198",
        defaults={"name": "天弘余额宝货币", "calendar": Fund.Calendar.SHANGHAI, "runs_nightly": False},
    )
    if is_new or not fund.days.exists():
        load_published_days(fund, PUBLISHED_000198)
    return fund


@transaction.atomic
def load_published_days(fund: Fund, path: Path) -> int:
    """Load a fund's published days from a CSV (`date,yield_per_10k,annualized_7d`); say how many are new.

    Days that are known are left as they are.

    :raises RateUnreadable: when a row is not a day's figures.
    :raises RateMismatch: when an annualised figure does not follow from its seven days; nothing is loaded.
    """
    figures = read_figures(path.read_text("utf-8").splitlines())
    for index, (day, _, annualized) in enumerate(figures):
        week = figures[max(0, index - DAYS_OF_ANNUALIZED + 1) : index + 1]
        if len(week) == DAYS_OF_ANNUALIZED and week[0][0] == day - 6 * ONE_DAY:
            check_annualized(day, annualized, [rate for _, rate, _ in week])
    return _publish_all(fund, figures)


def check_annualized(day: date, entered: Decimal, week: list[Decimal]) -> None:
    """Check a day's annualised figure against its seven rates. With a loss among them the formula says nothing.

    :raises RateMismatch: when it does not follow from them.
    """
    if any(rate < 0 for rate in week):
        return
    computed = annualized_7d(week)
    if computed != entered:
        raise RateMismatch(date=day.isoformat(), entered=str(entered), computed=str(computed))


def read_figures(lines: Iterable[str]) -> list[Figures]:
    """Read days and their two figures from a CSV.

    :raises RateUnreadable: when a row is not that.
    """
    return [(row.day, row.rate, row.annualized) for row in read_rows(lines)]


def ensure_demo_fund(start: date) -> Fund:
    """Get the sandbox fund DEMO. The first call says which day pays the first rate of the series."""
    fund, is_new = Fund.objects.get_or_create(
        code="DEMO",
        defaults={
            "name": "演示基金 (sandbox)",
            "calendar": Fund.Calendar.WEEKDAYS,
            "is_sandbox": True,
            "series_start": start,
        },
    )
    if not is_new:
        earliest = fund.days.order_by("date").values_list("date", flat=True).first() or fund.series_start
        assert earliest is not None
        _publish_all(fund, _sandbox_figures(fund, start, earliest - ONE_DAY))
    return fund


def ensure_sandbox_rates(now: datetime, fund: Fund | None = None) -> int:
    """Let the sandbox funds (or one) publish every day up to yesterday; say how many days that was."""
    yesterday = now.astimezone(SHANGHAI_TIME).date() - ONE_DAY
    new = 0
    for each in [fund] if fund else Fund.objects.filter(is_sandbox=True):
        latest = each.days.aggregate(latest=Max("date"))["latest"]
        first = latest + ONE_DAY if latest else each.series_start
        assert first is not None
        new += _publish_all(each, _sandbox_figures(each, first, yesterday))
    return new


def sandbox_rate(fund: Fund, day: date) -> Decimal:
    """Say what a sandbox fund pays on a day: the series of 000198, round and round."""
    assert fund.series_start is not None
    series = _series()
    return series[(day - fund.series_start).days % len(series)][1]


def _sandbox_figures(fund: Fund, first: date, last: date) -> list[Figures]:
    days = [first + ONE_DAY * n for n in range((last - first).days + 1)]
    return [(day, sandbox_rate(fund, day), _sandbox_annualized(fund, day)) for day in days]


def _sandbox_annualized(fund: Fund, day: date) -> Decimal:
    assert fund.series_start is not None
    since_start = (day - fund.series_start).days
    if 0 <= since_start < DAYS_OF_ANNUALIZED - 1:
        return _series()[since_start][2]  # as published: the days before the series are not in it
    return annualized_7d([sandbox_rate(fund, day - ONE_DAY * n) for n in range(6, -1, -1)])


@cache
def _series() -> list[Figures]:
    return read_figures(PUBLISHED_000198.read_text("utf-8").splitlines())


def _publish_all(fund: Fund, figures: list[Figures]) -> int:
    """Publish figures that nobody has to check again, each as of the end of its day; say how many were new."""
    known = set(fund.days.filter(date__in=[day for day, _, _ in figures]).values_list("date", flat=True))
    new = [
        FundDay(
            fund=fund,
            date=day,
            yield_per_10k=rate,
            annualized_7d=annualized,
            state=FundDay.State.PUBLISHED,
            entered_at=day_end(day),
            published_at=day_end(day),
        )
        for day, rate, annualized in figures
        if day not in known
    ]
    # Two processes may be publishing the same sandbox day.
    FundDay.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)
