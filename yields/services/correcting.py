"""Carrying out a published correction: every wallet that was credited for the day is looked at, and adjusted.

It works as the nightly run does: through the wallets in the order of their ids, in chunks, under their locks. What was
done is known by the wallet's `CorrectedDay` of that number and by the references in its books, so it may be killed,
doubled and repeated at any point. People win over it: a wallet that is locked is left for the end, and waited for a
little. A wallet that fails is put on the list of exceptions and stops nobody else.

It is finished only when the day itself is, and an independent total agrees; otherwise it is short, says so in the log,
and is taken up again by `correct_due`. A wallet that has a newer correction is passed over: nothing older comes after.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from wallet.ledger.errors import WalletBusy
from wallet.ledger.models import Account, Wallet
from wallet.ledger.services import lock_wallet
from wallet.refusals import Refusal
from yields.base import derive_bases
from yields.correction_totals import count_corrected
from yields.models import CorrectedDay, RateCorrection, YieldDay, YieldException, YieldRun
from yields.selectors import enrolled_at_end_of
from yields.services.adjusting import Accounts, adjust_wallet, work_out

CHUNK_WALLETS = 200
Progress = Callable[[int], object]
logger = structlog.get_logger(__name__)


def correct_due(*, now: datetime) -> list[RateCorrection]:
    """Carry out every correction that is published and not finished, the oldest day first.

    One that fails keeps no other from going on.
    """
    done: list[RateCorrection] = []
    due = RateCorrection.objects.filter(state__in=RateCorrection.DUE).order_by("fund_day__date", "number", "pk")
    for correction_id in list(due.values_list("pk", flat=True)):
        try:
            done.append(run_correction(correction_id=correction_id, now=now))
        except Exception:
            logger.exception("yield_correction_failed", correction=str(correction_id))
    return done


def run_correction(
    *, correction_id: uuid.UUID, now: datetime, progress: Progress = lambda wallets: None
) -> RateCorrection:
    """Adjust every wallet that was credited for a corrected day. Entries are posted at `now`.

    One that is not published, or has a newer one after it, is left as it is. `progress` is told how many wallets were
    worked through at a time.
    """
    correction = RateCorrection.objects.select_related("fund_day__fund").get(pk=correction_id)
    if correction.state not in RateCorrection.DUE:
        return correction
    busy: list[uuid.UUID] = []
    chunk = _next_chunk(correction, None)
    while chunk:
        looked_at = _adjust_chunk(correction, chunk, now)
        busy += [wallet_id for wallet_id in chunk if wallet_id not in looked_at]
        progress(len(looked_at))
        chunk = _next_chunk(correction, chunk[-1]) if len(chunk) == CHUNK_WALLETS else []
    for wallet_id in busy:
        _adjust_busy(correction, wallet_id, now)
        progress(1)
    return _close(correction, now)


def list_pending(correction: RateCorrection) -> QuerySet[YieldDay]:
    """List the credited days that neither this correction nor a newer one has been carried out on."""
    day = correction.fund_day
    newer = CorrectedDay.objects.filter(group=OuterRef("group"), date=day.date, number__gte=correction.number)
    return YieldDay.objects.filter(fund=day.fund_id, date=day.date).exclude(Exists(newer)).order_by("group")


def _next_chunk(correction: RateCorrection, after: uuid.UUID | None) -> list[uuid.UUID]:
    pending = list_pending(correction)
    rest = pending.filter(group__gt=after) if after else pending
    return list(rest.values_list("group", flat=True)[:CHUNK_WALLETS])


@transaction.atomic
def _adjust_chunk(correction: RateCorrection, wallet_ids: list[uuid.UUID], now: datetime) -> Collection[uuid.UUID]:
    """Adjust the wallets whose locks are free, and say which those were."""
    free = Wallet.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=wallet_ids).order_by("pk")
    wallets = {wallet.pk: wallet for wallet in free}
    _adjust_locked(correction, wallets, now)
    return wallets


def _adjust_busy(correction: RateCorrection, wallet_id: uuid.UUID, now: datetime) -> None:
    try:
        with transaction.atomic():
            _adjust_locked(correction, {wallet_id: lock_wallet(wallet_id)}, now)
    except WalletBusy as busy:
        _note_exception(correction, wallet_id, busy, now)


def _adjust_locked(correction: RateCorrection, wallets: dict[uuid.UUID, Wallet], now: datetime) -> None:
    """Adjust wallets under their locks. Which are pending is asked again: it may have changed."""
    day, fund = correction.fund_day.date, correction.fund_day.fund
    corrected = CorrectedDay.objects.filter(group__in=wallets, date=day).select_related("entry")
    pending = list_pending(correction).filter(group__in=wallets).select_related("fund", "entry")
    earned = list(pending.prefetch_related(Prefetch("corrections", queryset=corrected)))
    if not earned:
        return
    enrollments = enrolled_at_end_of(fund, day).filter(group__in=[each.group_id for each in earned])
    enrolled_at = dict(enrollments.values_list("group", "enrolled_at"))
    bases = derive_bases(day=day, calendar=fund.trading_days, enrolled_at=enrolled_at)
    accounts = _read_accounts(enrolled_at)
    days: list[CorrectedDay] = []
    for each in earned:
        wallet = wallets[each.group_id]
        try:
            with transaction.atomic():
                adjustment = work_out(correction, each, bases[wallet.pk])
                days.append(adjust_wallet(wallet=wallet, adjustment=adjustment, accounts=accounts[wallet.pk], now=now))
        except Exception as error:
            _note_exception(correction, wallet.pk, error, now)
    CorrectedDay.objects.bulk_create(days)
    _resolve([each.group_id for each in days], day, now)


def _read_accounts(wallet_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Accounts]:
    """Read the stakes and the FUND accounts of wallets, by wallet and id."""
    accounts: dict[uuid.UUID, Accounts] = defaultdict(dict)
    kinds = [Account.Kind.STAKE, Account.Kind.FUND]
    for account in Account.objects.filter(wallet__in=wallet_ids, kind__in=kinds):
        accounts[account.wallet_id][account.pk] = account
    return accounts


def _note_exception(correction: RateCorrection, wallet_id: uuid.UUID, error: Exception, now: datetime) -> None:
    """Put a wallet on the list, and raise the alarm where that is news."""
    day, reason = correction.fund_day, error.code if isinstance(error, Refusal) else type(error).__name__
    detail = error.describe() if isinstance(error, Refusal) else str(error)
    exceptions = YieldException.objects.filter(group=wallet_id, date=day.date, resolved_at__isnull=True)
    is_known = exceptions.filter(reason=reason).exists()
    YieldException.objects.update_or_create(
        group_id=wallet_id,
        date=day.date,
        defaults={
            "fund_id": day.fund_id,
            "reason": reason,
            "detail": detail[:300],
            "seen_at": now,
            "resolved_at": None,
        },
    )
    if not is_known:
        wallet, number = str(wallet_id), correction.number
        logger.error(
            "yield_correction_exception", wallet=wallet, date=day.date.isoformat(), number=number, reason=reason
        )


def _resolve(wallet_ids: list[uuid.UUID], day: date, now: datetime) -> None:
    noted = YieldException.objects.filter(group__in=wallet_ids, date=day, resolved_at__isnull=True)
    noted.update(resolved_at=now)


@transaction.atomic
def _close(correction: RateCorrection, now: datetime) -> RateCorrection:
    """Finish the correction if the day is and the independent total agrees; else leave it short, and say so."""
    correction = (
        RateCorrection.objects.select_for_update(of=["self"]).select_related("fund_day__fund").get(pk=correction.pk)
    )
    if correction.state not in RateCorrection.DUE:
        return correction
    totals = count_corrected(correction)
    note, known = totals.find_fault() or _find_open_run(correction), correction.note
    correction.note, correction.checked_at = note, now
    correction.state = RateCorrection.State.SHORT if note else RateCorrection.State.FINISHED
    correction.wallets, correction.done, correction.changed = totals.wallets, totals.done, totals.changed
    correction.income_before, correction.income, correction.cut_off = (
        totals.income_before,
        totals.income,
        totals.cut_off,
    )
    correction.save()
    if note and note != known:
        logger.error("yield_correction_short", correction=str(correction.pk), day=str(correction.fund_day), note=note)
    return correction


def _find_open_run(correction: RateCorrection) -> str:
    """Say that wallets are still to be credited for the day itself: these come under the correction as well."""
    runs = YieldRun.objects.filter(fund=correction.fund_day.fund_id, date=correction.fund_day.date)
    is_open = runs.exclude(state=YieldRun.State.FINISHED).exists()
    return "the day itself is not finished" if is_open else ""
