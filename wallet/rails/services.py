"""Writes about outside institutions. No call to one is ever made inside a transaction.

A step of a transfer is: claim it under the wallet's lock (commit), ask the rail, book the answer under the lock
(commit). Killed between any two of them, the next sweep asks again: `next_step_at` stands in the database, so the
broker may be flushed at any time. Asking under our own number never pays twice.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from wallet.events.kinds import Kind
from wallet.hurry import hurry
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event
from wallet.rails import events, outcomes
from wallet.rails.adapters import base, get_adapter
from wallet.rails.errors import (
    AccountRefused,
    CardRefused,
    NoticeContradicts,
    PayeeInUse,
    RailUnavailable,
    SourceInUse,
    SourceNotFound,
    TooManyPayees,
    TooManySources,
)
from wallet.rails.models import FundingSource, Payee, RailNotice, Transfer, TransferNumber
from wallet.rails.selectors import (
    get_payee,
    get_source,
    get_transfer_by_number,
    list_payees,
    list_sources,
    other_side,
)
from wallet.rails.unlinking import hear_objections
from wallet.refusals import Refusal

logger = structlog.get_logger(__name__)

#: Why a collection failed that the rail has never answered for.
NO_ANSWER = "no_answer"


def link_card(*, user: User, rail: str, number: str, holder: str, now: datetime) -> FundingSource:
    """Link a member's card. The number goes to the institution and is kept nowhere; we get a token and a masked label.

    :raises CardRefused: when the institution refuses.
    :raises RailUnavailable: when it does not answer.
    :raises TooManySources: when the member has as many as there may be.
    """
    ask = partial(get_adapter(rail).link_card, number, holder)
    return _link(user, rail, FundingSource.Kind.BANK_CARD, ask, now)


def link_account(*, user: User, rail: str, kind: str, login: str, holder: str, now: datetime) -> FundingSource:
    """Link a member's Yu'e Bao or Alipay balance. The login goes to the institution and is kept nowhere.

    :raises AccountRefused: when the institution refuses.
    :raises RailUnavailable: when it does not answer.
    :raises TooManySources: when the member has as many as there may be.
    """
    ask = partial(get_adapter(rail).link_account, kind, login, holder)
    return _link(user, rail, kind, ask, now)


def _link(user: User, rail: str, kind: str, ask: Callable[[], base.LinkedCard], now: datetime) -> FundingSource:
    if list_sources(user).count() >= settings.SOURCES_PER_USER_MAX:
        raise TooManySources(limit=settings.SOURCES_PER_USER_MAX)
    linked = _ask_to_link(ask, CardRefused if kind == FundingSource.Kind.BANK_CARD else AccountRefused)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        count = list_sources(user).count()
        if count >= settings.SOURCES_PER_USER_MAX:
            raise TooManySources(limit=settings.SOURCES_PER_USER_MAX)
        return FundingSource.objects.create(
            user=user,
            rail=rail,
            kind=kind,
            token=linked.token,
            label=linked.label,
            is_default=not list_sources(user).filter(is_default=True).exists(),
            linked_at=now,
        )


def _ask_to_link(ask: Callable[[], base.LinkedCard], refused: type[Refusal]) -> base.LinkedCard:
    try:
        return ask()
    except base.CardRejected:
        raise refused from None
    except base.RailDown:
        raise RailUnavailable from None


def link_payee(
    *, wallet_id: uuid.UUID, user: User, rail: str, number: str, holder: str, name: str, now: datetime
) -> Payee:
    """Link somebody whom the wallet shall pay; `name` is what people call them. Like a card, no number is kept.

    :raises CardRefused: when the institution refuses.
    :raises RailUnavailable: when it does not answer.
    :raises TooManyPayees: when the wallet has as many as there may be.
    """
    limit = settings.PAYEES_PER_GROUP_MAX
    if list_payees(wallet_id).count() >= limit:
        raise TooManyPayees(limit=limit)
    linked = _ask_to_link(partial(get_adapter(rail).link_card, number, holder), CardRefused)
    with transaction.atomic():
        wallet = lock_wallet(wallet_id)
        if list_payees(wallet_id).count() >= limit:
            raise TooManyPayees(limit=limit)
        return Payee.objects.create(
            wallet=wallet, user=user, rail=rail, token=linked.token, name=name, label=linked.label, linked_at=now
        )


@transaction.atomic
def unlink_payee(*, wallet_id: uuid.UUID, payee_id: uuid.UUID, now: datetime) -> None:
    """Forget a payee, under the wallet's lock; the transfers to them stay readable.

    :raises PayeeNotFound: when it is not the wallet's.
    :raises PayeeInUse: while a transfer to them is under way; and what rooms above object with.
    """
    lock_wallet(wallet_id)
    payee = get_payee(wallet_id, payee_id)
    if Transfer.objects.filter(wallet=wallet_id, payee=payee, final_at__isnull=True).exists():
        raise PayeeInUse
    hear_objections(payee)
    list_payees(wallet_id).filter(pk=payee_id).update(unlinked_at=now)


@transaction.atomic
def set_default_source(*, user: User, source_id: uuid.UUID) -> FundingSource:
    """Make one source the user's default.

    :raises SourceNotFound: when it is not the user's.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    source = get_source(user, source_id)
    list_sources(user).filter(is_default=True).update(is_default=False)
    source.is_default = True
    source.save(update_fields=["is_default"])
    return source


