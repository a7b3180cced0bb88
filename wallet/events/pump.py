"""Delivery to one websocket: events of each group in order, without gaps, at least once.

All that is kept of a group is a cursor: the number of the last event sent. Woken, the pump reads a page from PostgreSQL
for each group that is behind, sends it, and moves the cursor after each frame. Nothing is queued, so a socket that is
slow, or a group that is far behind, costs no more than a page. Each read asks anew how far the person may see
(`selectors.read_page`), and so does each heartbeat.
"""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from django.conf import settings

from wallet.events.codes import CloseCode, Closing, ErrorCode
from wallet.events.frames import write, write_groups
from wallet.events.hub import Hub
from wallet.events.kinds import present
from wallet.events.line import Line
from wallet.events.readers import Range
from wallet.events.reads import AWAY
from wallet.events.selectors import Position, find_positions, read_page

PAUSE_SECONDS = 1

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Cursor:
    """How far a group has been sent. `is_member`: the person was in the group when they began to follow it."""

    group: uuid.UUID
    sent: int
    is_member: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames ready to be sent, with their numbers."""

    frames: list[tuple[int, str]]
    range: Range | None


class Pump:
    """Sends what is new in the groups that one person follows on one websocket."""

    def __init__(self, user_id: uuid.UUID, line: Line, hub: Hub) -> None:
        self.cursors: dict[uuid.UUID, Cursor] = {}
        self._user_id, self._line, self._hub = user_id, line, hub
        self._awake = asyncio.Event()
        self._beat_at = self._next_beat()

    def wake_up(self) -> None:
        self._awake.set()

    def follow(self, group: uuid.UUID, after: int, position: Position) -> None:
        """Send the group's events from after this number."""
        self.cursors[group] = Cursor(group, after, position.range.until is None)
        self._hub.follow(self, group, position.newest)

    def unfollow(self, group: uuid.UUID) -> None:
        if self.cursors.pop(group, None):
            self._hub.unfollow(self, group)

    def stop(self) -> None:
        for group in list(self.cursors):
            self.unfollow(group)

    async def run(self) -> None:
        """Deliver until cancelled.

        :raises Closing: when the socket is to be closed.
        :raises Gone: when the client is no longer there.
        """
        while True:
            try:
                await self._wait()
                await self._deliver()
                if self._is_beat_due():
                    await self._beat()
            except AWAY as error:
                log.warning("socket_read_failed", error=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)
                self.wake_up()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout_at(self._beat_at):
                await self._awake.wait()
        except TimeoutError:
            return
        self._awake.clear()

    # --- events ------------------------------------------------------------------------------------------------------
    async def _deliver(self) -> None:
        """Send a page of each group that is behind, in turn, until none is."""
        behind = list(self._behind())
        while behind and not self._is_beat_due():
            moved = [await self._send_page(cursor) for cursor in behind]
            behind = list(self._behind()) if any(moved) else []
        if behind:
            self.wake_up()

    def _behind(self) -> Iterator[Cursor]:
        return (cursor for cursor in self.cursors.values() if cursor.sent < self._hub.newest.get(cursor.group, 0))

    async def _send_page(self, cursor: Cursor) -> bool:
        """Send the next page of a group; say whether that brought it on."""
        sent = cursor.sent
        batch = await self._hub.reads.run(_read_batch, self._user_id, cursor.group, sent, settings.SOCKET_PAGE)
        for sequence, frame in batch.frames:
            if self.cursors.get(cursor.group) is not cursor:
                return True  # unfollowed, or followed from somewhere else, while this was read or sent
            if sequence != cursor.sent + 1:
                log.error("gap_in_events", wallet=str(cursor.group), after=cursor.sent, found=sequence)
                break
            await self._line.send(frame)
            cursor.sent = sequence
        if self.cursors.get(cursor.group) is cursor:
            await self._check(cursor, batch.range)
        return cursor.sent > sent

    async def _check(self, cursor: Cursor, allowed: Range | None) -> None:
        """Stop sending a group when the person has been sent all that they may see of it."""
        if allowed is None or (allowed.until is not None and cursor.sent >= allowed.until):
            self.unfollow(cursor.group)
            await self._line.send(write("error", code=ErrorCode.MEMBERSHIP_ENDED, group=str(cursor.group)))
            if cursor.is_member:
                raise Closing(CloseCode.MEMBERSHIP_ENDED, "connect again without this group")

    # --- heartbeats --------------------------------------------------------------------------------------------------
    def _next_beat(self) -> float:
        return asyncio.get_running_loop().time() + settings.SOCKET_HEARTBEAT_SECONDS

    def _is_beat_due(self) -> bool:
        return asyncio.get_running_loop().time() >= self._beat_at

    async def _beat(self) -> None:
        """Say how far every group is, having asked anew what the person may see."""
        self._beat_at = self._next_beat()
        followed = list(self.cursors.values())
        groups = [cursor.group for cursor in followed]
        positions = await self._hub.reads.run(find_positions, self._user_id, groups) if groups else {}
        for cursor in followed:
            position = positions.get(cursor.group)
            if self.cursors.get(cursor.group) is cursor:
                await self._check(cursor, position.range if position else None)
        newest = {group: position.newest for group, position in positions.items() if group in self.cursors}
        await self._line.send(write("heartbeat", groups=write_groups(newest)))


def _read_batch(user_id: uuid.UUID, wallet_id: uuid.UUID, after: int, limit: int) -> Batch:
    """Read a page and write its frames, off the event loop."""
    page = read_page(user_id=user_id, wallet_id=wallet_id, after=after, limit=limit)
    return Batch([(event.sequence, write("event", **present(event))) for event in page.events], page.range)
