"""Processes, ports and the lock of a data folder.

A server started here is told to stop in steps of growing force (`stop`), and on Linux the kernel signals it when its
parent dies, so that even `kill -9` of the supervisor leaves nothing running. What survives all the same (another
system, a race) is found at the next start by its working folder, and stopped before the data is touched: two servers
never share a folder.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from wallet.config.serve import StartRefused

Steps = Sequence[tuple[signal.Signals, float]]
PR_SET_PDEATHSIG = 1
LOG_BYTES_MAX = 10_000_000
LOCK_WAIT_SECONDS = 2.0


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs before its program, so that it gets the signal when this process is no more."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask_kernel


def stop_with_make() -> None:
    """Ask for SIGTERM when the `make` that started us is killed: who kills it means us."""
    if sys.platform == "linux" and "MAKELEVEL" in os.environ:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))


def stop(process: subprocess.Popen[bytes], steps: Steps) -> None:
    """Signal a process, each step harder than the one before, until it has ended."""
    for number, wait_seconds in steps:
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait_seconds)


@contextlib.contextmanager
def running(argv: Sequence[str], *, steps: Steps, log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a server running inside the block. In a session of its own a terminal's Ctrl-C passes it by: we stop it."""
    with open_log(log) as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(steps[0][0]),
            **options,
        )
    try:
        yield process
    finally:
        stop(process, steps)


def open_log(path: Path) -> IO[bytes]:
    """Open a server's log for appending; beyond its limit it is put aside, and the one put aside before is dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def read_end(path: Path, lines: int = 12) -> str:
    """Return the last lines of a log, indented, for an error message."""
    text = path.read_bytes()[-8_000:].decode(errors="replace") if path.exists() else ""
    return "\n".join("    " + line for line in text.splitlines()[-lines:])


# --- ports -----------------------------------------------------------------------------------------------------------
def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now; connections that a former server left in TIME_WAIT do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def choose_port(remembered: object = None) -> int:
    """Return the remembered port where it is still free, else a free one."""
    if isinstance(remembered, int) and is_free(remembered):
        return remembered
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- what an earlier start left --------------------------------------------------------------------------------------
def find_leftovers(folder: Path, program: str) -> list[int]:
    """List the processes of that program which work in the folder (Linux; elsewhere none is found)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "comm").read_text().strip() == program and (entry / "cwd").resolve() == folder.resolve():
                found.append(int(entry.name))
    return found


def stop_leftovers(folder: Path, program: str, steps: Steps) -> bool:
    """Stop servers that outlived an earlier start in this folder, whose lock the caller holds."""
    if not find_leftovers(folder, program):
        return False
    for number, wait_seconds in steps:
        for pid in find_leftovers(folder, program):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + wait_seconds
        while time.monotonic() < deadline:
            if not find_leftovers(folder, program):
                return True
            time.sleep(0.05)
    raise StartRefused(f"{program} still runs in {folder} (pid {find_leftovers(folder, program)}) and does not stop.")


# --- the lock --------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def lock_folder(data: Path, note: str) -> Iterator[None]:
    """Hold the data folder for this process alone; the kernel lets go of it however the process ends."""
    path = data / "lock"
    with path.open("a+") as file:
        deadline = time.monotonic() + LOCK_WAIT_SECONDS
        while not _try_lock(file):
            if time.monotonic() > deadline:
                holder = path.read_text().strip()
                raise StartRefused(f"{data} is in use: {holder}. Stop it first, or choose another folder: DATA=…")
            time.sleep(0.1)
        file.truncate(0)
        file.write(note)
        file.flush()
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
