"""Every kind of event there is, and what its data holds.

A room defines its kinds in its own `events.py`; nothing is recorded that is not defined. A kind is called to make a
draft, and refuses data that it does not name. In the books amounts are bare fen; `present` writes them for the wire,
where money is always `{"amount", "currency"}`.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from wallet.api.fields import money
from wallet.identity.models import User
from wallet.ledger.models import Event
from wallet.ledger.services import EventDraft

#: What the books themselves add to the event of an entry.
BY_THE_BOOKS = frozenset({"entry", "balance", "stakes"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event: its name, its text for people, the fields of its data, and which of them are amounts.

    `money` names amounts, `shares` maps from a member to an amount.
    """

    name: str
    text: Any
    fields: frozenset[str]
    money: frozenset[str]
    shares: frozenset[str]
    posts: bool

    def __call__(self, *, actor: User | uuid.UUID | None = None, **data: Any) -> EventDraft:
        """Draft an event of this kind. Ids and dates are written as text."""
        assert set(data) == self.fields, f"{self.name}: {sorted(set(data) ^ self.fields)}"
        actor_id = actor.pk if isinstance(actor, User) else actor
        return EventDraft(self.name, {name: _plain(value) for name, value in data.items()}, actor_id)


_kinds: dict[str, Kind] = {}


def define(
    name: str,
    text: Any,
    *,
    fields: Sequence[str] = (),
    money: Sequence[str] = (),
    shares: Sequence[str] = (),
    posts: bool = False,
) -> Kind:
    """Define a kind of event. `posts` says that it comes with an entry, so its data has balance and stakes as well."""
    assert name not in _kinds, f"{name} is defined twice"
    everything = frozenset(fields) | frozenset(money) | frozenset(shares)
    kind = Kind(name, text, everything, frozenset(money), frozenset(shares), posts)
    _kinds[name] = kind
    return kind


def get_kind(name: str) -> Kind:
    """Get a kind by its name."""
    return _kinds[name]


def list_kinds() -> list[Kind]:
    """List every kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def present(event: Event) -> dict[str, Any]:
    """Write an event for the wire."""
    return {
        "group": str(event.wallet_id),
        "sequence": event.sequence,
        "kind": event.kind,
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "actor": str(event.actor_id) if event.actor_id else None,
        "data": _present_data(get_kind(event.kind), event.data),
    }


def _present_data(kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    shown = dict(data)
    for name in kind.money & set(data):
        shown[name] = money(data[name]) if data[name] is not None else None
    for name in kind.shares & set(data):
        shown[name] = _present_shares(data[name])
    if kind.posts:
        shown["balance"], shown["stakes"] = money(data["balance"]), _present_shares(data["stakes"])
    return shown


def _present_shares(shares: dict[str, int]) -> dict[str, dict[str, Any]]:
    return {holder: money(share) for holder, share in shares.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
