"""The cast, and real server processes on the test's database."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cast import group, member, owner, shop, stranger, viewer, world
from wallet.config.serve.processes import die_with_parent
from wallet.config.serve.roles import log_in_as

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]
PROJECT = Path(__file__).resolve().parents[2]
SERVERS, START_SECONDS_MAX = 3, 60


def server_database_url() -> str:
    """The address of the migrated test database, for the servers' own login."""
    from django.conf import settings

    host, name = os.environ["DATABASE_URL"].rpartition("/")[0], settings.DATABASES["default"]["NAME"]
    login = os.environ["SERVER_DATABASE_URL"].partition("://")[2].partition("@")[0]
    role, _, password = login.partition(":")
    return log_in_as(f"{host}/{name}", role, password)


@pytest.fixture(scope="module")
def servers(
    request: pytest.FixtureRequest, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[str]]:
    """The addresses of three server processes (or as many as are asked for), reborn when they are killed."""
    count = getattr(request, "param", SERVERS)
    log = tmp_path_factory.mktemp("servers") / "log"
    environment = {
        **os.environ,
        "DATABASE_URL": server_database_url(),
        "DATABASE_POOL_SIZE": "8",
        "WALLET_LOCK_WAIT_MS": "10000",
        "LOG_LEVEL": "ERROR",
        "SANDBOX_BANK_URL": "http://127.0.0.1:1",  # a bank that is served, and away
    }
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=512)) for _ in range(count)]
        descriptors = [each.fileno() for each in sockets]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.proofs.serve", *map(str, descriptors)],
                cwd=PROJECT, env=environment, stdout=output, stderr=output, pass_fds=descriptors,
                preexec_fn=die_with_parent(15),  # type: ignore[arg-type]
            )  # fmt: skip
        stack.callback(_stop, process)
        urls = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in sockets]
        for url in urls:
            _wait_for(url, process, log)
        yield urls


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/api/v1/health/ready", timeout=START_SECONDS_MAX).status_code == 200:
                return
    raise AssertionError(log.read_text()[-3000:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(10)
