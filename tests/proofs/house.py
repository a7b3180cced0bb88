"""The whole house as processes that can be killed one by one: web, worker, beat, the sandbox bank and a Redis server.

On the test's database, with the servers' own login, a Redis server of its own, and the real clock.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests.proofs.conftest import PROJECT, server_database_url
from wallet.config.serve.keys import Notebook
from wallet.config.serve.processes import choose_port, die_with_parent, is_free
from wallet.config.serve.valkey import serve_valkey
from wallet.rails.adapters.sandbox import SandboxAdapter
from wallet.rails.sandbox.book import Book
from wallet.rails.sandbox.records import Totals

WORKERS = 4
CELERY = ["-m", "celery", "--quiet", "--app", "wallet.config.celery"]
QUIET = ["--without-mingle", "--without-gossip", "--loglevel=ERROR"]


@dataclass
class House:
    """Processes by name: bank, web, worker (with its four children), beat; and `redis`."""

    folder: Path
    settings: str = "wallet.config.settings"
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    #: How often each has ended by itself.
    ended: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.notebook = Notebook(self.folder)
        self.bank_port, self.web_port = choose_port(), choose_port()
        self._redis = contextlib.ExitStack()

    @property
    def commands(self) -> dict[str, list[str]]:
        bank = ["--port", str(self.bank_port), "--data", str(self.folder), "--settle-seconds", "1"]
        web = ["--host", "127.0.0.1", "--port", str(self.web_port), "--lifespan", "off", "--log-level", "error"]
        beat = ["--schedule", str(self.folder / "schedule"), "--pidfile=", "--loglevel=ERROR"]
        return {
            "bank": ["-m", "wallet.rails.sandbox", *bank],
            "web": ["-m", "uvicorn", "wallet.config.asgi:application", *web],
            "worker": [*CELERY, "worker", f"--concurrency={WORKERS}", "--queues=celery,rails,merchants", *QUIET],
            "beat": [*CELERY, "beat", *beat],
        }

    def start(self, *names: str) -> None:
        for name in names:
            if name == "redis":
                place = serve_valkey(self.folder / "redis", self.notebook, log=self.folder / "redis.log")
                server = self._redis.enter_context(place)
                self.redis_url, self.processes[name] = server.url, server.process
                continue
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, *self.commands[name]],
                    cwd=PROJECT,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=die_with_parent(signal.SIGKILL),
                )

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": self.settings,
            "DATABASE_URL": server_database_url(),
            "REDIS_URL": self.redis_url,
            "SANDBOX_BANK_URL": f"http://127.0.0.1:{self.bank_port}",
            "BASE_URL": f"http://127.0.0.1:{self.web_port}",
            "DATABASE_POOL_SIZE": "2",
            "LOG_LEVEL": "ERROR",
        }

    def kill(self, name: str) -> None:
        """Kill a process and all its children where they stand."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if name == "redis":
            self._redis.close()

    def restart_ended(self) -> None:
        """Do what production's units do (`Restart=on-failure`): Celery ends itself when Redis goes at a bad moment."""
        for name, process in list(self.processes.items()):
            if (code := process.poll()) is not None:
                assert code != 0, f"{name} has ended as if it were done"
                self.ended[name] += 1
                self.start(name)

    def empty_redis(self) -> None:
        """Let Redis forget everything, also what was waiting in its queues."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def reach_bank(self) -> SandboxAdapter:
        """Wait until the bank listens, and connect to it from here."""
        while is_free(self.bank_port):
            assert self.processes["bank"].poll() is None
            time.sleep(0.05)
        secret = os.environ["SANDBOX_BANK_SECRET"]
        return SandboxAdapter(
            base_url=f"http://127.0.0.1:{self.bank_port}",
            key_id="hehua",
            secret=secret,
            notify_url="http://house.test/",
        )

    def count_banks_book(self) -> Totals:
        """Count what the bank's own book says, which the bank must not be writing any more."""
        book = Book(self.folder / "sandbox-bank.sqlite3")
        try:
            return book.get_totals()
        finally:
            book.close()


@contextlib.contextmanager
def open_house(folder: Path, settings: str) -> Iterator[House]:
    """Begin with the bank, the Redis server and the web; who needs worker and beat starts them."""
    house = House(folder, settings)
    try:
        house.start("redis", "bank", "web")
        yield house
    finally:
        house.stop()
