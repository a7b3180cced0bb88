"""Real websockets to a real uvicorn over real PostgreSQL and Valkey.

The server runs in a thread of the test, so that a test can say who may read; `test_processes.py` has one in a process
of its own, with the real members.
"""

import contextlib
import json
import socket
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from django.db import connection, transaction
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from groups.members.events import group_changed
from wallet.events import readers
from wallet.events.readers import Range
from wallet.events.selectors import list_events
from wallet.identity.models import Device, User
from wallet.identity.services import issue_device, sign_up
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, open_wallet, record_event

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WAIT_SECONDS = 10


class Readership:
    """Who may read what, as the test says."""

    def __init__(self) -> None:
        self.ranges: dict[uuid.UUID, dict[uuid.UUID, Range]] = defaultdict(dict)

    def __call__(self, user_id: uuid.UUID, wallet_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Range]:
        return {wallet: found for wallet, found in self.ranges[user_id].items() if wallet in wallet_ids}

    def add(self, user: User, *wallets: Wallet) -> None:
        self.ranges[user.pk].update({wallet.pk: Range() for wallet in wallets})

    def end(self, user: User, wallet: Wallet, until: int) -> None:
        self.ranges[user.pk][wallet.pk] = Range(until)


@pytest.fixture
def readership(monkeypatch: pytest.MonkeyPatch) -> Readership:
    ready = Readership()
    monkeypatch.setattr(readers, "_readers", ready)
    return ready


@pytest.fixture
def member(transactional_db: None) -> User:
    return sign_up(phone="+8613800000001", name="张小明", now=NOW)


@pytest.fixture
def device(member: User) -> tuple[Device, str]:
    return issue_device(user=member, name="Pixel", now=NOW)


@pytest.fixture
def token(device: tuple[Device, str]) -> str:
    return device[1]


@pytest.fixture
def wallet(member: User, readership: Readership) -> Wallet:
    return make_wallet(readership, member)


def make_wallet(readership: Readership, *people: User) -> Wallet:
    """Open a wallet that these people may read."""
    opened = open_wallet(now=NOW)
    for person in people:
        readership.add(person, opened)
    return opened


def note(wallet: Wallet, text: str = "") -> int:
    """Record one event, as a command does it; return its number."""
    with transaction.atomic():
        locked = lock_wallet(wallet.pk)
        draft = group_changed(name=text, sharing_rule="equal", time_zone="Asia/Shanghai", ends_on=None)
        return record_event(wallet=locked, event=draft, now=datetime.now(UTC)).sequence


def note_many(wallet: Wallet, count: int, text: str = "") -> None:
    for _ in range(count):
        note(wallet, text)


@contextlib.contextmanager
def writing(*work: tuple[Wallet, int]) -> Iterator[None]:
    """Write so many events into each of the wallets, at once, while the block runs; wait for the writers at its end."""

    def write(wallet: Wallet, count: int) -> None:
        try:
            note_many(wallet, count)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=each) for each in work]
    for writer in writers:
        writer.start()
    yield
    for writer in writers:
        writer.join()


def numbers(wallet: Wallet) -> list[int]:
    """The sequence of every event of the wallet, as the database has them."""
    return [event.sequence for event in list_events(wallet.pk, limit=1_000_000)]


class Client:
    """A client that keeps what it was sent."""

    def __init__(self, url: str, token: str = "", **options: Any) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        options.setdefault("additional_headers", headers)
        self.socket: ClientConnection = connect(url, compression=None, legacy=True, **options)
        self.seen: dict[uuid.UUID, list[int]] = defaultdict(list)
        self.frames: list[dict[str, Any]] = []

    def say(self, kind: str, **members: Any) -> None:
        self.socket.send(json.dumps({"type": kind, **members}))

    def subscribe(self, cursors: dict[Wallet, int]) -> dict[str, Any]:
        self.say("subscribe", groups={str(wallet.pk): after for wallet, after in cursors.items()})
        return self.hear("subscribed", "error")

    def receive(self, timeout: float = WAIT_SECONDS) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout))
        if frame["type"] == "event":
            self.seen[uuid.UUID(frame["group"])].append(frame["sequence"])
        self.frames.append(frame)
        return frame

    def hear(self, *kinds: str, timeout: float = WAIT_SECONDS) -> dict[str, Any]:
        """Receive until a frame of one of these types comes."""
        deadline = time.monotonic() + timeout
        while (frame := self.receive(max(0.01, deadline - time.monotonic())))["type"] not in kinds:
            pass
        return frame

    def read_until(self, wallet: Wallet, sequence: int, timeout: float = WAIT_SECONDS) -> None:
        deadline = time.monotonic() + timeout
        while not self.seen[wallet.pk] or self.seen[wallet.pk][-1] < sequence:
            self.receive(max(0.01, deadline - time.monotonic()))

    def read_to_the_end(self, timeout: float = WAIT_SECONDS) -> int | None:
        """Receive until the server closes; return its code."""
        try:
            while True:
                self.receive(timeout)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def is_silent(self, seconds: float) -> bool:
        try:
            self.receive(seconds)
        except TimeoutError:
            return True
        return False

    def kill(self) -> None:
        """Vanish without a word."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()


class Server:
    """Uvicorn in a thread."""

    def __init__(self) -> None:
        from wallet.config.asgi import application

        options: dict[str, Any] = {"lifespan": "off", "log_config": None, "ws_max_size": 65_536}
        self.uvicorn = uvicorn.Server(uvicorn.Config(application, port=0, **options))
        self._thread = threading.Thread(target=self.uvicorn.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        while not self.uvicorn.started:
            time.sleep(0.01)
        self.port = self.uvicorn.servers[0].sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/ws/v1/"

    def connect(self, token: str = "", **options: Any) -> Client:
        return Client(self.url, token, **options)

    def stop(self) -> None:
        self.uvicorn.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the server does not stop"


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    running = Server()
    running.start()
    yield running
    running.stop()
