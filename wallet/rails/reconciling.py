"""A day of ours against a day of the rail's: fetch its statement, hear what we have not heard, compare, and keep.

What people wrote stays. Running a day again finds the same differences in the same rows; one that is found no more is
marked as gone, and is found again if it comes back.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from wallet.ledger.errors import WalletBusy
from wallet.rails.adapters import base, get_adapter
from wallet.rails.differences import keep_found
from wallet.rails.errors import NoticeContradicts, StatementDayNotOver
from wallet.rails.matching import Day, Found, Known, is_news
from wallet.rails.models import ReconciliationRun, Transfer, TransferNumber
from wallet.rails.selectors import other_side
from wallet.rails.services import ask_again

logger = structlog.get_logger(__name__)

Progress = Callable[[int], object]
NUMBERS_AT_ONCE = 1_000


def reconcile(*, rail: str, day: date, now: datetime, progress: Progress = lambda lines: None) -> ReconciliationRun:
    """Compare a day (of the rail's time zone) with the rail's statement, and keep what differs.

    `progress` is told of every batch how many lines it had.

    :raises StatementDayNotOver: when the day has not ended there.
    :raises RailDown: when the rail gives no statement; the run is kept, and says why.
    :raises WalletBusy: when a wallet was busy that has something to hear; the run is kept, and is to be made again.
    :raises RailNotConfigured: when there is no such rail here.
    """
    adapter = get_adapter(rail)
    start, end = (datetime.combine(day + timedelta(days=n), time(), adapter.zone) for n in (0, 1))
    if now < end:
        raise StatementDayNotOver(day=day.isoformat())
    run, _ = ReconciliationRun.objects.get_or_create(rail=rail, day=day, defaults={"started_at": now})
    try:
        lines = adapter.fetch_statement(day)
        asked = _catch_up(lines, now)
    except (base.RailDown, WalletBusy) as trouble:
        problem = trouble.code if isinstance(trouble, WalletBusy) else str(trouble)[:200]
        ReconciliationRun.objects.filter(pk=run.pk).update(started_at=now, finished_at=None, problem=problem)
        logger.error("reconciliation_not_made", rail=rail, day=day.isoformat(), problem=problem)
        raise
    known = {transfer.out_no: _known(transfer) for transfer in _list_booked(rail, start, end)}
    for batch in _batches(lines):
        known |= {transfer.out_no: _known(transfer) for transfer in _list_named(batch)}
        progress(len(batch))
    found = list(Day(rail, start, end).compare(lines, known))
    return _keep(run, found, len(lines), asked, now)


def reconcile_due(*, now: datetime) -> int:
    """Reconcile every day of the last `RECONCILE_DAYS_BACK` that has not been; say how many were.

    A rail that gives no statement and a wallet that is busy hold up nobody else: the day is taken again the next time.
    """
    done = 0
    for rail, day in _list_due(now):
        try:
            reconcile(rail=rail, day=day, now=now)
        except (base.RailDown, WalletBusy):
            continue
        done += 1
    return done


def _list_due(now: datetime) -> Iterator[tuple[str, date]]:
    for rail in settings.RAILS:
        try:
            today = now.astimezone(get_adapter(rail).zone).date()
        except base.RailNotConfigured:
            continue
        days = [today - timedelta(days=back) for back in range(settings.RECONCILE_DAYS_BACK, 0, -1)]
        finished = ReconciliationRun.objects.filter(rail=rail, day__in=days, finished_at__isnull=False)
        over = set(finished.values_list("day", flat=True))
        yield from ((rail, day) for day in days if day not in over)


def _catch_up(lines: Sequence[base.StatementLine], now: datetime) -> int:
    """Ask the rail about what it has ended and we have not; say how often. The statement alone moves no money.

    :raises WalletBusy: when a wallet was, after all the others have been asked about.
    """
    asked, busy = 0, None
    for batch in _batches(lines):
        by_number = {line.out_no: line for line in batch if not line.is_reversed}
        for transfer in _list_named(batch):
            line = by_number.get(transfer.out_no)
            if line is None or not is_news(line, _known(transfer)):
                continue
            asked += 1
            try:
                ask_again(transfer, now)
            except NoticeContradicts:
                logger.warning("reconciliation_contradiction", transfer=str(transfer.pk))
            except WalletBusy as trouble:
                logger.warning("wallet_busy", wallet=str(transfer.wallet_id))
                busy = trouble
    if busy is not None:
        raise busy
    return asked


def _list_booked(rail: str, start: datetime, end: datetime) -> Iterable[Transfer]:
    """List what we have booked on a day of the rail's, over all wallets."""
    booked = Transfer.objects.filter(rail=rail, booked_at__gte=start, booked_at__lt=end)
    return booked.select_related("source").iterator()


def _list_named(lines: Sequence[base.StatementLine]) -> Iterable[Transfer]:
    """List the transfers that a statement's lines name, through the table that leads from a number to its wallet."""
    leads = TransferNumber.objects.filter(pk__in={line.out_no for line in lines})
    pairs = list(leads.values_list("wallet_id", "transfer_id"))
    wallets, transfers = {wallet for wallet, _ in pairs}, {transfer for _, transfer in pairs}
    return Transfer.objects.filter(wallet__in=wallets, pk__in=transfers).select_related("source")


def _batches(lines: Sequence[base.StatementLine]) -> Iterator[Sequence[base.StatementLine]]:
    return (lines[at : at + NUMBERS_AT_ONCE] for at in range(0, len(lines), NUMBERS_AT_ONCE))


def _known(transfer: Transfer) -> Known:
    return Known(
        out_no=transfer.out_no,
        rail=transfer.rail,
        direction=transfer.direction,
        amount=transfer.amount,
        token=other_side(transfer.wallet_id, transfer.source, transfer.payee_id).token,
        status=transfer.status,
        booked_at=transfer.booked_at,
    )


@transaction.atomic
def _keep(run: ReconciliationRun, found: Sequence[Found], lines: int, asked: int, now: datetime) -> ReconciliationRun:
    run = ReconciliationRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    run.started_at = run.finished_at = now
    run.lines, run.asked, run.problem = lines, asked, ""
    run.times += 1
    run.save()
    left = keep_found(run.differences, found, now)
    tell = logger.error if left else logger.info
    tell("reconciled", rail=run.rail, day=run.day.isoformat(), lines=lines, asked=asked, unexplained=left)
    return run
