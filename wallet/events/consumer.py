"""One websocket, from handshake to close code. The protocol is in docs/realtime.md.

Two tasks live as long as it does: one hears what the client says, the pump sends what happens. Whichever ends first,
or the hub with news of a revoked device, ends both; how, is the close code. A plain ASGI application and not one of
Channels' consumers, because those die with their channel layer, and here a layer that is away costs speed and no more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from django.conf import settings

from wallet.events.codes import INTERNAL_ERROR, CloseCode, Closing, ErrorCode, Gone
from wallet.events.frames import (
    FRAME_BYTES_MAX,
    Ack,
    BadFrame,
    Frame,
    Subscribe,
    UnknownType,
    Unsubscribe,
    parse,
    write,
    write_groups,
)
from wallet.events.handshake import SUBPROTOCOL, Scope, refuse, shake_hands
from wallet.events.hub import Hub, join_hub
from wallet.events.line import Line, Send
from wallet.events.pace import Pace
from wallet.events.pump import Pump
from wallet.events.reads import AWAY
from wallet.events.selectors import Position, find_positions
from wallet.identity.models import Device
from wallet.refusals import Refusal

Receive = Callable[[], Awaitable[dict[str, Any]]]

log = structlog.get_logger(__name__)


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one websocket."""
    async with join_hub() as hub:
        await receive()  # websocket.connect
        try:
            device = await shake_hands(scope, hub.reads)
        except Refusal as refusal:
            await refuse(scope, send, refusal)
            return
        offered = SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None
        await send({"type": "websocket.accept", "subprotocol": offered})
        await Socket(device, receive, Line(send), hub).run()


class Socket:
    """A websocket that is open."""

    def __init__(self, device: Device, receive: Receive, line: Line, hub: Hub) -> None:
        self.device_id = device.pk
        self._user_id = device.user_id
        self._receive, self._line, self._hub = receive, line, hub
        self._pump = Pump(device.user_id, line, hub)
        self._pace = Pace()
        self._logged_out = asyncio.Event()

    def log_out(self) -> None:
        """End, because the device may no longer speak."""
        self._logged_out.set()

    async def run(self) -> None:
        """Hear and send until one of both ends, then close."""
        self._hub.connect(self)
        tasks = [asyncio.create_task(work) for work in (self._end_logged_out(), self._hear(), self._pump.run())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.disconnect(self)
            self._pump.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._end(next(task for task in tasks if task in done).exception())

    async def _end(self, reason: BaseException | None) -> None:
        if isinstance(reason, Closing):
            await self._line.close(reason.code, reason.reason)
        elif reason is not None and not isinstance(reason, Gone):
            log.error("socket_failed", exc_info=reason)
            await self._line.close(INTERNAL_ERROR, "connect again and resume")

    async def _end_logged_out(self) -> None:
        await self._logged_out.wait()
        raise Closing(CloseCode.LOGGED_OUT, "log in again")

    # --- what the client says ----------------------------------------------------------------------------------------
    async def _hear(self) -> None:
        while (message := await self._receive())["type"] != "websocket.disconnect":
            try:
                await self._obey(self._parse(message.get("text")))
            except UnknownType:
                self._pace.count_command()
                await self._error(ErrorCode.UNKNOWN_TYPE)
            except BadFrame as fault:
                await self._error(ErrorCode.BAD_FRAME, detail=str(fault))
                raise Closing(CloseCode.BAD_FRAME, str(fault)) from None

    def _parse(self, text: str | None) -> Frame:
        if text is None:
            raise BadFrame("frames are text")
        if len(text) > FRAME_BYTES_MAX or len(text.encode()) > FRAME_BYTES_MAX:
            raise Closing(CloseCode.FRAME_TOO_LARGE, f"{FRAME_BYTES_MAX} bytes at most")
        return parse(text)

    async def _obey(self, frame: Frame) -> None:
        if isinstance(frame, Ack):
            await self._pace.wait_for_ack()
            await self._ack(frame)
            return
        self._pace.count_command()
        if isinstance(frame, Unsubscribe):
            await self._unsubscribe(frame)
        else:
            await self._subscribe(frame)

    async def _subscribe(self, frame: Subscribe) -> None:
        if len(self._pump.cursors.keys() | frame.groups) > settings.SOCKET_GROUPS_MAX:
            raise Closing(CloseCode.TOO_MANY_GROUPS, f"{settings.SOCKET_GROUPS_MAX} groups at most")
        try:
            positions = await self._hub.reads.run(find_positions, self._user_id, list(frame.groups))
        except AWAY:
            for group in frame.groups:
                await self._error(ErrorCode.UNAVAILABLE, group=str(group))
            return
        accepted = {}
        for group, after in frame.groups.items():
            if error := _find_fault(positions.get(group), after):
                await self._error(error, group=str(group))
            else:
                accepted[group] = positions[group].newest
        if accepted:
            await self._line.send(write("subscribed", groups=write_groups(accepted)))
        for group in accepted:
            self._pump.follow(group, frame.groups[group], positions[group])

    async def _unsubscribe(self, frame: Unsubscribe) -> None:
        for group in frame.groups:
            self._pump.unfollow(group)
        await self._line.send(write("unsubscribed", groups=[str(group) for group in frame.groups]))

    async def _ack(self, frame: Ack) -> None:
        """Check an acknowledgement. Nothing is stored of it: where to resume, the client says."""
        cursor = self._pump.cursors.get(frame.group)
        if cursor is None:
            await self._error(ErrorCode.NOT_SUBSCRIBED, group=str(frame.group))
        elif frame.sequence > cursor.sent:
            await self._error(ErrorCode.SEQUENCE_AHEAD, group=str(frame.group))

    async def _error(self, code: ErrorCode, **members: str) -> None:
        await self._line.send(write("error", code=code, **members))


def _find_fault(position: Position | None, after: int) -> ErrorCode | None:
    if position is None:
        return ErrorCode.NOT_FOUND
    if after > position.newest:
        return ErrorCode.SEQUENCE_AHEAD
    if position.range.until is not None and after >= position.range.until:
        return ErrorCode.MEMBERSHIP_ENDED
    return None
