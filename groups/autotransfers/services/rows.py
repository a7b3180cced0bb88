"""How rows of this room are written and told of, under the wallet's lock."""

from datetime import date, datetime, timedelta
from typing import Any

from groups.autotransfers import events
from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.recurrence import dates_after, due_at
from wallet.events.kinds import Kind
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import record_event

#: No date of any zone is farther from the date in UTC, one that a zone leaves out included.
ZONES_DIFFER = timedelta(days=3)


def write(row: AutoTransfer | AutoTransferRun, **fields: Any) -> None:
    """Change a row, here and in the database."""
    for name, value in fields.items():
        setattr(row, name, value)
    type(row)._default_manager.filter(group=row.group_id, pk=row.pk).update(**fields)


def plan(order: AutoTransfer, now: datetime | None = None) -> dict[str, Any]:
    """Find an order's next occurrence, with `now` only one that is still to come; nothing but None where it is over."""
    nothing = {"next_on": None, "due_at": None, "sweep_at": None}
    if order.runs_max is not None and order.passed >= order.runs_max:
        return nothing
    schedule, zone = order.schedule, order.group.time_zone
    for day in dates_after(schedule, _search_after(order.last_on, now)):
        moment = due_at(schedule, day, zone)
        if now is None or moment > now:
            return {"next_on": day, "due_at": moment, "sweep_at": moment}
    return nothing


def _search_after(last_on: date | None, now: datetime | None) -> date | None:
    """Say after which date to look: nothing is still to come whose date, in whatever zone, was days ago."""
    if now is None:
        return last_on
    days_ago = now.date() - ZONES_DIFFER
    return days_ago if last_on is None else max(last_on, days_ago)


def tell_terms(wallet: Wallet, kind: Kind, order: AutoTransfer, actor: User, now: datetime) -> None:
    """Record an event that tells all the terms of an order."""
    told = ("memo", "every", "day", "starts_on", "ends_on", "runs_max", "catch_up", "next_on", "direction")
    other_side = order.source or order.payee
    assert other_side is not None
    event = kind(
        actor=actor,
        order=order.pk,
        user=order.user_id,
        other_side=str(other_side),
        at=order.at.isoformat("minutes"),
        amount=order.amount,
        goal=order.goal,
        **{name: getattr(order, name) for name in told},
    )
    record_event(wallet=wallet, event=event, now=now)


def tell_run(wallet: Wallet, kind: Kind, order: AutoTransfer, run: AutoTransferRun, now: datetime, **more: Any) -> None:
    """Record an event about a run."""
    event = kind(
        order=order.pk,
        run=run.pk,
        user=order.user_id,
        direction=order.direction,
        due_on=run.due_on,
        amount=run.amount,
        **more,
    )
    record_event(wallet=wallet, event=event, now=now)


def miss(wallet: Wallet, order: AutoTransfer, run: AutoTransferRun, code: str, now: datetime) -> None:
    """Write down, for everybody to see, that a run did not happen."""
    status = AutoTransferRun.Status.MISSED
    write(run, status=status, failure_code=code, next_at=None, sweep_at=None, by_hand=False, final_at=now)
    tell_run(wallet, events.auto_run_missed, order, run, now, failure_code=code)
