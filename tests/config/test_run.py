"""The supervisor behind `make run`: one command starts all, one Ctrl-C stops all, nothing is restarted silently.

The processes it starts are small stand-ins in a house of their own, so that a start takes two seconds; PostgreSQL,
Valkey, uvicorn and Celery are the real ones. The tour in README.md runs the real house.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wallet.config.serve.processes import choose_port, find_leftovers, is_free

PROJECT = Path(__file__).resolve().parents[2]
STAND_INS = {
    "manage.py": "import time; time.sleep(0.3)\n",
    "wallet/__init__.py": "",
    "wallet/config/__init__.py": "",
    "wallet/config/asgi.py": """
async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
""",
    "wallet/config/celery.py": """
import os
from celery import Celery
os.environ.pop("DJANGO_SETTINGS_MODULE")
app = Celery(broker=os.environ["REDIS_URL"])
""",
    "wallet/rails/__init__.py": "",
    "wallet/rails/sandbox/__init__.py": "",
    "wallet/rails/sandbox/__main__.py": """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
HTTPServer(("127.0.0.1", int(sys.argv[2])), BaseHTTPRequestHandler).serve_forever()
""",
}
#: What the tests' own servers set must not reach the start under test.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name not in {"DATABASE_URL", "SERVER_DATABASE_URL", "REDIS_URL", "DATA", "BASE_URL", "SANDBOX_BANK_URL", "DEBUG"}
}
pytestmark = pytest.mark.processes


class Run:
    """One start of the house, its output in a file."""

    def __init__(self, house: Path, data: Path, port: int, **environment: str) -> None:
        self.data, self.port, self.output = data, port, data.parent / f"output-{time.monotonic_ns()}"
        argv = [sys.executable, "-m", "wallet.config.run", "--data", str(data), "--port", str(port)]
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                argv, cwd=house, env=CLEAN | environment, stdout=file, stderr=file, start_new_session=True
            )

    @property
    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, *patterns: str) -> None:
        deadline = time.monotonic() + 30
        while not all(re.search(pattern, self.text) for pattern in patterns):
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)

    def list_survivors(self) -> list[str]:
        """List the processes that work in the house or its data, or were told about them."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words, folder = (entry / "cmdline").read_text().replace("\0", " "), str((entry / "cwd").resolve())
                if str(self.data.parent) in words + folder and int(entry.name) != os.getpid():
                    found.append(f"{entry.name} {words}")
        return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = tmp_path_factory.mktemp("house")
    for name, text in STAND_INS.items():
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).write_text(text)
    for name in ("embedded.py", "run.py"):
        shutil.copy(PROJECT / "wallet/config" / name, house / "wallet/config")
    shutil.copytree(PROJECT / "wallet/config/serve", house / "wallet/config/serve")
    return house


@pytest.fixture
def start(house: Path) -> Iterator[Callable[..., Run]]:
    """Start the house on a fresh data folder, and leave nothing running after the test."""
    import tempfile

    runs: list[Run] = []
    folder = Path(tempfile.mkdtemp(prefix="hehua-run-")).resolve()
    folder.chmod(0o711)

    def start(port: int | None = None, **environment: str) -> Run:
        runs.append(Run(house, folder / "data", port or choose_port(), **environment))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.stop()
    shutil.rmtree(folder)


def test_it_starts_everything_and_ctrl_c_stops_everything(start: Callable[..., Run]) -> None:
    run = start()
    run.wait_for("serves after", rf"http://127.0.0.1:{run.port}/api/docs/")
    for name in ("secrets.env", "servers.json"):
        assert (run.data / name).stat().st_mode & 0o077 == 0

    other = start()
    assert other.process.wait(10) == 1
    assert f"in use: process {run.process.pid}" in other.text

    began = time.monotonic()
    assert run.stop() == 0
    assert time.monotonic() - began < 10
    assert run.list_survivors() == []
    assert "Stopped (SIGINT)" in run.text


def test_a_port_in_use_is_said_and_nothing_starts(start: Callable[..., Run]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = start(port=taken.getsockname()[1])
        assert run.process.wait(10) == 1
    assert f"Port {run.port} is in use" in run.text
    assert not (run.data / "postgres").exists()


@pytest.mark.parametrize("after_seconds", [0.3, 0.8, 1.4])
def test_ctrl_c_while_it_starts_leaves_nothing(start: Callable[..., Run], after_seconds: float) -> None:
    run = start()
    time.sleep(after_seconds)
    run.stop(signal.SIGTERM)
    assert run.list_survivors() == []


def test_one_that_ends_stops_all_and_says_so(start: Callable[..., Run]) -> None:
    run = start()
    run.wait_for("serves after")
    for pid in find_leftovers(run.data / "postgres" / "cluster", "postgres"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert run.process.wait(15) == 1
    assert "PostgreSQL ended (signal SIGKILL), so everything is stopped" in run.text
    assert run.list_survivors() == []

    again = start()
    again.wait_for("serves after")
    assert again.stop() == 0


def test_after_kill_9_nothing_runs_on_and_the_next_start_works(start: Callable[..., Run]) -> None:
    run = start()
    run.wait_for("serves after")
    assert run.stop(signal.SIGKILL) == -signal.SIGKILL
    again = start(port=run.port)
    again.wait_for("serves after")
    assert again.stop() == 0
    assert run.list_survivors() == []
    assert is_free(run.port)
