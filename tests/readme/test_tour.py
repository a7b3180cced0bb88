"""The tour of the front page works as it is printed: its lines run, in order, against `make run`'s own command.

Both languages print the same lines. The demo is a short one (`DEMO_DAYS`), everything else is as a new user has it.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wallet.config.serve.processes import choose_port

PROJECT = Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 90
TOUR_SECONDS_MAX = 150

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("curl") is None, reason="the tour uses curl, which is not installed"),
]


def read_blocks(page: Path) -> list[str]:
    """Read the shell lines of a page, block by block."""
    return re.findall(r"```bash\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A folder like a fresh checkout, with everything running from its `.data`."""
    for name in (".venv", "manage.py"):
        (tmp_path / name).symlink_to(PROJECT / name)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "EMBEDDED_POSTGRES") if name in os.environ}
    log = (tmp_path / "run.log").open("w")
    command = [sys.executable, "-m", "wallet.config.run", "--data", ".data", "--port", str(choose_port(None))]
    server = subprocess.Popen(
        command, cwd=tmp_path, env=kept | {"DEMO_DAYS": "30"}, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        wait_until_it_serves(tmp_path / "run.log", server)
        yield tmp_path
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def wait_until_it_serves(log: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while "serves after" not in log.read_text("utf-8"):
        assert server.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.2)


def test_both_languages_print_the_same_lines() -> None:
    english, chinese = read_blocks(PROJECT / "README.md"), read_blocks(PROJECT / "docs" / "README.zh-Hans.md")
    assert [without_comments(block) for block in english] == [without_comments(block) for block in chinese]


def without_comments(block: str) -> str:
    return "\n".join(line for line in block.splitlines() if not line.startswith("#"))


def test_the_tour_works_as_printed(house: Path) -> None:
    script = "set -euo pipefail\n" + "\n".join(
        f"echo; echo '== {number}'\n{block}" for number, block in enumerate(read_blocks(PROJECT / "README.md"))
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=house,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        capture_output=True,
        text=True,
        timeout=TOUR_SECONDS_MAX,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    demo = json.loads((house / ".data" / "demo.json").read_text("utf-8"))
    for expected in (
        f'"id":"{demo["group"]}"',
        '"status":"requested"',  # the contribution, before the bank has answered
        '"kind": "contribution_settled"',  # … and after, on the websocket
        '"kind": "payment_settled"',
        '"kind": "payment_refunded"',
        '"out_request_no":"half"',
        '"code":"group_not_found"',
        '"pointer":"/source"',
        '"phone":"+86138****8000"',
        "427 days played",
        "0 faults in the books",
    ):
        assert expected in said, f"{expected} not in:\n{said}"
