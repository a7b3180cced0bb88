"""A fund's day: what we hold there against what its company states and against what our wallets say.

It moves no money. Days are reconciled one after the other, because each stands on the income of the days before it;
that income is what the company states, for the money is there. What people wrote stays; running a day again finds the
same differences in the same rows; one that is found no more is marked as gone. Nothing is compared with half a day: a
day that was not credited to everybody is a difference itself, and is taken up again when the run is finished.
"""

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Q, Sum

from wallet.rails.differences import keep_found
from wallet.refusals import Refusal
from yields.calendar import SHANGHAI_TIME, CalendarNotLoaded, day_end, unconfirmed_since
from yields.errors import CalendarMissing, DayNotOver, DayOutOfOrder
from yields.fundside.checks import check_order
from yields.fundside.companies import get_company
from yields.fundside.companies.base import CompanyDown, CompanyNotConfigured, Statement
from yields.fundside.comparing import Found, Kind, compare_order, compare_statement, compare_wallets
from yields.fundside.errors import CompanyUnavailable
from yields.fundside.flows import count_leaving
from yields.fundside.models import FundConfirmation, FundDifference, FundOrder, FundPosition
from yields.fundside.services.confirming import hear_confirmations
from yields.fundside.trading import first_moment, first_trade_date
from yields.models import Fund, FundDay, YieldDay, YieldRun

logger = structlog.get_logger(__name__)
ONE_DAY = timedelta(days=1)
#: A day that was not credited by then is a difference; before, it may simply be early.
CREDITS_LATE = timedelta(hours=36)
#: Income credited later than this many days after it was earned is counted with what is kept until it is confirmed.
LATE_CREDITS_DAYS = 31


def reconcile_fund(*, fund: Fund, day: date, now: datetime) -> FundPosition:
    """Reconcile a fund's day, and keep what differs.

    :raises DayNotOver: before the day has ended in Shanghai.
    :raises DayOutOfOrder: when a day before has not been reconciled.
    :raises CalendarMissing: when the day lies outside the fund's calendar.
    :raises CompanyUnavailable: when its company gives no statement; the row is kept, and says why.
    """
    if now < day_end(day):
        raise DayNotOver(date=day.isoformat())
    _check_order_of_days(fund, day)
    position, _ = FundPosition.objects.get_or_create(fund=fund, date=day, defaults={"started_at": now})
    try:
        since = unconfirmed_since(day, fund.trading_days)
        hear_confirmations(fund=fund, day=day, now=now)
        statement = _ask(fund, day)
    except CalendarNotLoaded as error:
        raise CalendarMissing(date=day.isoformat()) from error
    except CompanyUnavailable as down:
        problem = str(down.__cause__ or down)[:200]
        FundPosition.objects.filter(pk=position.pk).update(started_at=now, finished_at=None, problem=problem)
        logger.error("fund_without_statement", fund=fund.pk, day=day.isoformat())
        raise
    return _keep(position.pk, since, statement, now)


def reconcile_funds_due(*, now: datetime) -> int:
    """Reconcile every day that is over and was not, and those that waited for their credits; say how many were."""
    done = 0
    for fund in Fund.objects.filter(runs_nightly=True).order_by("code"):
        try:
            for day in list_due_days(fund, now):
                reconcile_fund(fund=fund, day=day, now=now)
                done += 1
        except Refusal as refusal:
            logger.warning("fund_reconciliation_waits", fund=fund.pk, code=refusal.code)
        except Exception:
            logger.exception("fund_reconciliation_failed", fund=fund.pk)
    return done


def list_due_days(fund: Fund, now: datetime) -> Iterator[date]:
    """List the days to reconcile, the oldest first. A day whose run may still come is waited for."""
    waiting = FundDifference.objects.filter(position__fund=fund, kind=Kind.RUN_UNFINISHED, gone_at__isnull=True)
    for day in waiting.order_by("position__date").values_list("position__date", flat=True):
        if _is_credited(fund, day):
            yield day
    first = first_moment(fund)
    finished = fund.positions.filter(finished_at__isnull=False).order_by("-date").values_list("date", flat=True).first()
    if first is None:
        return
    day = finished + ONE_DAY if finished else first.astimezone(SHANGHAI_TIME).date()
    while day_end(day) <= now and (_is_credited(fund, day) or day_end(day) + CREDITS_LATE <= now):
        yield day
        day += ONE_DAY


def _check_order_of_days(fund: Fund, day: date) -> None:
    first = first_moment(fund)
    if first is None:
        return
    begin = first.astimezone(SHANGHAI_TIME).date()
    finished = set(fund.positions.filter(date__lt=day, finished_at__isnull=False).values_list("date", flat=True))
    missing = next((d for n in range((day - begin).days) if (d := begin + ONE_DAY * n) not in finished), None)
    if missing is not None:
        raise DayOutOfOrder(date=day.isoformat(), missing=missing.isoformat())


def _is_credited(fund: Fund, day: date) -> bool:
    return fund.runs.filter(date=day, state=YieldRun.State.FINISHED).exists()


