"""A server in a process of its own, with the real members: killed, restarted, and told things by another process."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from groups.members.scenes import Scene
from groups.members.selectors import get_member
from groups.members.services import accept_invitation, change_group, create_group, end_membership, invite
from tests.events.conftest import NOW, Client, numbers
from wallet.events.readers import find_ranges
from wallet.identity.models import User
from wallet.identity.services import issue_device, revoke_devices, sign_up
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet

pytestmark = pytest.mark.processes


def database_url() -> str:
    """The database of this test, as a process of its own reaches it."""
    at = connection.settings_dict
    return f"postgres://{quote(at['USER'])}:{quote(at['PASSWORD'])}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


@contextlib.contextmanager
def serving(port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run uvicorn until the end of the block."""
    argv = [sys.executable, "-m", "uvicorn", "wallet.config.asgi:application", "--port", str(port), "--lifespan", "off"]
    environment = os.environ | {"DATABASE_URL": database_url(), "DATABASE_POOL_SIZE": "8"}
    with log.open("ab") as output:
        process = subprocess.Popen(argv, env=environment, stdout=output, stderr=output)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def owner(transactional_db: None) -> User:
    return sign_up(phone="+8613800000001", name="张小明", now=NOW)


@pytest.fixture
def group(owner: User) -> Wallet:
    return create_group(owner=owner, name="家", scene=Scene.FAMILY, now=NOW).wallet


def rename(owner: User, group: Wallet, times: int) -> None:
    for number in range(times):
        change_group(actor=owner, group_id=group.pk, name=f"家 {number} {time.monotonic_ns()}", now=datetime.now(UTC))


def test_killed_server_killed_client_removed_member_revoked_device(
    owner: User, group: Wallet, port: int, tmp_path: Path
) -> None:
    log, url = tmp_path / "uvicorn.log", f"ws://127.0.0.1:{port}/ws/v1/"
    friend = sign_up(phone="+8613800000002", name="李四", now=NOW)
    accept_invitation(user=friend, code=invite(actor=owner, group_id=group.pk, now=NOW).code, now=NOW)
    _, owner_token = issue_device(user=owner, name="Pixel", now=NOW)
    _, friend_token = issue_device(user=friend, name="iPhone", now=NOW)
    seen: list[int] = []

    with serving(port, log) as process:
        with Client(url, owner_token) as client:
            client.subscribe({group: 0})
            rename(owner, group, 10)
            client.read_until(group, 8)
            client.kill()
            seen += client.seen[group.pk]
        rename(owner, group, 5)
        with Client(url, owner_token) as client:
            client.subscribe({group: seen[-1]})
            client.read_until(group, seen[-1] + 3)
            process.send_signal(signal.SIGKILL)
            client.read_to_the_end()
            seen += client.seen[group.pk]
    rename(owner, group, 5)  # nobody is there to be told

    with serving(port, log) as process, Client(url, owner_token) as client, Client(url, friend_token) as removed:
        client.subscribe({group: seen[-1]})
        removed.subscribe({group: 0})
        removed.read_until(group, numbers(group)[-1])
        _remove(owner, friend, group)
        left = numbers(group)[-1]
        rename(owner, group, 5)
        started = time.monotonic()
        assert removed.read_to_the_end() == 4403
        assert time.monotonic() - started < 2
        assert removed.seen[group.pk] == list(range(1, removed.seen[group.pk][-1] + 1))
        assert removed.seen[group.pk][-1] <= left
        client.read_until(group, numbers(group)[-1])
        seen += client.seen[group.pk]
        assert seen == numbers(group)

        revoke_devices(user=owner, now=datetime.now(UTC))
        started = time.monotonic()
        assert client.read_to_the_end() == 4401
        assert time.monotonic() - started < 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) is not None
    text = log.read_text()
    assert owner_token not in text
    assert friend_token not in text
    assert "Traceback" not in text, text


def _remove(owner: User, friend: User, group: Wallet) -> None:
    from django.db import transaction

    with transaction.atomic():
        wallet = lock_wallet(group.pk)
        end_membership(wallet=wallet, member=get_member(group.pk, friend.pk), actor=owner, now=datetime.now(UTC))


def test_the_members_are_who_may_read(owner: User, group: Wallet) -> None:
    """`groups.members` has registered itself."""
    stranger = sign_up(phone="+8613800000003", name="王五", now=NOW)
    assert find_ranges(owner.pk, [group.pk])[group.pk].until is None
    assert find_ranges(stranger.pk, [group.pk]) == {}
