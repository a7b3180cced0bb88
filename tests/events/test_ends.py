"""How a socket ends from our side: logged out, too slow, the server restarting. Each has its code, and its time."""

import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.events.conftest import Client, Server, note, note_many, writing
from wallet.events import relay
from wallet.identity.models import Device, User
from wallet.identity.services import issue_device, revoke_device, revoke_devices
from wallet.ledger.models import Wallet


def rss_bytes() -> int:
    """The memory of this process, in which the server runs."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# --- logged out -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("hints", ["hinted", "watched"])
def test_a_revoked_device_is_closed_within_two_seconds(
    server: Server,
    device: tuple[Device, str],
    member: User,
    wallet: Wallet,
    hints: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = issue_device(user=member, name="iPad", now=datetime.now(UTC))[1]
    if hints == "watched":
        monkeypatch.setattr(relay.Relay, "put", lambda *args: None)
    with server.connect(device[1]) as client, server.connect(other) as untouched:
        client.subscribe({wallet: 0})
        untouched.subscribe({wallet: 0})
        started = time.monotonic()
        revoke_device(device=device[0], now=datetime.now(UTC))
        assert client.read_to_the_end() == 4401
        assert time.monotonic() - started < 2
        note(wallet)
        untouched.read_until(wallet, 1)
    assert client.seen[wallet.pk] == []


def test_a_hint_of_a_revocation_makes_it_fast(
    server: Server, device: tuple[Device, str], member: User, settings: Any
) -> None:
    settings.SOCKET_WATCH_SECONDS = 30
    with server.connect(device[1]) as client:
        time.sleep(0.3)
        started = time.monotonic()
        revoke_devices(user=member, now=datetime.now(UTC))
        assert client.read_to_the_end() == 4401
        assert time.monotonic() - started < 0.5


def test_a_deactivated_person_is_closed_within_two_seconds(
    server: Server, token: str, member: User, wallet: Wallet
) -> None:
    """Nobody tells of this; the watch sees it."""
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        User.objects.filter(pk=member.pk).update(is_active=False)
        started = time.monotonic()
        assert client.read_to_the_end() == 4401
        assert time.monotonic() - started < 2


def test_a_revoked_device_that_does_not_read_is_closed_too(
    server: Server, device: tuple[Device, str], wallet: Wallet
) -> None:
    note_many(wallet, 150, text="合" * 20_000)
    stuck = connect_and_stop_reading(server, device[1], wallet)
    time.sleep(0.5)  # the buffers fill up
    revoke_device(device=device[0], now=datetime.now(UTC))
    time.sleep(2)
    assert stuck.read_to_the_end() == 4401


# --- slow readers -----------------------------------------------------------------------------------------------------
def connect_and_stop_reading(server: Server, token: str, wallet: Wallet) -> Client:
    """A client with a small window that asks for everything and takes nothing."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    small.connect(("127.0.0.1", server.port))
    client = server.connect(token, sock=small, max_queue=1)
    client.say("subscribe", groups={str(wallet.pk): 0})
    return client


def test_slow_readers_are_closed_and_hurt_nobody(server: Server, token: str, wallet: Wallet, settings: Any) -> None:
    """Twenty who stop reading, each asking for 6 MB of events: memory stays bounded, the others do not notice."""
    settings.SOCKET_SEND_TIMEOUT_SECONDS = 3
    note_many(wallet, 1_000, text="合" * 2_000)  # the kernel holds up to 4 MB of it for each
    with server.connect(token) as good:
        good.subscribe({wallet: 1_000})
        before = rss_bytes()
        stuck = [connect_and_stop_reading(server, token, wallet) for _ in range(20)]
        grown, slowest = 0, 0.0
        for number in range(1_001, 1_041):
            started = time.monotonic()
            note(wallet)
            good.read_until(wallet, number)
            slowest = max(slowest, time.monotonic() - started)
            grown = max(grown, rss_bytes() - before)
            time.sleep(0.1)
        assert slowest < 1
        assert grown < 60 * 2**20, f"{grown / 2**20:.0f} MB"
        codes = [client.read_to_the_end() for client in stuck]
    assert codes == [4408] * 20
    for client in stuck:
        assert client.seen[wallet.pk] == list(range(1, len(client.seen[wallet.pk]) + 1))
        assert len(client.seen[wallet.pk]) < 1_000


def test_a_slow_reader_resumes(server: Server, token: str, wallet: Wallet, settings: Any) -> None:
    settings.SOCKET_SEND_TIMEOUT_SECONDS = 0.5
    note_many(wallet, 150, text="合" * 20_000)
    stuck = connect_and_stop_reading(server, token, wallet)
    time.sleep(1.5)
    assert stuck.read_to_the_end() == 4408
    taken = stuck.seen[wallet.pk][-1]
    with server.connect(token) as again:
        again.subscribe({wallet: taken})
        again.read_until(wallet, 150)
        assert stuck.seen[wallet.pk] + again.seen[wallet.pk] == list(range(1, 151))


def test_who_never_reads_again_is_cut(server: Server, token: str, wallet: Wallet, settings: Any) -> None:
    settings.SOCKET_SEND_TIMEOUT_SECONDS = 0.5
    note_many(wallet, 150, text="合" * 20_000)
    connect_and_stop_reading(server, token, wallet)
    time.sleep(2)
    assert len(server.uvicorn.server_state.connections) == 1, "the farewell lasts some seconds"
    deadline = time.monotonic() + 8
    while server.uvicorn.server_state.connections and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not server.uvicorn.server_state.connections


# --- the server -------------------------------------------------------------------------------------------------------
def test_a_server_that_stops_says_so(server: Server, token: str, wallet: Wallet) -> None:
    clients = [server.connect(token) for _ in range(5)]
    for client in clients:
        client.subscribe({wallet: 0})
    with writing((wallet, 30)):
        server.stop()
        assert [client.read_to_the_end() for client in clients] == [1012] * 5


def test_a_fault_of_ours_closes_one_socket(
    server: Server, token: str, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as an event of a kind that this version of the server does not know yet: nothing wrong is ever sent."""
    from wallet.events import pump

    def fail(event: object) -> None:
        raise KeyError("kind")

    with server.connect(token) as client, server.connect(token) as other:
        client.subscribe({wallet: 0})
        monkeypatch.setattr(pump, "present", fail)
        note(wallet)
        assert client.read_to_the_end() == 1011
        monkeypatch.undo()
        other.say("unsubscribe", groups=[str(wallet.pk)])
        assert other.hear("unsubscribed")
