"""What is due happens, once: an occurrence is claimed, started and finished under the wallet's lock.

Claimed: a row of its own, unique by order and date, in the commit that moves the order on to its next date. Started: a
contribution or withdrawal whose reference in the books is the occurrence's (`auto-transfer:<order>:<date>`). Finished:
by the outcome of that, once. A refusal, or a bank that says no, is an outcome too: it is tried again, at last missed.
"""

import uuid
from datetime import datetime, timedelta
from itertools import accumulate, takewhile

from django.conf import settings
from django.db import transaction

from groups.autotransfers import events
from groups.autotransfers.errors import AutoTransferTooLarge, RunNotUnpaid
from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.recurrence import dates_after, due_at
from groups.autotransfers.selectors import brought, get_order, get_run
from groups.autotransfers.services.ending import STOPPED, end
from groups.autotransfers.services.rows import miss, plan, tell_run, write
from groups.funding.models import Contribution, Withdrawal
from groups.funding.services import start_contribution
from groups.funding.services.shared import send
from groups.members.errors import NotAllowed
from groups.members.rights import Right
from groups.members.selectors import access_group
from wallet.identity.models import User
from wallet.ledger.errors import WalletBusy
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet
from wallet.rails.selectors import get_payee, get_source
from wallet.rails.services.booking import NO_ANSWER
from wallet.refusals import Refusal

Status = AutoTransferRun.Status
#: How many of the runs that are due happen, the last ones, however late; of `all`, as many as the settings say.
CAUGHT_UP: dict[str, int] = {AutoTransfer.CatchUp.LATEST: 1, AutoTransfer.CatchUp.NONE: 0}


# --- claiming ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def run_order(*, group_id: uuid.UUID, order_id: uuid.UUID, now: datetime) -> int:
    """Let what is due of an order happen, and say how many occurrences there were. Any number of workers may try."""
    wallet = lock_wallet(group_id)
    return take_due(wallet, get_order(group_id, order_id), now)


def take_due(wallet: Wallet, order: AutoTransfer, now: datetime) -> int:
    """Claim and start what is due of an order, under the lock that the caller holds, and move it on."""
    if order.due_at is None or order.due_at > now:
        return 0
    due = _list_due(order, now)
    kept = _catch_up(order, due, now)
    move_on(wallet, order, due[-1], len(due), now)
    for run in due:
        _begin(wallet, order, run, now, is_kept=run in kept)
    return len(due)


def _list_due(order: AutoTransfer, now: datetime) -> list[AutoTransferRun]:
    """List the occurrences whose moment has come, not written yet. The first stands in the order as it was planned."""
    assert order.next_on is not None
    assert order.due_at is not None
    schedule, zone = order.schedule, order.group.time_zone
    later = ((day, due_at(schedule, day, zone)) for day in dates_after(schedule, order.next_on))
    due = [(order.next_on, order.due_at), *takewhile(lambda each: each[1] <= now, later)]
    if order.runs_max is not None:
        due = due[: order.runs_max - order.passed]
    return [AutoTransferRun(group=order.group, order=order, due_on=day, due_at=moment) for day, moment in due]


def _catch_up(order: AutoTransfer, due: list[AutoTransferRun], now: datetime) -> list[AutoTransferRun]:
    """Choose what still happens of what is due: what is on time; and after an outage what the order says.

    After a change of the zone a date can be due before the one that was planned; it is not late before that one is.
    """
    late = timedelta(minutes=settings.AUTO_TRANSFER_LATE_MINUTES)
    moments = accumulate((run.due_at for run in due), max)
    on_time = sum(now - moment <= late for moment in moments)
    caught_up = CAUGHT_UP.get(order.catch_up, settings.AUTO_TRANSFER_CATCH_UP_MAX)
    return due[max(0, len(due) - max(on_time, caught_up)) :]


def move_on(wallet: Wallet, order: AutoTransfer, last: AutoTransferRun, count: int, now: datetime) -> None:
    """Count occurrences, and plan the one after the last of them; without one, the order is done."""
    write(order, passed=order.passed + count, last_on=last.due_on)
    following = plan(order)
    if following["next_on"] is None:
        end(wallet, order, AutoTransfer.EndReason.DONE, now)
    else:
        write(order, **following)


