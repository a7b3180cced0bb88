"""Real PostgreSQL and Valkey for whoever has none: the defaults of `make run` and of the tests.

A server given by `DATABASE_URL` or `REDIS_URL` is used as it is; what is not given is started under the data folder,
for as long as the block lasts, and stopped after it: PostgreSQL last. The caller holds the folder's lock
(`processes.lock_folder`).
"""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wallet.config.serve import roles
from wallet.config.serve.keys import Notebook
from wallet.config.serve.places import ELSEWHERE, find_place, find_runner
from wallet.config.serve.postgres import choose_binaries, serve_postgres
from wallet.config.serve.valkey import serve_valkey

OWNER, DATABASE = "wallet_owner", "wallet"


@dataclass(frozen=True)
class Given:
    """What the caller was given instead; an empty text means: start one. `source` is EMBEDDED_POSTGRES."""

    database_url: str = ""
    server_database_url: str = ""
    redis_url: str = ""
    source: str = ""


@dataclass
class Servers:
    """Where they are: `owner_url` migrates, the servers log in by `server_url`; `processes` are ours to watch."""

    owner_url: str = ""
    server_url: str = ""
    redis_url: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    place: Path | None = None


@contextlib.contextmanager
def embed(
    data: Path,
    given: Given,
    *,
    say: Callable[[str], None] = lambda line: None,
    durable: bool = True,
    server_role: str = "wallet_server",
    elsewhere: Sequence[Path] = ELSEWHERE,
) -> Iterator[Servers]:
    """Run what was not given inside the block. `durable=False` only spares syncing a new cluster's files."""
    servers, notebook = Servers(owner_url=given.database_url, redis_url=given.redis_url), Notebook(data)
    with contextlib.ExitStack() as stack:
        if not servers.owner_url:
            stack.enter_context(_postgres(data, servers, notebook, given.source, say, durable, elsewhere))
        roles.ensure_groups(servers.owner_url)
        servers.server_url = given.server_database_url or roles.ensure_server(
            servers.owner_url, password=notebook.password(server_role), role=server_role
        )
        if not servers.redis_url:
            stack.enter_context(_valkey(data, servers, notebook, say))
        yield servers


@contextlib.contextmanager
def _postgres(
    data: Path,
    servers: Servers,
    notebook: Notebook,
    source: str,
    say: Callable[[str], None],
    durable: bool,
    elsewhere: Sequence[Path],
) -> Iterator[None]:
    started, runner = time.monotonic(), find_runner()
    servers.place = place = find_place(data, runner, elsewhere)
    if place.parent != data:
        say(f"the database lies in {place}: its system user cannot enter {data}")
    binaries, log = choose_binaries(place / "cluster", source), data / "log" / "postgres.log"
    with serve_postgres(place, binaries, runner, notebook, log=log, durable=durable) as server:
        servers.processes["PostgreSQL"] = server.process
        owner = notebook.password(OWNER)
        roles.ensure_owner(server.superuser_url, role=OWNER, password=owner, database=DATABASE)
        servers.owner_url = server.url(OWNER, owner, DATABASE)
        took = time.monotonic() - started
        say(f"PostgreSQL {binaries.version} ({binaries.source}) on 127.0.0.1:{server.port} ({took:.1f} s)")
        yield


@contextlib.contextmanager
def _valkey(data: Path, servers: Servers, notebook: Notebook, say: Callable[[str], None]) -> Iterator[None]:
    started = time.monotonic()
    with serve_valkey(data / "valkey", notebook, log=data / "log" / "valkey.log") as server:
        servers.processes["Valkey"], servers.redis_url = server.process, server.url
        say(f"Valkey {server.version} on 127.0.0.1:{server.port} ({time.monotonic() - started:.1f} s)")
        yield