def _ask(fund: Fund, day: date) -> Statement:
    try:
        return get_company(fund).get_statement(fund.pk, day)
    except (CompanyDown, CompanyNotConfigured) as problem:
        raise CompanyUnavailable(fund=fund.pk, date=day.isoformat()) from problem


@transaction.atomic
def _keep(position_id: uuid.UUID, since: datetime, statement: Statement, now: datetime) -> FundPosition:
    """Count, compare and keep under the row's lock."""
    locked = FundPosition.objects.select_for_update(no_key=True, of=["self"]).select_related("fund")
    position = locked.get(pk=position_id)
    position.started_at = position.finished_at = now
    position.problem = ""
    position.times += 1
    position.stated_shares, position.stated_income = statement.shares, statement.income
    booked = _count_ours(position, since)
    _count_wallets(position, since, booked)
    position.save()
    left = keep_found(position.differences, list(_compare(position, booked)), now)
    tell = logger.error if left else logger.info
    tell("fund_reconciled", fund=position.fund_id, day=position.date.isoformat(), unexplained=left)
    return position


def _count_ours(position: FundPosition, since: datetime) -> int:
    """Count what we hold by what we ordered, and by what was confirmed; give the income credited before the cut."""
    fund, day = position.fund, position.date
    due = fund.orders.filter(until__lte=since)
    sums = due.aggregate(asked=Sum("amount", default=0), booked=Sum("income_credited", default=0))
    asked = fund.orders.filter(trade_date__lte=day).aggregate(sum=Sum("amount", default=0))["sum"]
    heard = FundConfirmation.objects.filter(fund=fund, confirmed_on__lte=day)
    before = fund.positions.filter(date__lt=day)
    published = fund.days.filter(date=day, state=FundDay.State.PUBLISHED).first()
    position.ordered = sums["asked"]
    position.confirmed = heard.aggregate(sum=Sum("amount", default=0))["sum"]
    position.under_way = asked - position.confirmed
    position.reinvested = before.aggregate(sum=Sum("stated_income", default=0))["sum"]
    position.shares = position.confirmed + position.reinvested
    position.yield_per_10k = published.yield_per_10k if published else None
    position.income = _cut(position.shares, position.yield_per_10k)
    return int(sums["booked"])


def _count_wallets(position: FundPosition, since: datetime, booked: int) -> None:
    """Count what our wallets say of the day, and name what of the fund's money is nobody's base."""
    fund, day = position.fund, position.date
    earned = YieldDay.objects.filter(fund=fund, date=day)
    sums = earned.aggregate(
        bases=Sum("base", default=0), credits=Sum("income", default=0), cut_off=Sum("cut_off", default=Decimal(0))
    )
    lately = YieldDay.objects.filter(
        fund=fund, date__range=(since.date() - ONE_DAY * LATE_CREDITS_DAYS, day - ONE_DAY), credited_at__gte=since
    )
    position.bases, position.credits, position.truncated = sums["bases"], sums["credits"], sums["cut_off"]
    position.leaving = count_leaving(fund, since, day_end(day))
    position.waiting = lately.aggregate(sum=Sum("income", default=0))["sum"]
    position.kept = position.reinvested - booked - position.waiting
    rate = position.yield_per_10k or Decimal(0)
    position.beside = Decimal(position.shares - position.bases) * rate / 10_000


def _cut(shares: int, rate: Decimal | None) -> int:
    if rate is None:
        return 0
    numerator, denominator = rate.as_integer_ratio()
    return shares * numerator // (denominator * 10_000)


def _compare(position: FundPosition, booked: int) -> Iterator[Found]:
    yield from _compare_orders(position)
    yield from compare_statement(position)
    if _is_credited(position.fund, position.date) and position.yield_per_10k is not None:
        yield from compare_wallets(position, booked)
    elif position.fund.runs.filter(date=position.date).exists() or position.ordered:
        yield Found(Kind.RUN_UNFINISHED)


def _compare_orders(position: FundPosition) -> Iterator[Found]:
    fund, day = position.fund, position.date
    first = first_trade_date(fund)
    if first is not None and first <= day and fund.trading_days.is_trading_day(day):
        finding = check_order(fund, day)
        if finding is not None:
            ours = "" if finding.ordered is None else str(finding.ordered)
            yield Found(finding.kind, f"{fund.pk}-{day:%Y%m%d}", ours, str(finding.booked))
    told = FundConfirmation.objects.filter(fund=fund, confirmed_on=day)
    news = set(told.filter(order__isnull=False).values_list("order", flat=True))
    for order in FundOrder.objects.filter(Q(confirm_date=day) | Q(pk__in=news), fund=fund).order_by("trade_date"):
        heard = order.confirmations.filter(confirmed_on__lte=day).aggregate(sum=Sum("amount", default=0))["sum"]
        yield from compare_order(order, day, heard, order.pk in news)
    for number, amount in told.filter(order__isnull=True).order_by("number").values_list("order_number", "amount"):
        yield Found(Kind.UNKNOWN_ORDER, number, "", str(amount))
