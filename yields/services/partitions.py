"""A run in parts: any number of workers, each with a part of the wallets, each part with one worker at a time.

Whoever takes a part holds it by a lease, and renews it in the commit of every chunk, together with how far it is. A
worker who died or lost the network loses the lease by the database's clock; whoever takes the part then goes on behind
the last chunk. Should the first one wake up, its next chunk finds that the part is not its own any more, and is undone.
"""

import contextlib
import os
import socket
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from wallet.ledger import clock
from wallet.ledger.errors import WalletBusy
from yields.calendar import day_end
from yields.models import YieldDay, YieldException, YieldPartition, YieldRun
from yields.services.credits import Credited, Paying, credit_next, credit_one, note_exception
from yields.totals import count_totals

Progress = Callable[[int], object]
#: Every so manieth of the wallets that earn, in the order of their ids: where the parts begin; and how many there are.
BEGINNINGS = """
    SELECT wallet_id, count(*) OVER (PARTITION BY (place - 1) / %(size)s), place
    FROM (SELECT wallet_id, row_number() OVER (ORDER BY wallet_id) AS place FROM yields_enrollment
          WHERE fund_id = %(fund)s AND enrolled_at < %(end)s AND (ended_at IS NULL OR ended_at >= %(end)s)) e"""


class LeaseLost(Exception):
    """Another worker has the part: this one was away for too long."""


def plan(run: YieldRun) -> int:
    """Cut a run into parts, and say how many. One that was closed is worked through anew, in the same parts."""
    with transaction.atomic():
        state = YieldRun.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=run.pk)
        parts = YieldPartition.objects.filter(run=run)
        if not parts.exists():
            YieldPartition.objects.bulk_create(_cut(run))
        elif state != YieldRun.State.RUNNING:
            parts.update(state=YieldPartition.State.WAITING, worker="", leased_until=None, position=None, note="")
        YieldRun.objects.filter(pk=run.pk).update(state=YieldRun.State.RUNNING, note="")
        return parts.count()


def _cut(run: YieldRun) -> list[YieldPartition]:
    size = settings.YIELD_PARTITION_WALLETS
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"size": size, "fund": run.fund_id, "end": day_end(run.date)}
        cursor.execute(f"SELECT wallet_id, count FROM ({BEGINNINGS}) b WHERE (place - 1) %% %(size)s = 0", asked)  # noqa: S608
        found = sorted(cursor.fetchall())
    # The first and the last are open, so that whoever was enrolled meanwhile falls into one of them.
    beginnings = [None, *(wallet_id for wallet_id, _ in found[1:])]
    ends = [*beginnings[1:], None]
    counts = [count for _, count in found] or [0]
    return [
        YieldPartition(run=run, number=number, first=first, until=until, enrolled=count)
        for number, (first, until, count) in enumerate(zip(beginnings, ends, counts, strict=True))
    ]


def work(run: YieldRun, paying: Paying, progress: Progress) -> None:
    """Take parts of a run and work through them, until there is none that nobody has."""
    worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:80]
    while (part := _claim(run, worker)) is not None:
        try:
            _work_through(part, paying, progress)
        except LeaseLost:
            continue
        except BaseException:  # whoever can still say goodbye lets go of it; for all others the lease runs out
            with contextlib.suppress(Exception):
                _save(part, state=YieldPartition.State.WAITING, worker="", leased_until=None)
            raise


def _claim(run: YieldRun, worker: str) -> YieldPartition | None:
    with transaction.atomic():
        now = clock.database_now()
        free = Q(state=YieldPartition.State.WAITING) | Q(state=YieldPartition.State.WORKING, leased_until__lt=now)
        waiting = YieldPartition.objects.select_for_update(no_key=True, skip_locked=True).filter(free, run=run)
        part = waiting.order_by("number").first()
        if part is not None:
            part.state, part.worker = YieldPartition.State.WORKING, worker
            part.leased_until = now + timedelta(seconds=settings.YIELD_LEASE_SECONDS)
            part.save(update_fields=["state", "worker", "leased_until"])
        return part


def _work_through(part: YieldPartition, paying: Paying, progress: Progress) -> None:
    busy: list[uuid.UUID] = []
    while True:
        with transaction.atomic():
            done = credit_next(paying, part)
            if done.last is None:
                break
            _note(part, done, done.last)
        busy += done.busy
        progress(done.days)
    for wallet_id in busy:
        with transaction.atomic():
            done = _credit_busy(paying, wallet_id)
            _note(part, done, part.position)
        progress(done.days)
    _resolve(part, paying)
    _finish(part, paying)


def _credit_busy(paying: Paying, wallet_id: uuid.UUID) -> Credited:
    try:
        return credit_one(paying, wallet_id)
    except WalletBusy as busy:
        note_exception(paying, wallet_id, busy)
        return Credited()


def _resolve(part: YieldPartition, paying: Paying) -> None:
    """Close the exceptions of those who have the day now."""
    has_day = Exists(YieldDay.objects.filter(group=OuterRef("group"), date=paying.day))
    failed = YieldException.objects.filter(has_day, fund=paying.fund, date=paying.day, resolved_at__isnull=True)
    within = Q() if part.first is None else Q(group__gte=part.first)
    within &= Q() if part.until is None else Q(group__lt=part.until)
    failed.filter(within).update(resolved_at=paying.now)


def _note(part: YieldPartition, done: Credited, position: uuid.UUID | None) -> None:
    """Write down how far a part is, and renew the lease, in the chunk's own commit.

    :raises LeaseLost: when another worker has taken it.
    """
    part.position = position
    part.done += done.days
    part.credited += done.credited
    part.base += done.base
    part.income += done.income
    part.cut_off += done.cut_off
    part.leased_until = clock.database_now() + timedelta(seconds=settings.YIELD_LEASE_SECONDS)
    names = ("position", "done", "credited", "base", "income", "cut_off", "leased_until")
    _save(part, **{name: getattr(part, name) for name in names})


def _save(part: YieldPartition, **values: object) -> None:
    own = YieldPartition.objects.filter(pk=part.pk, worker=part.worker, state=YieldPartition.State.WORKING)
    if not own.update(**values):
        raise LeaseLost


def _finish(part: YieldPartition, paying: Paying) -> None:
    """Hold a part against the independent total of its wallets, and let go of it."""
    totals = count_totals(paying.fund, paying.day, paying.rate, first=part.first, until=part.until)
    _save(
        part,
        state=YieldPartition.State.DONE,
        worker="",
        leased_until=None,
        enrolled=totals.enrolled,
        done=totals.days,
        credited=totals.credited,
        base=totals.base,
        income=totals.income,
        cut_off=totals.cut_off,
        note=totals.find_fault(),
    )
