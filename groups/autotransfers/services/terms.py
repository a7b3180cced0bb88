"""What a standing order says, as it is asked for, proposed and changed; and which change tightens."""

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from groups.autotransfers.errors import AutoTransferTooLarge
from groups.autotransfers.models import AutoTransfer
from groups.autotransfers.recurrence import Every
from groups.members.models import Group

CATCHES_LESS = list(AutoTransfer.CatchUp)


@dataclass(frozen=True, slots=True)
class Terms:
    """Amounts are fen. `starts_on` is today and `day` that day, where they are not said."""

    amount: int
    every: str
    at: time
    source: uuid.UUID | None = None
    payee: uuid.UUID | None = None
    memo: str = ""
    day: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    runs_max: int | None = None
    goal: int | None = None
    catch_up: str = AutoTransfer.CatchUp.LATEST

    @property
    def payload(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, payload: dict[str, Any]) -> "Terms":
        """Read what a proposal holds, where ids, dates and times are texts."""
        told = {name: payload[name] for name in cls.__dataclass_fields__}
        for name, kind in (("source", uuid.UUID), ("payee", uuid.UUID)):
            told[name] = kind(told[name]) if told[name] else None
        for name in ("starts_on", "ends_on"):
            told[name] = date.fromisoformat(told[name]) if told[name] else None
        return cls(**{**told, "at": time.fromisoformat(told["at"])})


def terms_of(order: AutoTransfer) -> Terms:
    """Read the terms of an order."""
    told = {name: getattr(order, name) for name in Terms.__dataclass_fields__ if name not in ("source", "payee")}
    return Terms(**told, source=order.source_id, payee=order.payee_id)


def complete(terms: Terms, group: Group, now: datetime) -> Terms:
    """Fill in what was left open, and refuse what no order may move.

    :raises AutoTransferTooLarge: above `AUTO_TRANSFER_MAX_FEN` a run.
    """
    if terms.amount > settings.AUTO_TRANSFER_MAX_FEN:
        raise AutoTransferTooLarge(limit=settings.AUTO_TRANSFER_MAX_FEN)
    starts_on = terms.starts_on or now.astimezone(ZoneInfo(group.time_zone)).date()
    day = (terms.day or starts_on.day) if terms.every == Every.MONTH else None
    return replace(terms, starts_on=starts_on, day=day)


def loosens(old: Terms, new: Terms) -> bool:
    """Say whether a change of an outgoing order lets out more, sooner or elsewhere, or may: all else tightens."""
    if (old.payee, old.day, old.at, old.starts_on, old.memo) != (new.payee, new.day, new.at, new.starts_on, new.memo):
        return True
    return (
        new.amount > old.amount
        or new.every != old.every
        or _is_later(old.ends_on, new.ends_on)
        or _is_later(old.runs_max, new.runs_max)
        or _is_later(old.goal, new.goal)
        or CATCHES_LESS.index(AutoTransfer.CatchUp(new.catch_up))
        < CATCHES_LESS.index(AutoTransfer.CatchUp(old.catch_up))
    )


def _is_later(old: Any, new: Any) -> bool:
    """Compare two ends, of which None is no end at all."""
    return old is not None and (new is None or new > old)
