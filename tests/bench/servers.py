"""Servers and databases that are thrown away: PostgreSQL with fsync on and Valkey, or those that the environment gives.

`DATABASE_URL` is the address of an owner who may create databases; the bench makes its own there and drops them. Django
is set up as in production: DEBUG off, the servers' login, a pool of connections.
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from wallet.config.embedded import Given, embed
from wallet.config.serve.keys import load_secrets
from wallet.config.serve.roles import drop_role

PROJECT = Path(__file__).resolve().parents[2]
SHOWN = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


@dataclass(frozen=True)
class Place:
    """Where a bench happens: the addresses of the databases' owner and of the servers' login, and a folder."""

    owner_url: str
    hordak_url: str
    data: Path
    environment: dict[str, str]

    def describe(self) -> dict[str, str]:
        """Name the PostgreSQL and what it promises."""
        with psycopg.connect(self.owner_url) as connection:
            described = {"postgresql": f"PostgreSQL {connection.info.parameter_status('server_version')}"}
            for name in SHOWN:
                ((value,),) = connection.execute("SELECT current_setting(%s)", [name]).fetchall()
                described[name] = str(value)
        return described


@contextlib.contextmanager
def serve() -> Iterator[Place]:
    """Run the servers inside the block, with the scratch databases migrated and Django set up."""
    given_url = os.environ.get("DATABASE_URL", "")
    given = Given(given_url, "", os.environ.get("REDIS_URL", ""), os.environ.get("EMBEDDED_POSTGRES", ""))
    data = Path(tempfile.mkdtemp(prefix="hehua-bench-")).resolve()
    role = f"wallet_server_{secrets.token_hex(4)}" if given_url else "wallet_server"
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        servers = stack.enter_context(embed(data, given, durable=False, server_role=role))
        if servers.place and servers.place.parent != data:
            stack.callback(shutil.rmtree, servers.place, ignore_errors=True)
        if given_url:
            stack.callback(drop_role, given_url, role)
        owner_url = stack.enter_context(_scratch(servers.owner_url, "wallet"))
        hordak_url = stack.enter_context(_scratch(servers.owner_url, "hordak"))
        server_url = _in_database(servers.server_url, urlsplit(owner_url).path)
        environment = _environment(data, server_url, servers.redis_url)
        run_python("manage.py", "migrate", "--no-input", "--verbosity=0", **environment | {"DATABASE_URL": owner_url})
        _set_up(environment)
        stack.callback(_close_connections)
        yield Place(owner_url, hordak_url, data, environment)


@contextlib.contextmanager
def _scratch(owner_url: str, what: str) -> Iterator[str]:
    name = f"hehua_bench_{what}_{secrets.token_hex(4)}"
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield _in_database(owner_url, name)
    finally:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE {}").format(sql.Identifier(name))
            try:
                connection.execute(drop + sql.SQL(" WITH (FORCE)"))
            except psycopg.errors.InsufficientPrivilege:  # autovacuum is at it, which leaves by itself when asked so
                connection.execute(drop)


def _in_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path="/" + name.lstrip("/")).geturl()


def _environment(data: Path, server_url: str, redis_url: str) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        **load_secrets(data),
        "DJANGO_SETTINGS_MODULE": "wallet.config.settings",
        "DEBUG": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": server_url,
        "DATABASE_POOL_SIZE": "8",
        "REDIS_URL": redis_url,
        "STATIC_ROOT": str(data / "static"),
    }


def run_python(*argv: str, **environment: str) -> None:
    """Run one of our own programs to its end."""
    subprocess.run([sys.executable, *argv], cwd=PROJECT, env=environment, check=True)


def _set_up(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    import django

    django.setup()


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
    connection = connections["default"]
    connection.close_pool()  # type: ignore[attr-defined]
