"""Workers of a night are killed every few seconds: its books are those of a night that was left alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def prove(wallets: int, seconds: float, limit_seconds: int, **sizes: str) -> dict[str, Any]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "EMBEDDED_POSTGRES") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "tests.proofs.night", str(wallets), str(seconds)],
        cwd=PROJECT,
        env=kept | {"YIELD_LEASE_SECONDS": "2"} | sizes,
        capture_output=True,
        text=True,
        timeout=limit_seconds,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(told)
    assert told["state"] == "finished"
    assert told["equal"] is True
    assert told["paid"] == wallets
    assert told["more_runs_change_nothing"] is True
    assert told["findings"] == 0
    return told


@pytest.mark.processes
def test_a_short_night() -> None:
    small = {"YIELD_CHUNK_WALLETS": "40", "YIELD_PARTITION_WALLETS": "400"}
    assert prove(wallets=2_000, seconds=2, limit_seconds=240, **small)["kills"] >= 1


@pytest.mark.proof
@pytest.mark.processes
def test_a_night_of_a_hundred_thousand_wallets() -> None:
    assert prove(wallets=100_000, seconds=4, limit_seconds=3_000)["kills"] >= 10
