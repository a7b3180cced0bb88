"""Who PostgreSQL runs as, and where its data lies.

PostgreSQL refuses to run as root. Started by root we drop to an ordinary user, `postgres` or `wallet`, made where
there is none, and the data belongs to it. Where that user cannot enter the data folder (a checkout below /root), the
database lies below /var/lib and the data folder points to it. Started by an ordinary user nothing of this happens.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wallet.config.serve import StartRefused

ELSEWHERE = (Path("/var/lib"), Path(tempfile.gettempdir()))


@dataclass(frozen=True)
class Runner:
    """The system user PostgreSQL runs as; `drops` says whether that is another one than we are."""

    uid: int
    gid: int
    drops: bool

    @property
    def options(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drops else {}

    def can(self, command: str, path: Path) -> bool:
        """Whether a line of shell about the path succeeds when this user runs it."""
        argv = ["/bin/sh", "-c", command, "sh", str(path)]
        return subprocess.run(argv, cwd="/", capture_output=True, **self.options).returncode == 0

    def give(self, path: Path) -> None:
        path.chmod(0o700)
        if self.drops:
            os.chown(path, self.uid, self.gid)


def find_runner() -> Runner:
    """Return the user to run PostgreSQL as; as root, an ordinary one, made where there is none."""
    if os.geteuid() != 0:
        return Runner(uid=os.geteuid(), gid=os.getegid(), drops=False)
    for name in ("postgres", "wallet"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return Runner(uid=found.pw_uid, gid=found.pw_gid, drops=True)
    _make_user("wallet")
    found = pwd.getpwnam("wallet")
    return Runner(uid=found.pw_uid, gid=found.pw_gid, drops=True)


def _make_user(name: str) -> None:
    commands = {
        "useradd": ["--system", "--user-group", "--no-create-home", "--shell", "/bin/false", name],
        "adduser": ["-S", "-D", "-H", "-s", "/bin/false", name],  # Alpine
    }
    for command, arguments in commands.items():
        if path := shutil.which(command, path="/usr/sbin:/sbin:/usr/bin:/bin"):
            subprocess.run([path, *arguments], check=True, capture_output=True)
            return
    raise StartRefused(f"PostgreSQL does not run as root and there is no useradd: create a user named {name}.")


def find_place(data: Path, runner: Runner, elsewhere: Sequence[Path] = ELSEWHERE) -> Path:
    """Return the folder for PostgreSQL's data and, where needed, its binaries: below `data` if that can be used."""
    own, pointer = data / "postgres", data / "postgres.place"
    if pointer.exists():
        return _follow(pointer)
    if runner.drops:
        data.chmod(0o711)  # to be passed through, not to be listed
    if _is_usable(own, runner):
        return own
    for base in elsewhere:
        place = base / f"hehua-{secrets.token_hex(4)}"
        if base.is_dir() and _is_usable(place, runner):
            (place / "of").write_text(str(data))
            pointer.write_text(str(place))
            return place
    raise StartRefused(f"No folder found for PostgreSQL's data that its user can enter; tried {own} and {elsewhere}.")


def _follow(pointer: Path) -> Path:
    """Return the place a data folder points to. A moved folder keeps its database; a copied one must not share it."""
    place, data = Path(pointer.read_text()), pointer.parent
    if not place.is_dir():
        raise StartRefused(f"{data} keeps its database in {place}, which is gone. Delete {pointer} to start with none.")
    former = Path((place / "of").read_text())
    if former != data and (former / pointer.name).exists():
        raise StartRefused(f"{data} is a copy of {former}, whose database is in {place}. Delete {pointer}.")
    (place / "of").write_text(str(data))
    return place


def _is_usable(place: Path, runner: Runner) -> bool:
    """Try it: a folder of that user, in which it makes a file that nobody else can read."""
    existed, probe = place.exists(), place / "probe"
    place.mkdir(exist_ok=True, mode=0o711)
    if runner.drops:
        place.chmod(0o711)
    shutil.rmtree(probe, ignore_errors=True)
    probe.mkdir()
    runner.give(probe)
    fits = probe.stat().st_mode & 0o777 == 0o700 and runner.can('cd "$1" && : > file', probe)
    shutil.rmtree(probe)
    if not fits and not existed:
        place.rmdir()
    return fits
