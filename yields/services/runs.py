"""The daily run: every wallet that was enrolled at the end of a day gets the income of its base.

A run is one fund and one day. It works through the wallets in the order of their ids, in chunks: lock them, derive
their bases in one statement, post each. What was done is known by two unique things, `yield:<day>` in the books and the
wallet's `YieldDay`, so a run may be killed, doubled and repeated at any point. People win over it: a wallet that is
locked is left for the end. A wallet that fails is put on the list of exceptions and stops nobody else.

A day is credited only after the day before it: the fund's run of that day must have been worked through, and a wallet
whose own day before is missing waits for it. A run is finished only when an independent total agrees; otherwise it is
short, says so in the log, and is taken up again by `run_due`. A missing or negative rate, and a day past the loaded
calendar, make it wait for an operator.

A frozen wallet earns like any other, for a freeze keeps money from leaving and not from growing. A closed wallet that
still earns is an exception. Income of 0 makes a `YieldDay` without entry or event.
"""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Exists, Min, OuterRef

from wallet.ledger.errors import WalletBusy
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet
from wallet.refusals import Refusal
from yields.base import derive_bases
from yields.calendar import SHANGHAI_TIME, CalendarNotLoaded, day_end, unconfirmed_since
from yields.errors import CalendarMissing, DayNotOver, DayOutOfOrder, PreviousDayMissing, RateMissing, RateNegative
from yields.models import Fund, FundDay, YieldDay, YieldException, YieldRun
from yields.selectors import enrolled_at_end_of, uncredited
from yields.services.credits import Accrual, credit_wallet, read_accounts
from yields.services.funds import ONE_DAY, ensure_sandbox_rates
from yields.totals import count_totals

CHUNK_WALLETS = 200
#: A rate is published on the evening of the day or the next morning; later than this, somebody must look.
RATE_LATE = timedelta(hours=36)
#: A command that began before midnight may be committed after it, with a moment of the day before. By then it is.
MIDNIGHT_PASSES = timedelta(minutes=5)
Progress = Callable[[int], object]
logger = structlog.get_logger(__name__)


def run_day(*, fund: Fund, day: date, now: datetime, progress: Progress = lambda wallets: None) -> YieldRun:
    """Credit a fund's day to every wallet that was enrolled at its end and has not been credited.

    Entries are posted at `now`. `progress` is told how many wallets were worked through at a time.

    :raises DayNotOver: before the day has ended in Shanghai.
    :raises DayOutOfOrder: when the day before has not been worked through.
    :raises RateMissing: when no rate is published; the run waits, as with the next.
    :raises RateNegative: when the rate is below zero.
    :raises CalendarMissing: when the day lies outside the fund's calendar.
    """
    if now < day_end(day):
        raise DayNotOver(date=day.isoformat())
    if fund.is_sandbox:
        ensure_sandbox_rates(now, fund)
    known = {run.date: run for run in fund.runs.filter(date__in=[day - ONE_DAY, day])}
    if day in known and known[day].state == YieldRun.State.FINISHED and not uncredited(fund, day).exists():
        return known[day]
    _check_order(fund, day, known.get(day - ONE_DAY))
    run = known.get(day) or YieldRun.objects.get_or_create(fund=fund, date=day, defaults={"started_at": now})[0]
    _check_calendar(run, now)
    rate = _get_rate(run, now)
    _credit_all(fund, day, rate, now, progress)
    return _close(run, rate, now)


def run_due(*, now: datetime) -> list[YieldRun]:
    """Catch up with every day that is over and whose rate is published, fund by fund and day by day.

    Does next to nothing when nothing is due. A fund that cannot go on keeps no other from going on.
    """
    ensure_sandbox_rates(now)
    runs: list[YieldRun] = []
    for fund in Fund.objects.filter(runs_nightly=True).order_by("code"):
        try:
            for day in list_due_days(fund, now):
                if _is_early(fund, day, now):
                    break
                runs.append(run_day(fund=fund, day=day, now=now))
        except Refusal as refusal:  # it waits, and has said so
            logger.info("yield_run_waits", fund=fund.pk, code=refusal.code)
        except Exception:
            logger.exception("yield_run_failed", fund=fund.pk)
    return runs