def _begin(wallet: Wallet, order: AutoTransfer, run: AutoTransferRun, now: datetime, *, is_kept: bool) -> None:
    run.amount = _amount_of(order)
    if not is_kept or run.amount <= 0:
        skip(wallet, order, run, "outage" if not is_kept else "goal", now)
        return
    run.status, run.first_tried_at = Status.RETRYING, now
    run.next_at = run.sweep_at = now
    run.save(force_insert=True)
    try_run(wallet, order, run, now)


def _amount_of(order: AutoTransfer) -> int:
    """Say how much a new run moves (fen): no more than the goal still needs, if all that is open succeeds."""
    if order.goal is None:
        return order.amount
    return min(order.amount, order.goal - brought(order, AutoTransferRun.COUNTS))


def skip(
    wallet: Wallet, order: AutoTransfer, run: AutoTransferRun, reason: str, now: datetime, actor: User | None = None
) -> None:
    """Write down that an occurrence is left out, and why."""
    run.status, run.final_at = Status.SKIPPED, now
    run.amount = order.amount
    run.save(force_insert=True)
    tell_run(wallet, events.auto_run_skipped, order, run, now, actor=actor, reason=reason)


# --- trying -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def retry_run(*, group_id: uuid.UUID, run_id: uuid.UUID, now: datetime) -> bool:
    """Try a run again, if its time has come, and say whether it was tried. Any number of workers may try."""
    wallet = lock_wallet(group_id)
    run = get_run(group_id, run_id)
    if run.status != Status.RETRYING or run.next_at is None or run.next_at > now:
        return False
    try_run(wallet, get_order(group_id, run.order_id), run, now)
    return True


def try_run(wallet: Wallet, order: AutoTransfer, run: AutoTransferRun, now: datetime) -> None:
    """Start moving the money; what is refused counts as a try."""
    write(run, tries=run.tries + 1)
    try:
        with transaction.atomic():
            if run.amount > settings.AUTO_TRANSFER_MAX_FEN:
                raise AutoTransferTooLarge(limit=settings.AUTO_TRANSFER_MAX_FEN)
            movement = (
                _collect(wallet, order, run, now) if order.direction == "in" else _pay_out(wallet, order, run, now)
            )
    except WalletBusy:  # no try was made; the next sweep makes it
        raise
    except Refusal as refusal:
        _fail(wallet, order, run, refusal.code, now)
        return
    _under_way(wallet, order, run, movement, now)


def _collect(wallet: Wallet, order: AutoTransfer, run: AutoTransferRun, now: datetime) -> Contribution:
    assert order.source_id is not None
    group = access_group(order.user, wallet.pk, Right.CONTRIBUTE).group
    return start_contribution(
        wallet=wallet,
        group=group,
        user=order.user,
        source=get_source(order.user, order.source_id),
        amount=run.amount,
        actor=None,
        now=now,
        reference=run.reference,
    )


def _pay_out(wallet: Wallet, order: AutoTransfer, run: AutoTransferRun, now: datetime) -> Withdrawal:
    """Pay the payee: judged by the rules now. What all have agreed to is asked of nobody again, and counted."""
    assert order.payee_id is not None
    group = access_group(order.user, wallet.pk, Right.SPEND).group
    # What came back stands in the books under its try; so each has a reference of its own.
    suffix = f":{run.tries}" if run.tries > 1 else ""
    withdrawal = Withdrawal.objects.create(
        group=group,
        user=order.user,
        payee=get_payee(wallet.pk, order.payee_id),
        amount=run.amount,
        memo=order.memo,
        borne_by=Withdrawal.BorneBy.GROUP,
        status=Withdrawal.Status.WAITING,
        reference=run.reference + suffix,
        created_at=now,
    )
    send(wallet, withdrawal, now)
    return withdrawal


def _under_way(
    wallet: Wallet,
    order: AutoTransfer,
    run: AutoTransferRun,
    movement: Contribution | Withdrawal,
    now: datetime,
    *,
    by_hand: bool = False,
) -> None:
    moves = {"contribution" if isinstance(movement, Contribution) else "withdrawal": movement}
    write(
        run,
        status=Status.UNDER_WAY,
        failure_code="",
        next_at=None,
        sweep_at=None,
        final_at=None,
        by_hand=by_hand,
        was_missed=run.status == Status.MISSED,
        **moves,
    )
    tell_run(wallet, events.auto_run_started, order, run, now, by_hand=by_hand)


