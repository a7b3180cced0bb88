"""`make run`: everything on one machine, started by one command and stopped by Ctrl-C.

PostgreSQL and Valkey (unless given), migrations, the sandbox bank, the demo, then the server, a worker and beat, each
under this supervisor. Migrations run as the database's owner, all else as `wallet_server`, which cannot rewrite the
books. What stands in the way is said in one sentence before anything is touched; when one process ends, all are
stopped.
"""

import argparse
import contextlib
import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from wallet.config.embedded import Given, Servers, embed
from wallet.config.serve import StartRefused
from wallet.config.serve.crew import Crew, say
from wallet.config.serve.keys import Notebook, load_secrets
from wallet.config.serve.processes import choose_port, is_free, lock_folder, stop_with_make

PROJECT = Path(__file__).resolve().parents[2]
READY = "/api/v1/health/ready"
READY_SECONDS_MAX = 60.0
BANK_SECONDS_MAX = 15.0
PORT_WAIT_SECONDS = 3.0
#: One worker has no neighbours to greet, and the demo is not to be buried under lines about every sweep.
QUIET = ("--without-mingle", "--without-gossip", "--loglevel=WARNING")
#: What this layout does knowingly: as root where people are root, and static files from the ASGI server.
WARNINGS = "ignore:You're running the worker with superuser,ignore:StreamingHttpResponse must consume"


class Stopped(BaseException):
    """Somebody asked us to stop; a BaseException, so that no handler of errors swallows it."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    data: Path
    host: str
    port: int

    @property
    def base_url(self) -> str:
        return os.environ.get("BASE_URL") or f"http://{self.reached_at}:{self.port}"

    @property
    def reached_at(self) -> str:
        return "127.0.0.1" if self.host in ("0.0.0.0", "") else self.host  # noqa: S104  # nosec B104


def main(argv: list[str] | None = None) -> int:
    """Run until asked to stop; return 0 then, and 1 when something went wrong."""
    _stop_on_signals()
    stop_with_make()
    try:
        options = _parse(argv)
        _read_dotenv()
        with contextlib.ExitStack() as stack:
            _run(options, stack)
    except StartRefused as error:
        say(f"\n{error}")
        return 1
    except Stopped as stopped:
        say(f"Stopped ({stopped}).")
    return 0


def _run(options: Options, stack: contextlib.ExitStack) -> None:
    started = time.monotonic()
    _prepare_folder(options, stack)
    servers = stack.enter_context(embed(options.data, _given(), say=lambda line: say(f"  {line}")))
    bank_port = _choose_bank_port(options.data)
    environment = _environment(options, servers, bank_port)
    _note_environment(options.data / "server.env", environment)
    crew = Crew(folder=PROJECT, environment=environment, watched=servers.processes)
    stack.callback(crew.stop)
    with _step("migrations"):
        crew.run([*_python("manage.py"), "migrate", "--no-input"], DATABASE_URL=servers.owner_url)
    crew.start("bank", [*_python("-m"), "wallet.rails.sandbox", "--port", str(bank_port), "--data", str(options.data)])
    with _step("demo"):
        _wait_for_bank(crew, bank_port)
        # Without DEBUG, under which Django remembers every query.
        crew.run([*_python("manage.py"), "demo", "--data", str(options.data)], name="demo", DEBUG="false")
    _start_servers(crew, options)
    _watch(crew, options, started)


# --- before anything starts ------------------------------------------------------------------------------------------
def _parse(argv: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="make run", description="Run everything on this machine.")
    parser.add_argument("--data", type=Path, default=Path(".data"), help="folder of the data (make run DATA=…)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (make run HOST=…)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (make run PORT=…)")
    parsed = parser.parse_args(argv)
    if not 0 < parsed.port < 65_536:
        raise StartRefused(f"PORT={parsed.port} is not a port.")
    return Options(data=parsed.data.expanduser().absolute(), host=parsed.host, port=parsed.port)


def _read_dotenv() -> None:
    """Add what `.env` says to the environment, which wins where both say something."""
    if (path := PROJECT / ".env").exists():
        import environ

        environ.Env.read_env(path)


def _given() -> Given:
    names = ("DATABASE_URL", "SERVER_DATABASE_URL", "REDIS_URL", "EMBEDDED_POSTGRES")
    return Given(*(os.environ.get(name, "") for name in names))


def _prepare_folder(options: Options, stack: contextlib.ExitStack) -> None:
    try:
        options.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        stack.enter_context(lock_folder(options.data, f"process {os.getpid()} serves {options.base_url}"))
    except OSError as error:
        raise StartRefused(f"The data folder cannot be used: {error}") from error
    deadline = time.monotonic() + PORT_WAIT_SECONDS
    while not is_free(options.port, options.host):  # a server that was just killed may need a moment to let go
        if time.monotonic() > deadline:
            raise StartRefused(
                f"Port {options.port} is in use. Stop what uses it, or choose another: make run PORT=8001"
            )
        time.sleep(0.1)
    say(f"合花 from {options.data}")


def _choose_bank_port(data: Path) -> int:
    """Return the sandbox bank's port, the same each time where that is free."""
    notebook = Notebook(data)
    port = choose_port(notebook.get("bank_port"))
    notebook.note("bank_port", port)
    return port


