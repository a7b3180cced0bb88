"""Hints, sent after commit, that a wallet has a new event: only to make sockets fast, never to make them right.

`announce` is called from threads of WSGI servers, from Celery workers and from event loops. It neither blocks nor
raises: it notes the wallet's newest number for one daemon thread of this process, which sends it through Channels'
group of the wallet. A wallet whose hint is still waiting is noted once, with the newer number; when too many wait,
hints are dropped. Whoever missed a hint finds the event by looking (`hub`). A process that forks leaves its thread
behind, so the child begins with an empty relay.

To send a hint takes more of a core than to record an event (0.8 ms against 0.5, measured 2026-11), and takes it from
the process that records. So hints are sent in batches, some milliseconds apart, and only for wallets that are followed,
which is one question for the whole batch (0.1 ms a hint).
"""

import asyncio
import itertools
import os
import threading
import uuid
from collections.abc import Hashable
from typing import Any

import structlog
from channels.layers import channel_layers
from channels_redis.core import RedisChannelLayer

from wallet.identity.models import Device

PENDING_MAX = 10_000
BATCH_MAX = 200
#: Between two batches. A hint that finds nothing waiting is sent at once.
BATCH_SECONDS = 0.02
SEND_TIMEOUT_SECONDS = 2
PAUSE_SECONDS = 1
#: Groups of those who follow a wallet.
WALLETS = "wallet."
#: The group of every process that has sockets, for news about devices.
DEVICES = "devices"

log = structlog.get_logger(__name__)


def wallet_group(wallet_id: uuid.UUID) -> str:
    """Name the channel layer's group of those who follow a wallet."""
    return f"{WALLETS}{wallet_id}"


class Relay:
    """The waiting hints of one process and the thread that sends them. The thread starts with the first hint."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[Hashable, tuple[str, dict[str, Any]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._is_down = False

    def put(self, key: Hashable, group: str, message: dict[str, Any]) -> None:
        """Note a hint; one with the same key that still waits is replaced."""
        with self._lock:
            if key not in self._pending and len(self._pending) >= PENDING_MAX:
                return
            self._pending[key] = group, message
            is_first = len(self._pending) == 1
            loop = self._loop = self._loop or self._start()
        if is_first:
            loop.call_soon_threadsafe(self._wake.set)

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_until_complete, args=[self._drain()], name="relay", daemon=True).start()
        return loop

    def _take(self) -> dict[str, list[dict[str, Any]]]:
        """Take a batch of what waits, by group."""
        taken: dict[str, list[dict[str, Any]]] = {}
        with self._lock:
            for key in list(itertools.islice(self._pending, BATCH_MAX)):
                group, message = self._pending.pop(key)
                taken.setdefault(group, []).append(message)
        return taken

    async def _drain(self) -> None:
        # A layer of its own: the process-wide one may have been made before a fork.
        layer = channel_layers.make_backend("default")
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._take():
                await asyncio.sleep(BATCH_SECONDS if await self._send(layer, batch) else PAUSE_SECONDS)

    async def _send(self, layer: Any, batch: dict[str, list[dict[str, Any]]]) -> bool:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                for group in await _followed(layer, list(batch)):
                    for message in batch[group]:
                        await layer.group_send(group, message)
        except Exception as error:  # whatever a server that is away raises: hints are dropped until it is back
            if not self._is_down:
                log.warning("relay_down", error=repr(error))
            self._is_down = True
            return False
        if self._is_down:
            log.info("relay_up")
        self._is_down = False
        return True


async def _followed(layer: Any, groups: list[str]) -> list[str]:
    """Leave out the groups that nobody is in. Channels has no such question, so it is asked of its Redis directly."""
    if not isinstance(layer, RedisChannelLayer):
        return groups
    by_host: dict[int, list[str]] = {}
    for group in groups:
        by_host.setdefault(layer.consistent_hash(group), []).append(group)
    followed: list[str] = []
    for host, asked in by_host.items():
        pipeline = layer.connection(host).pipeline(transaction=False)
        for group in asked:
            pipeline.exists(layer._group_key(group))
        followed += itertools.compress(asked, await pipeline.execute())
    return followed


_relay = Relay()


def _begin_anew() -> None:
    global _relay
    _relay = Relay()


os.register_at_fork(after_in_child=_begin_anew)


def announce(wallet_id: uuid.UUID, sequence: int) -> None:
    """Hint that the wallet has an event with this number. Called after commit."""
    message = {"type": "wallet.news", "wallet": str(wallet_id), "sequence": sequence}
    _put(wallet_id, wallet_group(wallet_id), message)


def announce_revocation(device: Device) -> None:
    """Hint that the device's sockets are to be closed. Called after commit."""
    _put(("device", device.pk), DEVICES, {"type": "device.revoked", "device": str(device.pk)})


def _put(key: Hashable, group: str, message: dict[str, Any]) -> None:
    try:
        _relay.put(key, group, message)
    except Exception:  # the change is committed; nothing that goes wrong here may look as if it were not
        log.exception("hint_not_sent")