@transaction.atomic
def unlink_source(*, user: User, source_id: uuid.UUID, now: datetime) -> None:
    """Forget a source; the transfers that went through it stay readable.

    :raises SourceNotFound: when it is not the user's.
    :raises SourceInUse: while a transfer through it is under way; and what rooms above object with.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    # For itself alone: whoever is creating a transfer with it is waited for, and whoever comes later finds it unlinked.
    FundingSource.objects.select_for_update().filter(user=user, pk=source_id).first()
    source = get_source(user, source_id)
    if Transfer.objects.filter(source=source, final_at__isnull=True).exists():
        raise SourceInUse
    hear_objections(source)
    source.unlinked_at, source.is_default = now, False
    source.save(update_fields=["unlinked_at", "is_default"])


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

    :raises SourceNotFound: when the source was unlinked meanwhile.
    """
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
    """Take a transfer's next step, if it is due: submit it, or ask what became of it. Any number of workers may try."""
    transfer, is_first = _claim(wallet_id, transfer_id, now)
    if transfer is None:
        return Transfer.objects.get(wallet=wallet_id, pk=transfer_id)
    adapter = get_adapter(transfer.rail)
    request = base.TransferRequest(
        out_no=transfer.out_no,
        direction=transfer.direction,
        token=other_side(wallet_id, transfer.source, transfer.payee_id).token,
        amount=transfer.amount,
        subject=f"{transfer.purpose} {transfer.out_no[:8]}",
    )
    answer: base.Answer = adapter.submit(request) if is_first else adapter.query(transfer.out_no)
    if isinstance(answer, base.NotFound):
        answer = adapter.submit(request)
    return _book(wallet_id, transfer_id, answer, now)


def ask_again(transfer: Transfer, now: datetime) -> Transfer:
    """Ask the rail once more what became of a transfer, also of one that is over, and book its last word.

    :raises NoticeContradicts: when it takes back what had settled, or names another amount.
    """
    answer = get_adapter(transfer.rail).query(transfer.out_no)
    return _book(transfer.wallet_id, transfer.pk, answer, now)


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
            _tell(wallet, transfer, events.transfer_submitted, now)
        _save(transfer, "next_step_at", "attempts", "status", "submitted_at")
        return transfer, is_first


def _book(wallet_id: uuid.UUID, transfer_id: uuid.UUID, answer: base.Answer, now: datetime) -> Transfer:
    """Book what the rail answered. A final answer is booked once, whoever brings it first."""
    with transaction.atomic():
        wallet = lock_wallet(wallet_id)
        transfer = Transfer.objects.select_related("source__user").get(wallet=wallet, pk=transfer_id)
        if isinstance(answer, base.Unknown) and transfer.status == Transfer.Status.SUBMITTED:
            transfer.status = Transfer.Status.UNKNOWN
            _save(transfer, "status")
            _tell(wallet, transfer, events.transfer_unknown, now)
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
    _save(transfer, "status", "failure_code", "booked_at", "final_at", "next_step_at", "late_at")
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


def _save(transfer: Transfer, *fields: str) -> None:
    row = Transfer.objects.filter(wallet=transfer.wallet_id, pk=transfer.pk)
    row.update(**{name: getattr(transfer, name) for name in fields})


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
        _book(transfer.wallet_id, transfer.pk, notice.answer, now)
        return True


def _tell(wallet: Wallet, transfer: Transfer, kind: Kind, now: datetime) -> None:
    told = kind(
        transfer=transfer.pk,
        purpose=transfer.purpose,
        subject=transfer.subject_id,
        user=transfer.source.user_id if transfer.source else None,
        amount=transfer.amount,
    )
    record_event(wallet=wallet, event=told, now=now)
