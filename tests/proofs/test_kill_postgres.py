"""kill -9 of PostgreSQL in the middle of payments: nothing acknowledged is lost, nothing is done twice.

On a cluster of its own, with the settings of the house (`serve.postgres`). The shop (`payer`) goes on under the same
numbers when the database is back.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
import pytest

from wallet.config.embedded import Given, Servers, embed
from wallet.config.serve.processes import die_with_parent

PROJECT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.processes


@dataclass
class Cluster:
    """A PostgreSQL of our own that can be killed and started again, on the same port."""

    folder: Path
    servers: Servers = field(default_factory=Servers)
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    seen: set[str] = field(default_factory=set)

    def start(self) -> None:
        given = Given(redis_url=os.environ["REDIS_URL"])
        self.servers = self.stack.enter_context(embed(self.folder, given, durable=False))

    def kill(self) -> None:
        """Kill the whole server, all at once, the way the kernel would."""
        postmaster = self.servers.processes["PostgreSQL"].pid
        os.kill(postmaster, signal.SIGSTOP)  # so that it starts nobody new meanwhile
        children = [pid for pid, parent in list_processes() if parent == postmaster]
        for pid in [postmaster, *children]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.servers.processes["PostgreSQL"].wait(10)
        self.stack.close()

    def run(self, *argv: str, owner: bool = False) -> str:
        environment = {**os.environ, "DATABASE_URL": self.url(owner)}
        done = subprocess.run([sys.executable, *argv], cwd=PROJECT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def url(self, owner: bool = False) -> str:
        return self.servers.owner_url if owner else self.servers.server_url

    def numbers(self) -> set[str]:
        """The merchants' numbers of all payments that are booked."""
        return {str(number) for (number,) in self.ask("SELECT out_trade_no FROM spending_payment")}

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(owner=True), autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return list(cursor.fetchall()) if cursor.description else []


def list_processes() -> Iterator[tuple[int, int]]:
    """List every process and its parent."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield int(entry.name), int((entry / "stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    cluster.start()
    cluster.run("manage.py", "migrate", "--verbosity", "0", owner=True)
    yield cluster
    cluster.stack.close()


def sell_and_kill(cluster: Cluster, file: Path, *, kills: int, every: float) -> list[str]:
    """Let the shop sell, kill the database so many times, and return what the shop was told."""
    argv = [sys.executable, "-m", "tests.proofs.payer", str(file), str((kills + 1) * every)]
    environment = {**os.environ, "DATABASE_URL": cluster.url(), "LOG_LEVEL": "CRITICAL"}
    with subprocess.Popen(
        argv,
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=die_with_parent(signal.SIGTERM),
    ) as shop:
        wait_for(lambda: count(file) > 5, shop)
        for _ in range(kills):
            time.sleep(every)
            cluster.kill()
            cluster.start()
            before = count(file)
            wait_for(partial(goes_on, shop, file, before), shop)
        _, errors = shop.communicate(timeout=120)
        assert shop.returncode == 0, errors.decode()[-3000:]
    return file.read_text().splitlines()


def goes_on(shop: subprocess.Popen[bytes], file: Path, before: int) -> bool:
    return count(file) > before or shop.poll() is not None


def count(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


def wait_for(is_so: Callable[[], bool], shop: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        assert shop.poll() in (None, 0), shop.stderr.read().decode()[-3000:] if shop.stderr else ""
        time.sleep(0.02)


def prove_nothing_lost(cluster: Cluster, told: list[str]) -> None:
    """Compare what the shop was told since the cluster was last looked at with what is booked since then."""
    numbers = [line.split()[0] for line in told]
    assert len(set(numbers)) == len(numbers)
    booked = cluster.numbers() - cluster.seen
    assert set(numbers) - booked == set(), "acknowledged and not there"
    assert booked - set(numbers) == set(), "there, and the shop was never told"
    cluster.seen |= booked
    settled = cluster.ask("SELECT count(*), sum(amount) FROM spending_payment WHERE status = 'settled'")
    assert settled == [(len(cluster.seen), 7 * len(cluster.seen))]
    entries = cluster.ask("SELECT count(*) FROM ledger_entry WHERE kind = 'payment'")
    assert entries == [(len(cluster.seen),)]
    cluster.run("manage.py", "check_books")
    replayed = sum("again" in line for line in told)
    print(f"{len(numbers)} payments, {replayed} of them acknowledged only when they were sent again")


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(cluster: Cluster, tmp_path: Path) -> None:
    prove_nothing_lost(cluster, sell_and_kill(cluster, tmp_path / "told", kills=1, every=0.8))


@pytest.mark.proof
def test_killed_twenty_times_nothing_is_lost_and_nothing_is_doubled(cluster: Cluster, tmp_path: Path) -> None:
    prove_nothing_lost(cluster, sell_and_kill(cluster, tmp_path / "told", kills=20, every=0.7))


@pytest.mark.proof
def test_with_commits_that_do_not_wait_for_the_disk_something_is_lost(cluster: Cluster, tmp_path: Path) -> None:
    """The kill is a real one: with `synchronous_commit` off, payments that were acknowledged are gone."""
    cluster.ask("ALTER DATABASE wallet SET synchronous_commit = off")
    lost: set[str] = set()
    try:
        for attempt in range(5):
            told = sell_and_kill(cluster, tmp_path / f"told-{attempt}", kills=2, every=0.7)
            lost |= {line.split()[0] for line in told} - cluster.numbers()
            if lost:
                break
    finally:
        cluster.ask("ALTER DATABASE wallet RESET synchronous_commit")
    assert lost
    print(f"{len(lost)} acknowledged payments are gone")
