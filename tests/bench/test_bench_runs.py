"""The bench runs, fills its tables and leaves right books: a few payments each, so that it cannot rot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
COLUMNS = {"what", "value", "unit", "against", "against_value", "ratio", "repeats", "min", "max"}
AIMS = {
    "payments": [1.0, 0.5, 2.0, 2.0],
    "rules": [0.9],
    "crowd": [0.8],
    "http": [0.35],
    "orders": [1.0],
    "night": [0.6, 0.6, 0.5],
}


@pytest.mark.processes
def test_the_bench_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench", "--smoke", "--into", str(tmp_path), *AIMS]
    done = subprocess.run(command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The books are right afterwards." in done.stdout
    for name, aims in AIMS.items():
        written = json.loads((tmp_path / f"{name}.json").read_text())
        assert written["environment"]["fsync"] == "on"
        assert all(row.keys() >= COLUMNS for row in written["rows"])
        assert all(row["value"] > 0 or "grown" in row["what"] for row in written["rows"])
        assert [row["aim"] for row in written["rows"] if row["aim"]] == aims