def list_due_days(fund: Fund, now: datetime) -> list[date]:
    """List the days that are over for good and not finished, the oldest first: three short queries."""
    first = fund.enrollments.aggregate(first=Min("enrolled_at"))["first"]
    if first is None:
        return []
    yesterday = (now - MIDNIGHT_PASSES).astimezone(SHANGHAI_TIME).date() - ONE_DAY
    latest = fund.runs.order_by("-date").values_list("date", flat=True).first()
    unfinished = fund.runs.exclude(state=YieldRun.State.FINISHED).order_by("date").values_list("date", flat=True)
    day = latest + ONE_DAY if latest else first.astimezone(SHANGHAI_TIME).date()
    return [*unfinished, *(day + ONE_DAY * n for n in range((yesterday - day).days + 1))]


def _is_early(fund: Fund, day: date, now: datetime) -> bool:
    """Say whether the fund may simply not have published yet, which is no reason to call anybody."""
    published = fund.days.filter(date=day, state=FundDay.State.PUBLISHED)
    return now < day_end(day) + RATE_LATE and not published.exists()


def _check_order(fund: Fund, day: date, run_before: YieldRun | None) -> None:
    if run_before is not None and run_before.state in (YieldRun.State.FINISHED, YieldRun.State.SHORT):
        return
    before = day - ONE_DAY
    if enrolled_at_end_of(fund, before).exists():
        raise DayOutOfOrder(date=day.isoformat(), missing=before.isoformat())


def _check_calendar(run: YieldRun, now: datetime) -> None:
    calendar = run.fund.trading_days
    try:
        unconfirmed_since(run.date, calendar)
    except CalendarNotLoaded as error:
        raise _wait(run, CalendarMissing(date=run.date.isoformat()), now) from error
    if calendar.is_running_out(run.date):
        logger.warning("trading_calendar_runs_out", calendar=calendar.name, days_left=calendar.days_left(run.date))


def _get_rate(run: YieldRun, now: datetime) -> Decimal:
    published = run.fund.days.filter(date=run.date, state=FundDay.State.PUBLISHED).first()
    if published is None:
        raise _wait(run, RateMissing(fund=run.fund_id, date=run.date.isoformat()), now)
    if published.yield_per_10k < 0:
        raise _wait(run, RateNegative(fund=run.fund_id, date=run.date.isoformat()), now)
    return published.yield_per_10k


def _wait(run: YieldRun, reason: Refusal, now: datetime) -> Refusal:
    """Note why a run waits, and raise the alarm once."""
    if (run.state, run.note) != (YieldRun.State.WAITING, reason.code):
        run.state, run.note, run.checked_at = YieldRun.State.WAITING, reason.code, now
        run.save(update_fields=["state", "note", "checked_at"])
        logger.error("yield_run_waits_for_operator", fund=run.fund_id, date=run.date.isoformat(), code=reason.code)
    return reason


def _credit_all(fund: Fund, day: date, rate: Decimal, now: datetime, progress: Progress) -> None:
    busy: list[uuid.UUID] = []
    chunk = _next_chunk(fund, day, None)
    while chunk:
        credited = _credit_chunk(fund, day, chunk, rate, now)
        busy += [wallet_id for wallet_id in chunk if wallet_id not in credited]
        progress(len(credited))
        chunk = _next_chunk(fund, day, chunk[-1]) if len(chunk) == CHUNK_WALLETS else []
    for wallet_id in busy:
        _credit_busy(fund, day, wallet_id, rate, now)
        progress(1)


def _next_chunk(fund: Fund, day: date, after: uuid.UUID | None) -> list[uuid.UUID]:
    pending = uncredited(fund, day).order_by("group")
    rest = pending.filter(group__gt=after) if after else pending
    return list(rest.values_list("group", flat=True)[:CHUNK_WALLETS])


