"""Workers take what is due, over all wallets. The rows say what is due, so the broker may be flushed at any time.

A worker claims up to `AUTO_TRANSFER_BATCH` rows in one statement of its own commit: it finds them in the index alone,
locks those that nobody else holds, and moves their `sweep_at` on by a lease. Then it takes them wallet by wallet, each
in its own commit under its wallet's lock, where it is judged again whether the row is due: so a row that is taken
twice, because a worker was slow or died, happens once. No two wallets' locks are ever held together.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection

from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.services.running import retry_run, run_order

logger = structlog.get_logger(__name__)

#: `due` is read from the index alone; a claim of another worker may hold some of it, or have moved it on already.
CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT wallet_id, id FROM {table} WHERE sweep_at <= %(now)s ORDER BY sweep_at LIMIT %(limit)s
    ), taken AS MATERIALIZED (
        SELECT r.wallet_id, r.id FROM {table} r JOIN due ON due.wallet_id = r.wallet_id AND due.id = r.id
        WHERE r.sweep_at <= %(now)s FOR NO KEY UPDATE OF r SKIP LOCKED
    )
    UPDATE {table} r SET sweep_at = %(until)s FROM taken
    WHERE r.wallet_id = taken.wallet_id AND r.id = taken.id RETURNING r.wallet_id, r.id"""
Claimed = list[tuple[uuid.UUID, uuid.UUID]]
Take = Callable[[uuid.UUID, uuid.UUID, datetime], object]


def _take_order(group_id: uuid.UUID, order_id: uuid.UUID, now: datetime) -> object:
    return run_order(group_id=group_id, order_id=order_id, now=now)


def _take_run(group_id: uuid.UUID, run_id: uuid.UUID, now: datetime) -> object:
    return retry_run(group_id=group_id, run_id=run_id, now=now)


TAKES: dict[type[AutoTransfer | AutoTransferRun], Take] = {AutoTransfer: _take_order, AutoTransferRun: _take_run}


def run_due(*, now: datetime, batches: int = 1) -> int:
    """Let happen what is due, in so many batches of each kind at most; say how many rows were taken.

    Beat comes often and a batch takes seconds, so that many workers share what is due, and other work gets its turn.
    """
    return sum(_sweep(model, take, now, batches) for model, take in TAKES.items())


def _sweep(model: type[AutoTransfer | AutoTransferRun], take: Take, now: datetime, batches: int) -> int:
    count = 0
    for _ in range(batches):
        claimed = claim(model, now)
        for group_id, row_id in claimed:
            try:
                take(group_id, row_id, now)
            except Exception:
                # One row must not hold up the others; when its lease is over it is taken again.
                logger.exception("auto_transfer_failed", kind=model._meta.model_name, row=str(row_id))
        count += len(claimed)
        if not claimed:
            break
    return count


def claim(model: type[AutoTransfer | AutoTransferRun], now: datetime) -> Claimed:
    """Claim what is due of a table, over all wallets: (wallet, row) each. It is this worker's until the lease ends."""
    until = now + timedelta(seconds=settings.AUTO_TRANSFER_LEASE_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM.format(table=model._meta.db_table),
            {"now": now, "until": until, "limit": settings.AUTO_TRANSFER_BATCH},
        )
        return list(cursor.fetchall())
