"""A transfer begins, and takes its steps: submitted once, and asked about until the rail has said what became of it.

A step is: claim it under the wallet's lock (commit), ask the rail, book the answer under the lock (commit). Killed
between any two of them, the next sweep asks again: `next_step_at` stands in the database, so the broker may be flushed
at any time. Asking under our own number never pays twice.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction

from wallet.hurry import hurry
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet
from wallet.rails import events
from wallet.rails.adapters import base, get_adapter, is_served
from wallet.rails.errors import RailUnavailable, SourceNotFound
from wallet.rails.models import FundingSource, Payee, Transfer, TransferNumber
from wallet.rails.selectors import other_side
from wallet.rails.services.booking import book, save, tell

logger = structlog.get_logger(__name__)


def create_transfer(
    *,
    wallet: Wallet,
    source: FundingSource | Payee,
    direction: Transfer.Direction,
    amount: int,
    purpose: str,
    subject_id: uuid.UUID,
    now: datetime,
    starts_at: datetime | None = None,
) -> Transfer:
    """Create a transfer with a member's source, or to a payee, under the lock that the caller holds.

    It goes out after the commit, or at `starts_at`, when its row says that its first step is due.

    :raises RailUnavailable: when nobody here serves the rail, and the money would never arrive.
    :raises SourceNotFound: when the source was unlinked meanwhile.
    """
    if not is_served(source.rail):
        raise RailUnavailable
    if isinstance(source, FundingSource):
        _keep_linked(source)
    transfer = Transfer(
        wallet=wallet,
        source=source if isinstance(source, FundingSource) else None,
        payee=source if isinstance(source, Payee) else None,
        rail=source.rail,
        direction=direction,
        amount=amount,
        purpose=purpose,
        subject_id=subject_id,
        created_at=now,
        next_step_at=starts_at or now,
    )
    transfer.out_no = transfer.pk.hex
    transfer.save(force_insert=True)
    TransferNumber.objects.create(out_no=transfer.out_no, wallet_id=wallet.pk, transfer_id=transfer.pk)
    if starts_at is None and transfer.rail in settings.RAILS:
        hurry("rails.advance", str(wallet.pk), str(transfer.pk))
    return transfer


def _keep_linked(source: FundingSource) -> None:
    """Let nobody unlink a source until the commit. Shared, so that wallets do not wait for one another.

    :raises SourceNotFound: when it has been unlinked.
    """
    with connection.cursor() as cursor:
        query = "SELECT FROM rails_fundingsource WHERE id = %s AND unlinked_at IS NULL FOR KEY SHARE"
        cursor.execute(query, [source.pk])
        if cursor.fetchone() is None:
            raise SourceNotFound


def advance_transfer(*, wallet_id: uuid.UUID, transfer_id: uuid.UUID, now: datetime) -> Transfer:
    """Take a transfer's next step, if it is due: submit it, or ask what became of it. Any number of workers may try.

    :raises RailNotConfigured: when nobody here serves its rail; the step stays due.
    """
    adapter = get_adapter(Transfer.objects.values_list("rail", flat=True).get(wallet=wallet_id, pk=transfer_id))
    transfer, is_first = _claim(wallet_id, transfer_id, now)
    if transfer is None:
        return Transfer.objects.get(wallet=wallet_id, pk=transfer_id)
    request = base.TransferRequest(
        out_no=transfer.out_no,
        direction=transfer.direction,
        token=other_side(wallet_id, transfer.source, transfer.payee_id).token,
        amount=transfer.amount,
        subject=f"{transfer.purpose} {transfer.out_no[:8]}",
    )
    answer = _hear(transfer, partial(adapter.submit, request) if is_first else partial(adapter.query, transfer.out_no))
    if isinstance(answer, base.NotFound):
        answer = _hear(transfer, partial(adapter.submit, request))
    return book(wallet_id, transfer_id, answer, now)


def _hear(transfer: Transfer, ask: Callable[[], base.Answer]) -> base.Answer:
    """Ask a rail. An adapter shall not raise; where one does, nothing is known, and that can be given up in the end."""
    try:
        return ask()
    except SoftTimeLimitExceeded:  # it is meant for the task
        raise
    except Exception as trouble:
        logger.exception("adapter_raised", transfer=str(transfer.pk), rail=transfer.rail)
        return base.Unknown(type(trouble).__name__)


def ask_again(transfer: Transfer, now: datetime) -> Transfer:
    """Ask the rail once more what became of a transfer, also of one that is over, and book its last word.

    :raises NoticeContradicts: when it takes back what had settled, or names another amount.
    """
    answer = _hear(transfer, partial(get_adapter(transfer.rail).query, transfer.out_no))
    return book(transfer.wallet_id, transfer.pk, answer, now)


def _claim(wallet_id: uuid.UUID, transfer_id: uuid.UUID, now: datetime) -> tuple[Transfer | None, bool]:
    with transaction.atomic():
        wallet = lock_wallet(wallet_id)
        transfer = Transfer.objects.select_related("source__user").get(wallet=wallet, pk=transfer_id)
        if transfer.next_step_at is None or transfer.next_step_at > now:
            return None, False
        is_first = transfer.status == Transfer.Status.CREATED
        steps = settings.RAIL_STEPS_SECONDS
        transfer.next_step_at = now + timedelta(seconds=steps[min(transfer.attempts, len(steps) - 1)])
        transfer.attempts += 1
        if is_first:
            transfer.status, transfer.submitted_at = Transfer.Status.SUBMITTED, now
            tell(wallet, transfer, events.transfer_submitted, now)
        save(transfer, "next_step_at", "attempts", "status", "submitted_at")
        return transfer, is_first
