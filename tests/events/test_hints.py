"""A hint is only a hint: dropped, late or with Redis away altogether, every event arrives all the same."""

import asyncio
import multiprocessing
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import OperationalError, connection

from tests.events.conftest import Server, note, note_many, writing
from wallet.config.serve.keys import Notebook
from wallet.config.serve.valkey import Valkey, serve_valkey
from wallet.events import hub, relay, selectors
from wallet.identity.models import Device
from wallet.ledger import news
from wallet.ledger.models import Wallet


def use_redis(settings: Any, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let sockets and hints that begin from now on use another Redis."""
    config = {"hosts": [{"address": url, "socket_timeout": None}], "capacity": 100, "expiry": 10}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": config}}
    monkeypatch.setattr(relay, "_relay", relay.Relay())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_no_hint_at_all(server: Server, token: str, wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "_listeners", [])
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        for number in (1, 2):
            started = time.monotonic()
            note(wallet)
            client.read_until(wallet, number)
            assert time.monotonic() - started < 1.5


def test_a_flushed_layer(server: Server, token: str, wallet: Wallet) -> None:
    """A flush forgets who is in which group: the next event comes by the watch, which mends that; hints are back."""
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        time.sleep(0.3)
        redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
        started = time.monotonic()
        note(wallet)
        client.read_until(wallet, 1)
        assert time.monotonic() - started < 1.5
        time.sleep(0.3)
        started = time.monotonic()
        note(wallet)
        client.read_until(wallet, 2)
        assert time.monotonic() - started < 0.3


def test_redis_was_never_there(
    server: Server, token: str, wallet: Wallet, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_redis(settings, monkeypatch, "redis://127.0.0.1:1/0")
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        note_many(wallet, 5)
        client.read_until(wallet, 5, timeout=2)


@pytest.fixture
def valkey(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    with serve_valkey(folder, Notebook(folder), log=folder / "log") as running:
        use_redis(settings, monkeypatch, running.url)
        yield running


def test_redis_is_killed_and_comes_back(
    valkey: Valkey, server: Server, token: str, wallet: Wallet, folder: Path
) -> None:
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        with writing((wallet, 40), (wallet, 40)):
            client.read_until(wallet, 10)
            valkey.process.send_signal(signal.SIGKILL)
            valkey.process.wait()
            client.read_until(wallet, 80, timeout=20)
        started = time.monotonic()
        note(wallet)
        client.read_until(wallet, 81)
        assert time.monotonic() - started < 2.5
        with serve_valkey(folder, Notebook(folder), log=folder / "log") as again:
            assert again.url == valkey.url
            time.sleep(4)  # the next tries of both sides
            number, best = 81, 9.0
            for _ in range(3):
                note(wallet)
                number, started = number + 1, time.monotonic()
                client.read_until(wallet, number)
                best = min(best, time.monotonic() - started)
            assert best < 0.3, "hints are back"
        assert client.seen[wallet.pk] == list(range(1, 85))


def test_redis_that_hangs_is_not_waited_for(
    valkey: Valkey, server: Server, token: str, wallet: Wallet, folder: Path
) -> None:
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        valkey.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            note_many(wallet, 20)
            assert time.monotonic() - started < 1, "commands do not wait for Redis"
            client.read_until(wallet, 20, timeout=3)
        finally:
            valkey.process.send_signal(signal.SIGCONT)


def test_postgresql_is_away_for_a_while(
    server: Server, token: str, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wallet.events import consumer, pump

    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("away")

    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        with monkeypatch.context() as patch:
            patch.setattr(hub, "_look", away)
            patch.setattr(pump, "_read_batch", away)
            patch.setattr(consumer, "find_positions", away)
            note_many(wallet, 3)
            assert client.subscribe({wallet: 0}) == {"type": "error", "code": "unavailable", "group": str(wallet.pk)}
            assert client.is_silent(1.5)
        client.read_until(wallet, 3, timeout=4)
        assert client.seen[wallet.pk] == [1, 2, 3]


def test_a_connection_that_was_cut_is_opened_anew(server: Server, token: str, wallet: Wallet) -> None:
    """PostgreSQL restarted: every connection of ours is dead."""
    from tests.books import run

    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        note(wallet)
        client.read_until(wallet, 1)
        run("SET ROLE NONE")  # the owner, who may
        run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = session_user AND pid <> pg_backend_pid()"
        )
        connection.close()
        note(wallet)
        client.read_until(wallet, 2, timeout=5)


# --- the relay itself -------------------------------------------------------------------------------------------------
def test_announcing_never_blocks_and_never_raises(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use_redis(settings, monkeypatch, "redis://127.0.0.1:1/0")
    started = time.monotonic()
    for number in range(20_000):
        relay.announce(uuid.uuid4(), number)
    relay.announce_revocation(Device())
    assert time.monotonic() - started < 2
    assert len(relay._relay._pending) <= relay.PENDING_MAX
    monkeypatch.setattr(relay.Relay, "put", lambda *args: 1 / 0)
    relay.announce(uuid.uuid4(), 1)


def test_hints_of_one_wallet_are_one_hint() -> None:
    class Deaf(relay.Relay):
        def _start(self) -> Any:
            return type("Loop", (), {"call_soon_threadsafe": lambda *args: None})()

    deaf = Deaf()
    for number in range(5):
        deaf.put("wallet", "group", {"sequence": number})
    assert deaf._take() == {"group": [{"sequence": 4}]}
    assert deaf._take() == {}


async def test_hints_that_nobody_follows_are_not_sent() -> None:
    """They would cost the process that posts more than the posting."""
    from channels.layers import channel_layers

    layer: Any = channel_layers.make_backend("default")
    sent: list[str] = []

    async def note_group(group: str, message: object) -> None:
        sent.append(group)

    followed, unfollowed = relay.wallet_group(uuid.uuid4()), relay.wallet_group(uuid.uuid4())
    await layer.group_add(followed, await layer.new_channel())
    layer.group_send = note_group
    assert await relay.Relay()._send(layer, {followed: [{}], unfollowed: [{}]})
    assert sent == [followed]
    await layer.close_pools()


def _announce_in_child(wallet_id: uuid.UUID) -> None:
    assert relay._relay._loop is None
    relay.announce(wallet_id, 1)
    time.sleep(1)
    os._exit(0 if relay._relay._loop is not None else 1)


def test_a_forked_process_has_a_relay_of_its_own(
    server: Server, token: str, wallet: Wallet, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """As Celery's workers and preloading servers are; also forked in the middle of an announcement."""
    settings.SOCKET_WATCH_SECONDS = 30
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        time.sleep(0.3)
        monkeypatch.setattr(news, "_listeners", [])
        note(wallet)
        assert client.is_silent(0.5), "nobody hinted"
        with relay._relay._lock:
            child = multiprocessing.get_context("fork").Process(target=_announce_in_child, args=[wallet.pk])
            child.start()
        client.read_until(wallet, 1, timeout=3)
        child.join(5)
        assert child.exitcode == 0


def test_a_burst_overflows_the_layer(
    valkey: Valkey, server: Server, token: str, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative half: hints really are dropped when the process does not take them, and nothing is lost."""
    heard = threading.Event()

    async def deaf(self: hub.Hub) -> None:
        await asyncio.sleep(1)
        heard.set()

    monkeypatch.setattr(hub.Hub, "_hear_one", deaf)
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        time.sleep(0.3)
        for number in range(1, 151):
            note(wallet)
            if number % 10 == 0:
                time.sleep(0.02)
        waiting = redis.Redis.from_url(valkey.url)
        kept = sum(waiting.zcard(key) for key in waiting.keys("asgispecific*"))
        client.read_until(wallet, 150, timeout=20)
    assert 0 < kept <= 100 < 150
    assert heard.is_set()
    assert client.seen[wallet.pk] == list(range(1, 151))
    assert selectors.newest_sequences([wallet.pk]) == {wallet.pk: 150}