def _fail(wallet: Wallet, order: AutoTransfer, run: AutoTransferRun, code: str, now: datetime) -> None:
    """Let a run be tried again at its next hour, counted from the first try; after the last one it is missed.

    So it is at once where it had been missed before it was paid by hand; and where the bank has given no answer: it may
    have moved the money, and a try would move it twice.
    """
    hours = settings.AUTO_TRANSFER_RETRY_HOURS
    is_stopped = order.status != AutoTransfer.Status.ACTIVE and order.end_reason != AutoTransfer.EndReason.DONE
    if is_stopped or run.was_missed or code == NO_ANSWER or run.tries > len(hours):
        miss(wallet, order, run, STOPPED if is_stopped else code, now)
        return
    assert run.first_tried_at is not None
    next_at = max(now, run.first_tried_at + timedelta(hours=hours[run.tries - 1]))
    write(run, status=Status.RETRYING, failure_code=code, next_at=next_at, sweep_at=next_at, by_hand=False)
    tell_run(wallet, events.auto_run_retried, order, run, now, failure_code=code, next_at=next_at)


# --- outcomes ---------------------------------------------------------------------------------------------------------
def hear_outcome(wallet: Wallet, movement: Contribution | Withdrawal, now: datetime) -> None:
    """Finish the run whose money has moved, or has not.

    What the rail has moved after all, though it had failed, settles a run that waits for its next try or is missed. Has
    another try begun meanwhile, both have moved, and the run stays with the later.
    """
    if not movement.reference:
        return
    field = "contribution" if isinstance(movement, Contribution) else "withdrawal"
    _name, order_id, due_on = movement.reference.split(":")[:3]
    run = AutoTransferRun.objects.get(group=wallet.pk, order=uuid.UUID(order_id), due_on=due_on)
    is_late = run.status != Status.UNDER_WAY or getattr(run, f"{field}_id") != movement.pk
    order = get_order(wallet.pk, run.order_id)
    if movement.status == movement.Status.FAILED:
        _fail(wallet, order, run, movement.failure_code, now)
        return
    if is_late and run.status in (Status.UNDER_WAY, Status.SETTLED):
        return
    write(run, status=Status.SETTLED, final_at=now, next_at=None, sweep_at=None, failure_code="", **{field: movement})
    tell_run(wallet, events.auto_run_settled, order, run, now, by_hand=run.by_hand)
    if order.goal is not None and order.status != AutoTransfer.Status.ENDED and brought(order) >= order.goal:
        end(wallet, order, AutoTransfer.EndReason.GOAL, now)


@transaction.atomic
def pay_by_hand(
    *, actor: User, group_id: uuid.UUID, run_id: uuid.UUID, source_id: uuid.UUID, now: datetime
) -> AutoTransferRun:
    """Pay what an incoming run has not brought, from any of the member's own sources; no try of its own follows.

    The amount is the run's, which the member has ordered: what holds for contributions by hand does not limit it.

    :raises NotAllowed: for anybody but the order's member.
    :raises RunNotUnpaid: when the run is neither missed nor waiting for its next try.
    :raises SourceNotFound: when the source is not the actor's.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.CONTRIBUTE).group
    run = get_run(group_id, run_id)
    order = get_order(group_id, run.order_id)
    if order.direction != AutoTransfer.Direction.IN or actor.pk != order.user_id:
        raise NotAllowed(right="pay_auto_transfer")
    if run.status not in AutoTransferRun.UNPAID:
        raise RunNotUnpaid(status=run.status)
    contribution = start_contribution(
        wallet=wallet,
        group=group,
        user=actor,
        source=get_source(actor, source_id),
        amount=run.amount,
        actor=actor,
        now=now,
        reference=run.reference,
    )
    _under_way(wallet, order, run, contribution, now, by_hand=True)
    return run


def excuse(wallet: Wallet, run: AutoTransferRun, actor: User, now: datetime) -> None:
    """Excuse a missed run, as the others have decided, under the lock of their last vote."""
    write(run, status=Status.EXCUSED, final_at=now)
    tell_run(wallet, events.auto_run_excused, get_order(wallet.pk, run.order_id), run, now, actor=actor)
