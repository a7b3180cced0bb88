"""Real servers for the tests, started before the settings are read.

Loaded early (`-p tests.servers`). Where `DATABASE_URL` or `REDIS_URL` is not set, a PostgreSQL and a Valkey of our
own run for as long as the tests do, in a temporary folder, with fsync on. With xdist the controller starts them and
the workers inherit the environment; each worker has a database and a Redis number of its own. They end with pytest,
also by Ctrl-C or SIGTERM; should pytest be killed, the kernel ends them, and the next run sweeps up the folder.
"""

import atexit
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from wallet.config.embedded import Given, embed
from wallet.config.serve.keys import load_secrets
from wallet.config.serve.processes import lock_folder
from wallet.config.serve.roles import drop_role

PREFIX = "hehua-test-"
SETTINGS = {
    "DEBUG": "false",
    "SANDBOX": "true",
    "SECURE_SSL_REDIRECT": "false",
    "SECURE_COOKIES": "false",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1],testserver",
    "PIN_ARGON2": "1,8,1",  # hundreds of PINs are compared, and nobody steals them
    "DJANGO_SETTINGS_MODULE": "wallet.config.settings",
}
_open = contextlib.ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, Any, Any]:
    """Run before pytest-django looks at the settings."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        _take_redis_number(int(worker.removeprefix("gw")) + 1)
    else:
        _start()
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _open.close()


def _start() -> None:
    signal.signal(signal.SIGTERM, _interrupt)
    atexit.register(_open.close)  # where pytest ends before it is configured
    try:
        data = _open.enter_context(_temporary_folder())
        given = Given(
            database_url=os.environ.get("DATABASE_URL", ""),
            redis_url=os.environ.get("REDIS_URL", ""),
            source=os.environ.get("EMBEDDED_POSTGRES", ""),
        )
        # On a PostgreSQL that is not ours, another run of the tests may have a login too.
        role = f"wallet_server_{secrets.token_hex(4)}" if given.database_url else "wallet_server"
        servers = _open.enter_context(embed(data, given, durable=False, server_role=role))
        if given.database_url:
            _open.callback(drop_role, given.database_url, role)
        if servers.place and servers.place.parent != data:
            _open.callback(shutil.rmtree, servers.place, ignore_errors=True)
        urls = {"DATABASE_URL": servers.owner_url, "SERVER_DATABASE_URL": servers.server_url, "DATA": str(data)}
        os.environ.update(urls, REDIS_URL=servers.redis_url, **load_secrets(data), **SETTINGS)
    except BaseException:
        _open.close()
        raise


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _temporary_folder() -> Generator[Path, None, None]:
    _sweep()
    data = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    try:
        with lock_folder(data, "tests"):
            yield data
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _sweep() -> None:
    """Remove folders of former runs that were killed: those whose lock nobody holds."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def _take_redis_number(number: int) -> None:
    """Give an xdist worker its own database of the Redis that all share; there are sixteen."""
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{number % 16}"
