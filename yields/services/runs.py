"""The daily run: every wallet that was enrolled at the end of a day gets the income of its base.

A run is one fund and one day. Its wallets are cut into parts (`partitions`), which any number of workers take, and work
through in chunks of one commit each (`credits`). What was done is known by two unique things, `yield:<day>` in the
books and the wallet's `YieldDay`, so a run may be killed, doubled and repeated at any point. People win over it: a
wallet that is locked is left for the end of its part. A wallet that fails is put on the list of exceptions and stops
nobody else.

A day is credited only after the day before it: the fund's run of that day must have been worked through, and a wallet
whose own day before is missing waits for it. A run is finished only when an independent total agrees; otherwise it is
short, says so in the log, and is taken up again by `run_due`. A missing or negative rate, and a day past the loaded
calendar, make it wait for an operator.

A frozen wallet earns like any other, for a freeze keeps money from leaving and not from growing. A closed wallet that
still earns is an exception. Income of 0 makes a `YieldDay` without entry or event.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import structlog
from django.db.models import Min

from wallet.refusals import Refusal
from yields.calendar import SHANGHAI_TIME, CalendarNotLoaded, day_end, unconfirmed_since
from yields.errors import CalendarMissing, DayNotOver, DayOutOfOrder, RateMissing, RateNegative
from yields.models import Fund, FundDay, YieldPartition, YieldRun
from yields.selectors import enrolled_at_end_of, read_rates, uncredited
from yields.services.credits import Paying
from yields.services.funds import ONE_DAY, ensure_sandbox_rates
from yields.services.partitions import Progress, plan, work
from yields.totals import count_wallets

#: A rate is published on the evening of the day or the next morning; later than this, somebody must look.
RATE_LATE = timedelta(hours=36)
#: A command that began before midnight may be committed after it, with a moment of the day before. By then it is.
MIDNIGHT_PASSES = timedelta(minutes=5)
CallHelpers = Callable[[YieldRun, int], object]
logger = structlog.get_logger(__name__)


def run_day(
    *,
    fund: Fund,
    day: date,
    now: datetime,
    progress: Progress = lambda wallets: None,
    call_helpers: CallHelpers = lambda run, parts: None,
) -> YieldRun:
    """Credit a fund's day to every wallet that was enrolled at its end and has not been credited.

    Entries are posted at `now`. `progress` is told how many wallets were worked through at a time. Where others still
    have parts of it when nothing is left to take, the run comes back running; whoever is done last closes it.

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
    call_helpers(run, plan(run))
    work(run, Paying(fund, day, rate, now), progress)
    return _close(run, rate, now)


def help_run(*, run_id: uuid.UUID, now: datetime, progress: Progress = lambda wallets: None) -> YieldRun:
    """Take parts of a run that goes on, until none is free; close it, if nobody else has one."""
    run = YieldRun.objects.select_related("fund").get(pk=run_id)
    if run.state != YieldRun.State.RUNNING:
        return run
    rate = _get_rate(run, now)
    work(run, Paying(run.fund, run.date, rate, now), progress)
    return _close(run, rate, now)


def run_due(*, now: datetime, call_helpers: CallHelpers = lambda run, parts: None) -> list[YieldRun]:
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
                runs.append(run_day(fund=fund, day=day, now=now, call_helpers=call_helpers))
                if runs[-1].state == YieldRun.State.RUNNING:
                    break
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
    """Read what was published; or, where that is negative, what two operators have put in its place.

    Every other correction is carried out after the day was credited, wallet by wallet.
    """
    published = run.fund.days.filter(date=run.date, state=FundDay.State.PUBLISHED).first()
    if published is None:
        raise _wait(run, RateMissing(fund=run.fund_id, date=run.date.isoformat()), now)
    if (rate := published.yield_per_10k) < 0:
        rate = read_rates(run.fund, run.date, run.date)[run.date]
    if rate < 0:
        raise _wait(run, RateNegative(fund=run.fund_id, date=run.date.isoformat()), now)
    return rate


def _wait(run: YieldRun, reason: Refusal, now: datetime) -> Refusal:
    """Note why a run waits, and raise the alarm once."""
    if (run.state, run.note) != (YieldRun.State.WAITING, reason.code):
        run.state, run.note, run.checked_at = YieldRun.State.WAITING, reason.code, now
        run.save(update_fields=["state", "note", "checked_at"])
        logger.error("yield_run_waits_for_operator", fund=run.fund_id, date=run.date.isoformat(), code=reason.code)
    return reason


def _close(run: YieldRun, rate: Decimal, now: datetime) -> YieldRun:
    """Close a run whose parts are all done: it is finished if the independent totals agree; else short, and says so.

    While others still have parts of it, it goes on; whoever is done last closes it.
    """
    parts = list(YieldPartition.objects.filter(run=run).order_by("number"))
    if any(part.state != YieldPartition.State.DONE for part in parts):
        run.refresh_from_db()
        return run
    run.yield_per_10k, run.checked_at, run.note = rate, now, _find_fault(run, parts)
    run.state = YieldRun.State.SHORT if run.note else YieldRun.State.FINISHED
    for name in ("enrolled", "done", "credited", "base", "income", "cut_off"):
        setattr(run, name, sum(getattr(part, name) for part in parts))
    run.save()
    if run.note:
        logger.error("yield_run_short", fund=run.fund_id, date=run.date.isoformat(), note=run.note)
    return run


def _find_fault(run: YieldRun, parts: Sequence[YieldPartition]) -> str:
    """Say what does not agree, in a part or between the parts and the whole, or nothing."""
    enrolled, credited = count_wallets(run.fund, run.date)
    in_parts = sum(part.enrolled for part in parts), sum(part.done for part in parts)
    if faults := [part.note for part in parts if part.note]:
        return faults[0] if len(faults) == 1 else f"{len(faults)} of {len(parts)} parts: {faults[0]}"[:200]
    if credited != in_parts[1]:
        return f"{credited - in_parts[1]} wallets were credited that were not enrolled"
    if enrolled != in_parts[0]:
        return f"{enrolled - in_parts[0]} of {enrolled} wallets are not done"
    return ""
