"""Reads of funds, enrollments and what was earned. Every query about a group names it."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum

from groups.members.models import Group
from yields.base import Standing, derive_bases
from yields.calendar import SHANGHAI_TIME, CalendarNotLoaded, day_end
from yields.errors import FundNotFound, NotEnrolled, YieldDayNotFound
from yields.lots import Lot, list_unconfirmed
from yields.models import CorrectedDay, Enrollment, Fund, FundDay, RateCorrection, YieldDay, YieldPartition


def get_fund(code: str) -> Fund:
    """Get a fund by its code.

    :raises FundNotFound: when there is none.
    """
    fund = Fund.objects.filter(pk=code).first()
    if fund is None:
        raise FundNotFound
    return fund


def list_published_days(fund: Fund) -> QuerySet[FundDay]:
    """List what a fund has published, with the corrections of it."""
    published = FundDay.objects.filter(fund=fund, state=FundDay.State.PUBLISHED)
    return published.prefetch_related(Prefetch("corrections", queryset=list_published_corrections()))


def list_published_corrections() -> QuerySet[RateCorrection]:
    """List the corrections that have been published, oldest first."""
    return RateCorrection.objects.filter(published_at__isnull=False).order_by("number")


def read_rates(fund: Fund, first: date, last: date, *, with_entered: bool = False) -> dict[date, Decimal]:
    """Read the rates in force of a fund's published days (and of those that are only entered) by day."""
    days = FundDay.objects.filter(fund=fund, date__range=(first, last))
    if not with_entered:
        days = days.filter(state=FundDay.State.PUBLISHED)
    rates = dict(days.order_by("date").values_list("date", "yield_per_10k"))
    corrections = list_published_corrections().filter(fund_day__in=days)
    return rates | dict(corrections.values_list("fund_day__date", "yield_per_10k"))


def find_latest_day(fund: Fund) -> FundDay | None:
    """Find the latest day that a fund has published."""
    return list_published_days(fund).order_by("-date").first()


def find_enrollment(group_id: uuid.UUID) -> Enrollment | None:
    """Find the open enrollment of a group."""
    return Enrollment.objects.select_related("fund").filter(group=group_id, ended_at__isnull=True).first()


def find_holding(group_id: uuid.UUID, now: datetime) -> Enrollment | None:
    """Find the enrollment whose fund has the group's money: the open one, or one that is still being redeemed."""
    held = Enrollment.objects.select_related("fund").filter(group=group_id)
    return held.filter(Q(ended_at__isnull=True) | Q(redeemed_at__gt=now)).order_by("-enrolled_at").first()


def get_enrollment(group_id: uuid.UUID) -> Enrollment:
    """Get the open enrollment of a group.

    :raises NotEnrolled: when there is none.
    """
    enrollment = find_enrollment(group_id)
    if enrollment is None:
        raise NotEnrolled
    return enrollment


def enrolled_at_end_of(fund: Fund, day: date) -> QuerySet[Enrollment]:
    """List the enrollments in a fund that were open when a day ended: these earn the day."""
    return Enrollment.objects.filter(_covers(day), fund=fund)


def uncredited(fund: Fund, day: date) -> QuerySet[Enrollment]:
    """List those of them whose wallets have not been credited for the day."""
    return enrolled_at_end_of(fund, day).exclude(Exists(YieldDay.objects.filter(group=OuterRef("group"), date=day)))


def count_done(fund: Fund, day: date) -> int:
    """Count the wallets that a run has done so far, as its parts have noted."""
    parts = YieldPartition.objects.filter(run__fund=fund, run__date=day)
    done: int = parts.aggregate(done=Sum("done", default=0))["done"]
    return done


def _covers(day: date) -> Q:
    end = day_end(day)
    return Q(enrolled_at__lt=end) & (Q(ended_at__isnull=True) | Q(ended_at__gte=end))


def list_yield_days(group_id: uuid.UUID) -> QuerySet[YieldDay]:
    """List a group's days, with what corrections made of them."""
    corrected = CorrectedDay.objects.filter(group=group_id).order_by("number")
    days = YieldDay.objects.filter(group=group_id).select_related("fund")
    return days.prefetch_related(Prefetch("corrections", queryset=corrected))


def get_yield_day(group_id: uuid.UUID, day: date) -> YieldDay:
    """Get one day of a group.

    :raises YieldDayNotFound: when nothing was computed for it.
    """
    found = list_yield_days(group_id).filter(date=day).first()
    if found is None:
        raise YieldDayNotFound
    return found


def get_enrollment_of_day(earned: YieldDay) -> Enrollment:
    """Get the enrollment by which a day was earned."""
    return Enrollment.objects.filter(_covers(earned.date), group=earned.group_id).get()


@dataclass(frozen=True, slots=True)
class Summary:
    """What a group's balance earned and earns (fen). `latest` is the day credited last.

    `standing` is None where today lies past the loaded calendar: nobody can say yet what earns.
    """

    enrollment: Enrollment | None
    latest: YieldDay | None
    yesterday: int | None
    this_month: int
    total: int
    published: FundDay | None
    standing: Standing | None
    lots: list[Lot]

    @property
    def base(self) -> int | None:
        return self.standing.base if self.standing else None

    @property
    def unconfirmed(self) -> int | None:
        return self.standing.unconfirmed if self.standing else None


def get_summary(group: Group, now: datetime) -> Summary:
    """Sum up a group's yield, by the days it was earned on."""
    today = now.astimezone(SHANGHAI_TIME).date()
    yesterday = date.fromordinal(today.toordinal() - 1)
    days = list_yield_days(group.pk)
    sums = _sum_income(group, yesterday, today.replace(day=1))
    enrollment = find_enrollment(group.pk)
    standing, lots = _stand(enrollment, today) if enrollment else _idle(group)
    return Summary(
        enrollment=enrollment,
        latest=days.order_by("-date").first(),
        yesterday=sums["yesterday"],
        this_month=sums["this_month"] or 0,
        total=sums["total"] or 0,
        published=find_latest_day(enrollment.fund) if enrollment else None,
        standing=standing,
        lots=lots,
    )


def _sum_income(group: Group, yesterday: date, month: date) -> dict[str, int | None]:
    """Sum what was earned yesterday (None, while that is not credited), since the month began, and in all."""
    earned, changed = (
        rows.aggregate(
            yesterday=Sum(income, filter=Q(date=yesterday)),
            this_month=Sum(income, filter=Q(date__gte=month), default=0),
            total=Sum(income, default=0),
        )
        for rows, income in (
            (YieldDay.objects.filter(group=group), F("income")),
            (CorrectedDay.objects.filter(group=group), F("income") - F("income_before")),
        )
    )
    return {name: None if amount is None else amount + (changed[name] or 0) for name, amount in earned.items()}


def _idle(group: Group) -> tuple[Standing | None, list[Lot]]:
    """Outside any fund nothing earns."""
    return Standing(group.wallet.balance, unconfirmed=group.wallet.balance), []


def _stand(enrollment: Enrollment, today: date) -> tuple[Standing | None, list[Lot]]:
    enrolled_at = {enrollment.group_id: enrollment.enrolled_at}
    try:
        bases = derive_bases(day=today, calendar=enrollment.fund.trading_days, enrolled_at=enrolled_at)
    except CalendarNotLoaded:
        return None, []
    standing = bases[enrollment.group_id].wallet
    return standing, list_unconfirmed(enrollment, today, standing)
