"""What the sockets of one process share: their reads, the hints, and the watch that makes up for every lost hint.

    hints   one channel of the channel layer, a member of the group of every wallet that is followed here, and of the
    group
            for news about devices. The layer may drop any message, and may be away: then the watch does its work
    watch   every second one query for the newest numbers of all followed wallets and one for the connected devices

A hint or a look raises `newest`, which wakes the pumps that are behind; what there is to send, a pump reads by itself.
A wallet that the watch found changed before any hint told is joined again: its membership in the group may be lost, by
a flushed Redis or by age, and this mends it. The hub begins with the first socket of an event loop and ends with the
last.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Protocol

import structlog
from channels.layers import channel_layers
from django.conf import settings

from wallet.events.reads import Reads
from wallet.events.relay import DEVICES, WALLETS, wallet_group
from wallet.events.selectors import newest_sequences
from wallet.identity.selectors import live_devices

#: Connections to PostgreSQL of one process with sockets: these, and one for the watch.
READ_THREADS = 4
LAYER_TIMEOUT_SECONDS = 2
PAUSE_SECONDS = 1

log = structlog.get_logger(__name__)


class Follower(Protocol):
    """Somebody who is woken when a wallet they follow has something new."""

    def wake_up(self) -> None: ...


class Connected(Protocol):
    """A socket, which ends when its device may no longer speak."""

    device_id: uuid.UUID

    def log_out(self) -> None: ...


class Hub:
    """The shared part of the sockets of one event loop."""

    def __init__(self) -> None:
        self.reads = Reads(READ_THREADS)
        self.newest: dict[uuid.UUID, int] = {}
        self._followers: dict[uuid.UUID, set[Follower]] = {}
        self._sockets: set[Connected] = set()
        self._watch_reads = Reads(1)
        self._layer: Any = channel_layers.make_backend("default")
        self._channel = ""
        self._unsettled: set[str] = set()
        self._settling = asyncio.Event()
        self.users = 0
        self._failing: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    # --- who is here -------------------------------------------------------------------------------------------------
    def connect(self, socket: Connected) -> None:
        self._sockets.add(socket)

    def disconnect(self, socket: Connected) -> None:
        self._sockets.discard(socket)

    def follow(self, follower: Follower, wallet_id: uuid.UUID, newest: int) -> None:
        """Wake the follower now, and whenever the wallet has something new."""
        if wallet_id not in self._followers:
            self._settle(wallet_group(wallet_id))
        self._followers.setdefault(wallet_id, set()).add(follower)
        self.newest.setdefault(wallet_id, newest)
        self._tell(wallet_id, newest)  # which may be news to the others too
        follower.wake_up()

    def unfollow(self, follower: Follower, wallet_id: uuid.UUID) -> None:
        followers = self._followers.get(wallet_id, set())
        followers.discard(follower)
        if not followers and self._followers.pop(wallet_id, None) is not None:
            self.newest.pop(wallet_id, None)
            self._settle(wallet_group(wallet_id))

    def _tell(self, wallet_id: uuid.UUID, sequence: int) -> bool:
        """Take note of a number; say whether it was news."""
        if sequence <= self.newest.get(wallet_id, sequence):
            return False
        self.newest[wallet_id] = sequence
        for follower in self._followers[wallet_id]:
            follower.wake_up()
        return True

    def _log_out(self, is_out: Any) -> None:
        for socket in [socket for socket in self._sockets if is_out(socket.device_id)]:
            socket.log_out()

    # --- the watch ---------------------------------------------------------------------------------------------------
    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(settings.SOCKET_WATCH_SECONDS)
            await self._try("watch", self._look())

    async def _look(self) -> None:
        wallets, devices = list(self.newest), {socket.device_id for socket in self._sockets}
        newest, alive = await self._watch_reads.run(_look, wallets, devices)
        for wallet_id, sequence in newest.items():
            if self._tell(wallet_id, sequence):
                self._settle(wallet_group(wallet_id))
        self._log_out(lambda device_id: device_id in devices - alive)

    # --- the hints ---------------------------------------------------------------------------------------------------
    def _settle(self, group: str) -> None:
        """Join the group or leave it, soon, by whether anybody here then follows it."""
        self._unsettled.add(group)
        self._settling.set()

    async def _settle_groups(self) -> None:
        while True:
            await self._settling.wait()
            self._settling.clear()
            while self._unsettled:
                if not await self._try("groups", self._settle_one(self._unsettled.pop())):
                    await asyncio.sleep(PAUSE_SECONDS)

    async def _settle_one(self, group: str) -> None:
        is_wanted = group == DEVICES or uuid.UUID(group.removeprefix(WALLETS)) in self._followers
        settle = self._layer.group_add if is_wanted else self._layer.group_discard
        try:
            async with asyncio.timeout(LAYER_TIMEOUT_SECONDS):
                await settle(group, self._channel)
        except Exception:
            self._unsettled.add(group)
            raise

    async def _hear(self) -> None:
        while True:
            if not await self._try("hear", self._hear_one()):
                await asyncio.sleep(PAUSE_SECONDS)
                self._settle_all()

    def _settle_all(self) -> None:
        for group in [DEVICES, *map(wallet_group, self._followers)]:
            self._settle(group)

    async def _hear_one(self) -> None:
        hint = await self._layer.receive(self._channel)
        if hint["type"] == "wallet.news":
            self._tell(uuid.UUID(hint["wallet"]), hint["sequence"])
        elif hint["type"] == "device.revoked":
            self._log_out(uuid.UUID(hint["device"]).__eq__)

    # --- living through what is away ----------------------------------------------------------------------------------
    async def _try(self, what: str, attempt: Coroutine[Any, Any, None]) -> bool:
        """Try; whatever a server that is away raises is logged once, until it is back."""
        try:
            await attempt
        except Exception as error:
            if what not in self._failing:
                log.warning("sockets_failing", what=what, error=repr(error))
            self._failing.add(what)
            return False
        if what in self._failing:
            log.info("sockets_working_again", what=what)
            self._failing.discard(what)
        return True

    async def start(self) -> None:
        self._channel = await self._layer.new_channel()
        self._settle(DEVICES)
        self._tasks = [asyncio.create_task(work) for work in (self._watch(), self._hear(), self._settle_groups())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._try("stop", self._close_layer())
        await self.reads.close()
        await self._watch_reads.close()

    async def _close_layer(self) -> None:
        async with asyncio.timeout(LAYER_TIMEOUT_SECONDS):
            for group in self._unsettled | {DEVICES}:
                await self._layer.group_discard(group, self._channel)
            await self._layer.close_pools()


def _look(wallets: list[uuid.UUID], devices: set[uuid.UUID]) -> tuple[dict[uuid.UUID, int], set[uuid.UUID]]:
    newest = newest_sequences(wallets) if wallets else {}
    return newest, set(live_devices().filter(id__in=devices).values_list("id", flat=True))


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


@contextlib.asynccontextmanager
async def join_hub() -> AsyncIterator[Hub]:
    """Be one of those who share the hub of this event loop; the first starts it, the last stops it."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop) or _hubs.setdefault(loop, Hub())
    hub.users += 1
    try:
        if hub.users == 1:
            await hub.start()
        yield hub
    finally:
        hub.users -= 1
        if not hub.users:
            del _hubs[loop]
            await hub.stop()
