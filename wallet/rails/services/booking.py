"""What a rail says of a transfer is booked under the wallet's lock: its answer to us, or a notice that it sends.

Its last word is booked once, whoever brings it first. What failed may have settled after all; what has settled is taken
back by nobody.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from wallet.events.kinds import Kind
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event
from wallet.rails import events, outcomes
from wallet.rails.adapters import base
from wallet.rails.errors import NoticeContradicts
from wallet.rails.models import RailNotice, Transfer
from wallet.rails.selectors import get_transfer_by_number

logger = structlog.get_logger(__name__)

#: Why a collection failed that the rail has never answered for.
NO_ANSWER = "no_answer"


def hear_notice(*, rail: str, notice: base.Notice, now: datetime) -> bool:
    """Book a notice whose signature was right; say whether it was new. The same notice is heard once.

    :raises NoticeUnknown: when it is about a number that was never ours.
    :raises NoticeContradicts: when its amount or outcome is not what is known.
    """
    transfer = get_transfer_by_number(notice.out_no)
    if transfer.rail != rail or transfer.amount != notice.amount:
        raise NoticeContradicts
    with transaction.atomic():
        lock_wallet(transfer.wallet_id)
        try:
            with transaction.atomic():
                RailNotice.objects.create(
                    rail=rail, notice_id=notice.notice_id, out_no=notice.out_no, status=notice.status, received_at=now
                )
        except IntegrityError:
            return False
        book(transfer.wallet_id, transfer.pk, notice.answer, now)
        return True


def book(wallet_id: uuid.UUID, transfer_id: uuid.UUID, answer: base.Answer, now: datetime) -> Transfer:
    """Book what the rail answered. A final answer is booked once, whoever brings it first."""
    with transaction.atomic():
        wallet = lock_wallet(wallet_id)
        transfer = Transfer.objects.select_related("source__user").get(wallet=wallet, pk=transfer_id)
        if isinstance(answer, base.Unknown) and transfer.status == Transfer.Status.SUBMITTED:
            transfer.status = Transfer.Status.UNKNOWN
            save(transfer, "status")
            tell(wallet, transfer, events.transfer_unknown, now)
        elif isinstance(answer, base.Unknown) and _is_given_up(transfer, now):
            _finish(wallet, transfer, Transfer.Status.FAILED, NO_ANSWER, None, now)
        elif isinstance(answer, base.Settled):
            if answer.amount != transfer.amount:
                raise NoticeContradicts
            _finish(wallet, transfer, Transfer.Status.SETTLED, "", answer.at, now)
        elif isinstance(answer, base.Failed | base.Refused):
            said_at = answer.at if isinstance(answer, base.Failed) else now
            _finish(wallet, transfer, Transfer.Status.FAILED, answer.code, said_at, now)
        return transfer


def _is_given_up(transfer: Transfer, now: datetime) -> bool:
    """Say whether people have waited long enough for money that was to come in.

    Whether it came is still the rail's to say: a later success is booked then. Money on its way out is never given up,
    for back in the stake it could leave a second time.
    """
    if transfer.status != Transfer.Status.UNKNOWN or transfer.direction != Transfer.Direction.COLLECT:
        return False
    assert transfer.submitted_at is not None
    return now - transfer.submitted_at >= timedelta(hours=settings.RAIL_GIVE_UP_HOURS)


def _finish(
    wallet: Wallet, transfer: Transfer, status: str, failure_code: str, said_at: datetime | None, now: datetime
) -> None:
    if transfer.is_final and not _is_news(transfer, status, said_at):
        return
    transfer.late_at = now if transfer.is_final else None
    transfer.status, transfer.failure_code, transfer.booked_at = status, failure_code, said_at
    transfer.final_at, transfer.next_step_at = now, None
    save(transfer, "status", "failure_code", "booked_at", "final_at", "next_step_at", "late_at")
    outcomes.finish(wallet, transfer, now)


def _is_news(transfer: Transfer, status: str, said_at: datetime | None) -> bool:
    """Say whether a final word about a transfer that is over changes something: it failed, and has settled after all.

    A word that is older than the one we follow has only been long on its way.

    :raises NoticeContradicts: when what had settled is taken back. That is a matter for people.
    """
    if transfer.status == status or (transfer.booked_at and said_at and said_at < transfer.booked_at):
        return False
    told = {"transfer": str(transfer.pk), "known": transfer.status, "told": status}
    if status != Transfer.Status.SETTLED:
        logger.error("rail_contradicts", **told)
        raise NoticeContradicts
    logger.warning("rail_settled_late", **told)
    return True


def save(transfer: Transfer, *fields: str) -> None:
    """Write fields of a transfer, found by its wallet and not by its number alone."""
    row = Transfer.objects.filter(wallet=transfer.wallet_id, pk=transfer.pk)
    row.update(**{name: getattr(transfer, name) for name in fields})


def tell(wallet: Wallet, transfer: Transfer, kind: Kind, now: datetime) -> None:
    """Record an event about a transfer on its way."""
    told = kind(
        transfer=transfer.pk,
        purpose=transfer.purpose,
        subject=transfer.subject_id,
        user=transfer.source.user_id if transfer.source else None,
        amount=transfer.amount,
    )
    record_event(wallet=wallet, event=told, now=now)
