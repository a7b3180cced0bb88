"""What a chart of a group's yield is drawn from: days, months and the total of a range of days, in one answer.

A day that was credited has what stands of it, corrections carried out: the same income and rate as in the list of days.
A day that was not has the fund's figures alone, as they stand, of the fund that the group is in now. However many
people and days, it is three queries; what belongs to the asking member is read along with each day's entry.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from wallet.ledger.models import Account, Posting
from yields.calendar import SHANGHAI_TIME
from yields.errors import ChartTooLong
from yields.models import CorrectedDay, Enrollment, Fund, FundDay, YieldDay
from yields.selectors import list_published_corrections

DAYS_DEFAULT = 30


@dataclass(frozen=True, slots=True)
class Point:
    """One day of a chart (fen). Where it is not credited there is no income, and nothing of it is the member's."""

    date: date
    fund: Fund
    income: int | None
    mine: int | None
    yield_per_10k: Decimal
    annualized_7d: Decimal


@dataclass(frozen=True, slots=True)
class Month:
    """What the days of a calendar month that are in the range earned (fen). `month` as 2026-11."""

    month: str
    income: int
    mine: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A range of days, both ends included, and what was earned in it (fen). `mine` is the asking member's part."""

    since: date
    until: date
    days: list[Point]

    @property
    def months(self) -> list[Month]:
        by_month = groupby(self.days, lambda point: point.date.isoformat()[:7])
        return [Month(month, *_sum(points)) for month, points in by_month]

    @property
    def total(self) -> int:
        return _sum(self.days)[0]

    @property
    def mine(self) -> int:
        return _sum(self.days)[1]

    @property
    def funds(self) -> list[Fund]:
        """The funds that the days are of."""
        funds = {point.fund.pk: point.fund for point in self.days}
        return [funds[code] for code in sorted(funds)]


def choose_range(since: date | None, until: date | None, now: datetime) -> tuple[date, date]:
    """Fill in what was not asked: up to today in Shanghai, and a month's days.

    :raises ChartTooLong: when that is more days than a chart shows.
    """
    today = now.astimezone(SHANGHAI_TIME).date()
    until = until or max(today, since or today)
    # The calendar has a first day, and a client may ask for it.
    since = since or until - min(timedelta(days=DAYS_DEFAULT - 1), until - date.min)
    if (until - since).days >= settings.YIELD_CHART_DAYS_MAX:
        raise ChartTooLong(limit=settings.YIELD_CHART_DAYS_MAX)
    return since, until


def get_chart(group_id: uuid.UUID, user_id: uuid.UUID, since: date, until: date) -> Chart:
    """Get what a group and one member of it earned from one day to another."""
    credited = {earned.date: earned for earned in _list_credited(group_id, user_id, since, until)}
    points = {}
    for figures in _list_figures(group_id, since, until):
        earned = credited.get(figures.date)
        if earned is None:
            points[figures.date] = _figures_alone(figures)
        elif earned.fund_id == figures.fund_id:
            points[figures.date] = _credited_point(earned, figures)
    return Chart(since, until, [points[day] for day in sorted(points)])


def _list_credited(group_id: uuid.UUID, user_id: uuid.UUID, since: date, until: date) -> QuerySet[Any]:
    """List what was credited and what corrections made of it, each with what its entry gave the member (`mine`)."""
    own = Posting.objects.filter(wallet=group_id, entry=OuterRef("entry"), account__wallet=group_id)
    mine = Subquery(own.filter(account__holder=user_id, account__kind=Account.Kind.STAKE).values("amount"))
    corrected = CorrectedDay.objects.filter(group=group_id).select_related("correction").annotate(mine=mine)
    days = YieldDay.objects.filter(group=group_id, date__range=(since, until)).annotate(mine=mine)
    return days.prefetch_related(Prefetch("corrections", queryset=corrected))


def _list_figures(group_id: uuid.UUID, since: date, until: date) -> QuerySet[Any]:
    """List what was published for the days that were credited, and by the fund that the group is in now.

    Each with its figures in force (`rate`, `annualized`) beside those first published.
    """
    credited = YieldDay.objects.filter(group=group_id, fund=OuterRef("fund"), date=OuterRef("date"))
    current = Enrollment.objects.filter(group=group_id, fund=OuterRef("fund"), ended_at__isnull=True)
    newest = list_published_corrections().filter(fund_day=OuterRef("pk")).order_by("-number")
    published = FundDay.objects.filter(state=FundDay.State.PUBLISHED, date__range=(since, until))
    return (
        published.filter(Exists(credited) | Exists(current))
        .select_related("fund")
        .annotate(
            rate=Coalesce(Subquery(newest.values("yield_per_10k")[:1]), "yield_per_10k"),
            annualized=Coalesce(Subquery(newest.values("annualized_7d")[:1]), "annualized_7d"),
        )
    )


def _figures_alone(figures: Any) -> Point:
    return Point(figures.date, figures.fund, None, None, figures.rate, figures.annualized)


def _credited_point(earned: Any, figures: FundDay) -> Point:
    """A correction that has not reached this wallet yet does not show: income and figures belong together."""
    standing = earned.in_force
    by = standing.correction if isinstance(standing, CorrectedDay) else figures
    return Point(earned.date, figures.fund, standing.income, standing.mine or 0, by.yield_per_10k, by.annualized_7d)


def _sum(points: Iterable[Point]) -> tuple[int, int]:
    income = mine = 0
    for point in points:
        income += point.income or 0
        mine += point.mine or 0
    return income, mine
