"""What leaves on a websocket: every frame within a time, and at the end a close code, even to who does not read.

A client that stops reading fills the server's buffer (64 KB), and then a send waits. It may wait so long and no longer;
what is held for a socket is that buffer and the page being sent, never a queue.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from wallet.events.codes import CloseCode, Closing, Gone

Send = Callable[[dict[str, Any]], Awaitable[None]]
#: How long somebody who does not read has, to take what is buffered and the close code behind it.
FAREWELL_SECONDS = 5
CLOSE_TIMEOUT_SECONDS = 1


class Line:
    """The sending side of one websocket."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def send(self, text: str) -> None:
        """Send a frame.

        :raises Closing: with SLOW_READER, when the client does not take it in time.
        :raises Gone: when the client is no longer there.
        """
        try:
            async with asyncio.timeout(settings.SOCKET_SEND_TIMEOUT_SECONDS):
                await self._send({"type": "websocket.send", "text": text})
        except TimeoutError:
            raise Closing(CloseCode.SLOW_READER, "read faster, then resume") from None
        except OSError:
            raise Gone from None

    async def close(self, code: int, reason: str) -> None:
        """Close, whatever state the client is in."""
        if _force_close(self._send, code, reason):
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except (OSError, RuntimeError):
            pass  # the client closed first


def _force_close(send: Any, code: int, reason: str) -> bool:
    """Close past a full buffer; say whether that was needed and possible.

    Uvicorn's send waits for room before anything, so by it nobody with a full buffer could be told to go, nor be
    dropped: its connection would live as long as the client keeps it open. So the close frame is put behind the
    buffer directly, and the connection is cut a little later. Under another server nothing of this is found, and
    the ordinary way is tried.
    """
    protocol = getattr(send, "__self__", None)
    writable, connection = getattr(protocol, "writable", None), getattr(protocol, "conn", None)
    transport = getattr(protocol, "transport", None)
    if writable is None or connection is None or transport is None or writable.is_set():
        return False
    try:
        connection.send_close(code, reason)
    except Exception:  # whatever a connection raises that is closed already
        return False
    transport.write(b"".join(connection.data_to_send()))
    asyncio.get_running_loop().call_later(FAREWELL_SECONDS, transport.abort)
    return True
