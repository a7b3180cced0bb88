"""Payments over HTTP on the production server, against a door of the same server that reads one row.

granian runs as docs/deploy says, by its own unit file, with two workers of two threads; nginx is left out. The client
keeps four connections alive, one a thread, and sends bytes that were made, and signed, beforehand.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from django.utils import timezone

from groups.spending.keys import issue_key, sign
from tests.bench.scene import AMOUNT_FEN, CATEGORY, SUBJECT, Payers, next_number, set_scene, show_codes
from tests.bench.servers import PROJECT, Place
from tests.bench.table import Row, Variant, compare, report, take_turns
from wallet.config.serve.processes import choose_port
from wallet.identity.services import issue_device

UNIT = PROJECT / "docs" / "deploy" / "systemd" / "hehua-api.service"
GROUPS = 20
WORKERS, THREADS = 2, 2
CONNECTIONS = WORKERS * THREADS
START_SECONDS_MAX = 30.0
ANSWER_SECONDS_MAX = 10.0

PAYMENT = "POST /api/v1/merchant/payments, signed"
READ = "GET /api/v1/me, one SELECT"


def run(place: Place, *, rounds: int, batch: int) -> list[Row]:
    """Let payments and reads take turns, `batch` payments and twice as many reads."""
    payers = set_scene(min(GROUPS, batch))
    key, secret = issue_key(merchant=payers.merchant, now=timezone.now())
    _, token = issue_device(user=payers.owners[0], name="bench", now=timezone.now())
    read = _request("GET", "/api/v1/me", {"Authorization": f"Bearer {token}"})
    tails: dict[str, list[float]] = {PAYMENT: [], READ: []}
    with _granian(place) as port, ThreadPoolExecutor(CONNECTIONS) as threads:

        def send_all(name: str, requests: Sequence[bytes], status: int) -> float:
            shares = [requests[number::CONNECTIONS] for number in range(CONNECTIONS)]
            started = time.perf_counter()
            took = sorted(chain.from_iterable(threads.map(lambda share: _send(port, share, status), shares)))
            tails[name].append(1_000 * took[len(took) * 99 // 100])
            return len(requests) / (time.perf_counter() - started)

        variants: dict[str, Variant] = {
            PAYMENT: lambda: send_all(PAYMENT, _payments(payers, key.key_id, secret, batch), 201),
            READ: lambda: send_all(READ, [read] * (2 * batch), 200),
        }
        rates = take_turns(variants, rounds)
    tail_rows = [report(f"p99 of {name}", values, "ms") for name, values in tails.items()]
    return [compare(rates, PAYMENT, READ, unit="requests/s", aim=0.35), *tail_rows]


def _payments(payers: Payers, key_id: str, secret: str, batch: int) -> list[bytes]:
    """Write and sign so many charges of fresh codes."""
    return [_payment(code, key_id, secret) for code in show_codes(payers, batch)]


def _payment(code: str, key_id: str, secret: str) -> bytes:
    amount = {"amount": AMOUNT_FEN, "currency": "CNY"}
    asked = {"auth_code": code, "amount": amount, "out_trade_no": next_number(), "subject": SUBJECT}
    body = json.dumps({**asked, "category": CATEGORY}).encode()
    headers = {"Merchant-Key": key_id, "Merchant-Signature": sign(secret, body, timezone.now())}
    return _request("POST", "/api/v1/merchant/payments", headers, body)


# --- the client ------------------------------------------------------------------------------------------------------
def _request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Write a request as nginx would pass it on."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "X-Forwarded-Proto: https"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _send(port: int, requests: Sequence[bytes], status: int) -> list[float]:
    """Send requests one after the other over one connection; give the seconds each took."""
    took = []
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            started = time.perf_counter()
            line.sendall(request)
            answer = _receive(line)
            assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:1_000]
            took.append(time.perf_counter() - started)
    return took


def _receive(line: socket.socket) -> bytes:
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += _more(line)
    length = re.search(rb"content-length: *(\d+)", answer[:end], re.IGNORECASE)
    assert length is not None, answer
    while len(answer) < end + 4 + int(length[1]):
        answer += _more(line)
    return answer


def _more(line: socket.socket) -> bytes:
    received = line.recv(65_536)
    assert received, "the server closed the connection"
    return received


# --- the server ------------------------------------------------------------------------------------------------------
@contextmanager
def _granian(place: Place) -> Iterator[int]:
    """Run the API by the command of its unit file, but for port and size."""
    port = choose_port()
    line = next(line for line in UNIT.read_text().splitlines() if line.startswith("ExecStart="))
    command = line.removeprefix("ExecStart=").replace("/srv/hehua/.venv/bin", str(Path(sys.executable).parent))
    for option, value in (("port", port), ("workers", WORKERS), ("blocking-threads", THREADS)):
        command, found = re.subn(rf"--{option} \d+", f"--{option} {value}", command)
        assert found, f"{UNIT} says nothing about {option}"
    with (place.data / "api.log").open("wb") as log:
        process = subprocess.Popen(
            command.split(), cwd=PROJECT, env=place.environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # one of its workers was still starting and has not heard: as systemd does
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    request = _request("GET", "/api/v1/health/ready", {})
    while True:
        try:
            _send(port, [request], 200)
        except OSError:
            assert process.poll() is None, "granian ended"
            assert time.monotonic() < deadline, "granian does not answer"
            time.sleep(0.1)
        else:
            return
