"""Processes that run together: when one ends, all are stopped, and none is restarted behind anybody's back.

The processes get a session each, so that Ctrl-C reaches only us and they stop in order; their output comes line by
line under their name. (A Procfile manager was tried instead: honcho loses Ctrl-C while it is still starting, and
leaves orphans when it is killed.)
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wallet.config.serve import StartRefused
from wallet.config.serve.processes import die_with_parent, stop

STOP_SECONDS = 5.0
STEP_STOP = ((signal.SIGTERM, 3.0), (signal.SIGKILL, 2.0))
COLOURS = (36, 33, 32, 35, 34, 31)
_writing = threading.Lock()


def say(line: str) -> None:
    """Write one whole line; a reader that went away (`| head`) is no reason to stop."""
    with _writing, contextlib.suppress(BrokenPipeError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@dataclass
class Crew:
    """The processes of one start."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    ours: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    watched: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, argv: Sequence[str], **more: str) -> None:
        """Start a process; `more` adds to its environment."""
        process = self.ours[name] = self._open(argv, more)
        threading.Thread(target=self._relay, args=(name, process), daemon=True).start()

    def run(self, argv: Sequence[str], *, name: str = "", **more: str) -> None:
        """Run a command to its end, showing its output under a name, or only when it fails.

        On a terminal a command with a name writes to it itself, so that its progress bar moves.

        :raises StartRefused: when it fails.
        """
        process = self._open(argv, more, None if name and sys.stdout.isatty() else subprocess.PIPE)
        try:
            output = b"" if name else process.communicate()[0]
            if name:
                self._relay(name, process)
            if process.wait():
                shown = "\n    ".join(output.decode(errors="replace").splitlines()[-30:])
                raise StartRefused(f"{' '.join(argv[-3:])} failed ({process.returncode}).\n    {shown}".rstrip())
        finally:
            stop(process, STEP_STOP)

    def find_ended(self) -> tuple[str, int] | None:
        """Return the name and exit code of one that has ended."""
        for name, process in {**self.watched, **self.ours}.items():
            if (code := process.poll()) is not None:
                return name, code
        return None

    def stop(self) -> None:
        """Stop all that were started: asked first, forced after some seconds together with what they started."""
        for process in self.ours.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.ours.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        for process in self.ours.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _open(
        self, argv: Sequence[str], more: Mapping[str, str], stdout: int | None = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            cwd=self.folder,
            env={**os.environ, **self.environment, **more, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=None if stdout is None else subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )

    def _relay(self, name: str, process: subprocess.Popen[bytes]) -> None:
        colour = COLOURS[sum(name.encode()) % len(COLOURS)]
        label = f"\x1b[{colour}m{name:>7} |\x1b[0m" if sys.stdout.isatty() else f"{name:>7} |"
        for line in process.stdout or ():
            text = line.decode(errors="replace").rstrip().rpartition("\r")[2]  # of a progress bar, its last state
            say(f"{label} {text}")