def _environment(options: Options, servers: Servers, bank_port: int) -> dict[str, str]:
    """Return the settings of the processes; what the caller's environment says already wins, but for the servers."""
    chosen = {
        **load_secrets(options.data),
        "DEBUG": "true",
        "SANDBOX": "true",
        "ALLOWED_HOSTS": f"localhost,127.0.0.1,[::1],{options.reached_at}",
        "BASE_URL": options.base_url,
        "SANDBOX_BANK_URL": f"http://127.0.0.1:{bank_port}",
        "SANDBOX_FUND_FILE": str((options.data / "sandbox-fund.sqlite3").resolve()),
    }
    return {
        **{name: os.environ.get(name) or value for name, value in chosen.items()},
        "DATA": str(options.data),
        "DATABASE_URL": servers.server_url,
        "REDIS_URL": servers.redis_url,
        "DJANGO_SETTINGS_MODULE": "wallet.config.settings",
        "PYTHONWARNINGS": WARNINGS,
    }


def _note_environment(path: Path, environment: dict[str, str]) -> None:
    """Note where the servers are, so that `manage.py` finds them from another terminal; for the owner's eyes only."""
    names = [name for name in environment if name != "PYTHONWARNINGS"]
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{name}={environment[name]}\n" for name in names)


# --- running ---------------------------------------------------------------------------------------------------------
def _python(first: str) -> list[str]:
    return [sys.executable, first]


def _wait_for_bank(crew: Crew, port: int) -> None:
    """Wait until the sandbox bank listens, where the demo's people have their cards; `_watch` says so if it ended."""
    deadline = time.monotonic() + BANK_SECONDS_MAX
    while is_free(port) and crew.find_ended() is None and time.monotonic() < deadline:
        time.sleep(0.05)


def _start_servers(crew: Crew, options: Options) -> None:
    web = ["uvicorn", "wallet.config.asgi:application", "--host", options.host, "--port", str(options.port)]
    web += ["--lifespan", "off", "--timeout-graceful-shutdown", "3", "--no-access-log", "--ws-max-size", "65536"]
    celery = [*_python("-m"), "celery", "--quiet", "--app", "wallet.config.celery"]
    schedule = str(options.data / "celerybeat-schedule")
    crew.start("web", [*_python("-m"), *web], DATABASE_POOL_SIZE="20")
    crew.start("worker", [*celery, "worker", "--concurrency=2", "--prefetch-multiplier=1", *QUIET])
    for name in ("rails", "merchants"):  # each has a queue, because it waits for others' machines
        waiting = [f"--queues={name}", "--pool=threads", "--concurrency=8", f"--hostname={name}@%h"]
        crew.start(name, [*celery, "worker", *waiting, *QUIET])
    crew.start("beat", [*celery, "beat", "--schedule", schedule, "--pidfile=", "--loglevel=WARNING"])


def _watch(crew: Crew, options: Options, started: float) -> None:
    """Announce when it serves, and return only by an exception: one process has ended, or we are asked to stop.

    :raises StartRefused: when a process ends, or the server does not become ready.
    """
    ready, deadline = False, time.monotonic() + READY_SECONDS_MAX
    while True:
        if ended := crew.find_ended():
            name, code = ended
            log = f" Its log: {options.data}/log/{name.lower().removesuffix('ql')}.log." if name in crew.watched else ""
            raise StartRefused(f"{name} ended ({_describe(code)}), so everything is stopped.{log}")
        if not ready and (ready := _is_ready(options)):
            _announce(options, time.monotonic() - started)
        if not ready and time.monotonic() > deadline:
            raise StartRefused(f"{READY} does not answer after {READY_SECONDS_MAX:.0f} s: see the lines above.")
        time.sleep(0.2)


def _describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _is_ready(options: Options) -> bool:
    connection = http.client.HTTPConnection(options.reached_at, options.port, timeout=2)
    try:
        connection.request("GET", READY)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _announce(options: Options, took: float) -> None:
    base, socket = options.base_url, options.base_url.replace("http", "ws", 1)
    say(f"\n合花 serves after {took:.1f} s. Ctrl-C stops it.")
    pages = {
        "API": f"{base}/api/docs/",
        "admin": f"{base}/admin/",
        "health": base + READY,
        "socket": f"{socket}/ws/v1/",
    }
    for name, url in pages.items():
        say(f"  {name:<8} {url}")
    demo = options.data / "demo.json"
    if demo.exists():
        _announce_demo(json.loads(demo.read_text()), demo)


def _announce_demo(demo: dict[str, dict[str, dict[str, str]]], path: Path) -> None:
    say(f"The demo ({path}):")
    for name, person in demo.get("users", {}).items():
        say(f"  {name:<8} phone {person.get('phone')}  PIN {person.get('pin')}  token {person.get('token')}")
    admin = demo.get("admin", {})
    say(f"  {'admin':<8} user {admin.get('username')}  password {admin.get('password')}\n")


# --- stopping --------------------------------------------------------------------------------------------------------
def _stop_on_signals() -> None:
    """Turn the first Ctrl-C, SIGTERM or hang-up into `Stopped`; later ones must not interrupt the stopping."""
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if not asked:
            asked.append(number)
            raise Stopped(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, stop)


@contextlib.contextmanager
def _step(name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    say(f"  {name} ({time.monotonic() - started:.1f} s)")


if __name__ == "__main__":
    sys.exit(main())
