"""Reads of the numbered stream, the only truth about it; a push is but a hint to read here.

The order inside these reads is a law: first what happened, then who may know it. The other way round, an event that
is committed between the two reads could reach somebody who was removed just before it.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from wallet.events.readers import Range, find_range, find_ranges
from wallet.ledger.models import Event, Wallet
from wallet.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order, as far as the reader may see; `range` None says that the reader may not know of the wallet."""

    events: list[Event]
    range: Range | None


@dataclass(frozen=True, slots=True)
class Position:
    """The newest number of a wallet that the reader may see, and how far they may see at all."""

    newest: int
    range: Range


def list_events(wallet_id: uuid.UUID, *, limit: int, after: int = 0, until: int | None = None) -> list[Event]:
    """List up to `limit` events of a wallet numbered above `after`, in order."""
    events = Event.objects.filter(wallet=wallet_id, sequence__gt=after)
    if until is not None:
        events = events.filter(sequence__lte=until)
    return list(events.order_by("sequence")[:limit])


def newest_sequences(wallet_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Read the newest number of each of these wallets, in one query."""
    return dict(Wallet.objects.filter(id__in=wallet_ids).values_list("id", "sequence"))


def read_page(*, user_id: uuid.UUID, wallet_id: uuid.UUID, after: int, limit: int) -> Page:
    """Read the next events that this person may see."""
    events = list_events(wallet_id, after=after, limit=limit)
    allowed = find_range(user_id, wallet_id)
    if allowed is None:
        return Page([], None)
    return Page([event for event in events if allowed.allows(event.sequence)], allowed)


def get_page(*, user_id: uuid.UUID, wallet_id: uuid.UUID, after: int, limit: int) -> Page:
    """Read the next events that this person may see.

    :raises NotFound: when they may not know of the wallet.
    """
    page = read_page(user_id=user_id, wallet_id=wallet_id, after=after, limit=limit)
    if page.range is None:
        raise NotFound
    return page


def find_positions(user_id: uuid.UUID, wallet_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Position]:
    """Find how far each of these wallets is, as far as this person may see; those they may not know of are missing."""
    newest = newest_sequences(wallet_ids)
    ranges = find_ranges(user_id, wallet_ids)
    return {
        wallet_id: Position(ranges[wallet_id].cap(sequence), ranges[wallet_id])
        for wallet_id, sequence in newest.items()
        if wallet_id in ranges
    }
