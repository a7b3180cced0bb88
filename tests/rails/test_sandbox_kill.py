"""The bank as a real process: killed in the middle of many transfers it loses nothing, and doubles nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.rails.bank import KEY_ID, SECRET
from wallet.rails.adapters.base import Accepted, Answer, Settled, TransferRequest, Unknown
from wallet.rails.adapters.sandbox import SandboxAdapter
from wallet.rails.sandbox.book import Book
from wallet.rails.sandbox.cards import BY_NAME

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.processes


class Process:
    """The bank as `make run` starts it, on a free port, with an adapter that speaks with it."""

    def __init__(self, data: Path, notify_url: str, *options: str) -> None:
        argv = [sys.executable, "-m", "wallet.rails.sandbox", "--port", "0", "--data", str(data), *options]
        environment = os.environ | {"SANDBOX_BANK_KEY_ID": KEY_ID, "SANDBOX_BANK_SECRET": SECRET}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        self.process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        url = self.process.stdout.readline().strip().removeprefix("sandbox bank: ")
        self.adapter = SandboxAdapter(
            base_url=url, key_id=KEY_ID, secret=SECRET, notify_url=notify_url, read_timeout_seconds=1
        )

    def end(self, number: int = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.adapter.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@dataclass
class Listener:
    """Hears the bank's notices over HTTP; checks none, counts all."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            listener.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_port}/notices"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield listener
    server.shutdown()
    server.server_close()


def wait_until(done: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def test_killed_in_the_middle_it_loses_nothing_and_doubles_nothing(tmp_path: Path, listener: Listener) -> None:
    fast = ("--settle-seconds", "0.05")
    first = Process(tmp_path, listener.url, *fast)
    token = first.adapter.link_card(BY_NAME["settles"].number, "张三").token
    requests = [TransferRequest(f"k{n}", "collect", token, 100 + n, "转入") for n in range(400)]
    answers: dict[str, Answer] = {}

    def submit(request: TransferRequest) -> None:
        answers[request.out_no] = first.adapter.submit(request)
        if len(answers) == 150:
            os.kill(first.process.pid, signal.SIGKILL)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(submit, requests))
    first.end()
    acknowledged = {out_no for out_no, answer in answers.items() if answer == Accepted()}
    assert 100 < len(acknowledged) < 200
    assert all(isinstance(answer, Accepted | Unknown) for answer in answers.values())

    second = Process(tmp_path, listener.url, *fast)
    found = {request.out_no: second.adapter.query(request.out_no) for request in requests}
    assert not [out_no for out_no in acknowledged if type(found[out_no]).__name__ not in ("Processing", "Settled")]
    assert [second.adapter.submit(request) for request in requests] == [Accepted()] * 400
    wait_until(lambda: len({json.loads(body)["out_no"] for body in listener.bodies}) == 400)
    assert all(isinstance(second.adapter.query(request.out_no), Settled) for request in requests)
    assert second.end(signal.SIGTERM) == 0

    book = Book(tmp_path / "sandbox-bank.sqlite3")
    totals = book.get_totals()
    assert totals.collected == totals.opening - totals.balance == sum(request.amount for request in requests)
    assert totals.processing == 0
    book.close()
    # Killed between sending and booking that it was taken, a notice may come again, but only under its own number.
    by_number = Counter(json.loads(body)["out_no"] for body in set(listener.bodies))
    assert set(by_number.values()) == {1}


def test_a_lost_answer_hangs_past_the_timeout_and_is_booked(tmp_path: Path, listener: Listener) -> None:
    bank = Process(tmp_path, listener.url, "--settle-seconds", "0.05", "--hang-seconds", "3")
    token = bank.adapter.link_card(BY_NAME["unknown_settled"].number, "张三").token
    started = time.monotonic()
    answer = bank.adapter.submit(TransferRequest("h1", "collect", token, 100, "转入"))
    assert answer == Unknown("ReadTimeout")
    assert time.monotonic() - started < 2.5
    wait_until(lambda: isinstance(bank.adapter.query("h1"), Settled))
    bank.end()


def test_it_does_not_start_without_a_secret(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "wallet.rails.sandbox", "--port", "0", "--data", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != "SANDBOX_BANK_SECRET"}
    ended = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=20, check=False)
    assert (ended.returncode, ended.stderr) == (2, "sandbox bank: set SANDBOX_BANK_SECRET\n")


def test_it_knows_nothing_of_ours() -> None:
    code = """
import sys, wallet.rails.sandbox.__main__
rooms = {".".join(name.split(".")[:2]) for name in sys.modules if name.split(".")[0] in ("wallet", "groups", "yields")}
sandbox = {name for name in sys.modules if name.startswith("wallet.rails.") and ".sandbox" not in name}
sys.exit(f"{rooms} {sandbox}" if rooms != {"wallet", "wallet.rails"} or sandbox or "django" in sys.modules else 0)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