@transaction.atomic
def _credit_chunk(
    fund: Fund, day: date, wallet_ids: list[uuid.UUID], rate: Decimal, now: datetime
) -> dict[uuid.UUID, Wallet]:
    """Credit the wallets whose locks are free, and say which those were."""
    free = Wallet.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=wallet_ids).order_by("pk")
    wallets = {wallet.pk: wallet for wallet in free}
    _credit_locked(fund, day, wallets, rate, now)
    return wallets


def _credit_busy(fund: Fund, day: date, wallet_id: uuid.UUID, rate: Decimal, now: datetime) -> None:
    try:
        with transaction.atomic():
            _credit_locked(fund, day, {wallet_id: lock_wallet(wallet_id)}, rate, now)
    except WalletBusy as busy:
        _note_exception(fund, day, wallet_id, busy, now)


def _credit_locked(fund: Fund, day: date, wallets: dict[uuid.UUID, Wallet], rate: Decimal, now: datetime) -> None:
    """Credit wallets under their locks. Who is enrolled and not credited is asked again: it may have changed."""
    pending = uncredited(fund, day).filter(group__in=wallets).select_related("fund").order_by("group")
    enrollments = list(pending.annotate(is_next=_has_day_before(day), has_failed=_has_failed(day)))
    if not enrollments:
        return
    enrolled_at = {each.group_id: each.enrolled_at for each in enrollments}
    bases = derive_bases(day=day, calendar=fund.trading_days, enrolled_at=enrolled_at)
    accounts = read_accounts(enrolled_at)
    days: list[YieldDay] = []
    for each in enrollments:
        wallet = wallets[each.group_id]
        try:
            if each.enrolled_at < day_end(day - ONE_DAY) and not each.is_next:
                raise PreviousDayMissing
            with transaction.atomic():
                accrual = Accrual(each, day, rate, bases[wallet.pk])
                days.append(credit_wallet(wallet=wallet, accrual=accrual, accounts=accounts[wallet.pk], now=now))
        except Exception as error:
            _note_exception(fund, day, wallet.pk, error, now)
    YieldDay.objects.bulk_create(days)
    if any(each.has_failed for each in enrollments):
        credited = [each.group_id for each in days]
        YieldException.objects.filter(group__in=credited, date=day).update(resolved_at=now)


def _has_day_before(day: date) -> Exists:
    return Exists(YieldDay.objects.filter(group=OuterRef("group"), date=day - ONE_DAY))


def _has_failed(day: date) -> Exists:
    return Exists(YieldException.objects.filter(group=OuterRef("group"), date=day, resolved_at__isnull=True))


def _note_exception(fund: Fund, day: date, wallet_id: uuid.UUID, error: Exception, now: datetime) -> None:
    reason = error.code if isinstance(error, Refusal) else type(error).__name__
    detail = error.describe() if isinstance(error, Refusal) else str(error)
    YieldException.objects.update_or_create(
        group_id=wallet_id,
        date=day,
        defaults={"fund": fund, "reason": reason, "detail": detail[:300], "seen_at": now, "resolved_at": None},
    )
    logger.error("yield_exception", wallet=str(wallet_id), date=day.isoformat(), reason=reason)


def _close(run: YieldRun, rate: Decimal, now: datetime) -> YieldRun:
    """Finish the run if the independent total agrees; else leave it short, and say so."""
    totals = count_totals(run.fund, run.date, rate)
    run.yield_per_10k, run.checked_at, run.note = rate, now, totals.find_fault()
    run.state = YieldRun.State.SHORT if run.note else YieldRun.State.FINISHED
    run.enrolled, run.done, run.credited = totals.enrolled, totals.days, totals.credited
    run.base, run.income, run.cut_off = totals.base, totals.income, totals.cut_off
    run.save()
    if run.note:
        logger.error("yield_run_short", fund=run.fund_id, date=run.date.isoformat(), note=run.note)
    return run
