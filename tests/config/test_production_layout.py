"""The production layout of docs/deploy.md, started from its own files: nginx, WSGI for the API, ASGI for the sockets.

The unit files and nginx.conf are used as they are; only ports, folders and the certificate are replaced, and each
replacement must find its place, so that the files cannot drift away from the test.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from wallet.config.serve.processes import choose_port
from wallet.config.serve.roles import log_in_as
from wallet.identity.services import issue_device, sign_up

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "docs" / "deploy"
UNITS = ("api", "socket", "worker", "rails", "merchants", "beat")
HOST = {"Host": "wallet.example.org"}
ADDRESS = "ws://wallet.example.org/ws/v1/"
NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/hehua.conf;
}}
"""
pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db,  # or pytest-django makes no test database
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]


@dataclass(frozen=True)
class Layout:
    """Where the parts of the running layout are."""

    nginx: int
    api: int
    socket: int
    folder: Path

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


def put(text: str, replacements: dict[str, str]) -> str:
    for old, new in replacements.items():
        assert re.search(old, text), f"{old} is no longer there"
        text = re.sub(old, new, text)
    return text


def read_environment(folder: Path) -> dict[str, str]:
    """Read the example of /etc/hehua.env, with the tests' servers and secrets instead of its placeholders."""
    lines = (DEPLOY / "hehua.env.example").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    names = ("PATH", "SECRET_KEY", "PIN_PEPPER", "MERCHANT_SECRETS_KEY", "REDIS_URL")
    ours = {name: os.environ[name] for name in names}
    return example | ours | {"STATIC_ROOT": str(folder / "static"), "PYTHONUNBUFFERED": "1"}


def read_command(unit: str, replacements: dict[str, str]) -> list[str]:
    text = (DEPLOY / "systemd" / f"hehua-{unit}.service").read_text()
    line = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    folder = str(Path(sys.executable).parent)
    return put(line, {"^ExecStart=": "", "/srv/hehua/.venv/bin": folder, **replacements}).split()


@pytest.fixture(scope="module")
def database(django_db_setup: None) -> str:
    """The address of the migrated test database, for the servers' own login."""
    from django.conf import settings

    owner, name = os.environ["DATABASE_URL"], settings.DATABASES["default"]["NAME"]
    server = os.environ["SERVER_DATABASE_URL"]
    credentials = server.partition("://")[2].partition("@")[0].split(":")
    return log_in_as(owner.rpartition("/")[0] + f"/{name}", *credentials)


@pytest.fixture(scope="module")
def layout(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    folder = tmp_path_factory.mktemp("layout")
    layout = Layout(nginx=choose_port(), api=choose_port(), socket=choose_port(), folder=folder)
    commands = {
        "api": read_command("api", {"8001": str(layout.api)}),
        "socket": read_command("socket", {"8002": str(layout.socket)}),
        "worker": read_command("worker", {}),
        "rails": read_command("rails", {"%%h": "%h"}),
        "merchants": read_command("merchants", {"%%h": "%h"}),
        "beat": read_command("beat", {"/var/lib/hehua": str(folder)}),
        "nginx": ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")],
    }
    site = put(
        (DEPLOY / "nginx.conf").read_text(),
        {
            r"server 127.0.0.1:8001": f"server 127.0.0.1:{layout.api}",
            r"server 127.0.0.1:8002": f"server 127.0.0.1:{layout.socket}",
            r"listen 80;": f"listen 127.0.0.1:{choose_port()};",
            r"listen 443 ssl http2;": f"listen 127.0.0.1:{layout.nginx};",
            r"ssl_certificate(_key)? .*": "",
        },
    )
    (folder / "hehua.conf").write_text(site)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    environment = read_environment(folder) | {"DATABASE_URL": database}
    with contextlib.ExitStack() as stack:
        for name, command in commands.items():
            stack.enter_context(running(command, environment, folder / f"{name}.log"))
        wait_until(lambda: ask(layout, "/api/v1/health/ready").status_code == 200, layout)
        wait_until(lambda: open_socket(layout.socket) > 0, layout)
        yield layout


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(is_so: Callable[[], bool], layout: Layout) -> None:
    deadline = time.monotonic() + 40
    while True:
        with contextlib.suppress(httpx.TransportError, ConnectionError):
            if is_so():
                return
        assert time.monotonic() < deadline, "\n".join(layout.log(name)[-2000:] for name in (*UNITS, "nginx"))
        time.sleep(0.1)


def ask(layout: Layout, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{layout.nginx}{path}", headers=HOST, timeout=10)


def test_the_api_answers_through_nginx(layout: Layout) -> None:
    answer = ask(layout, "/api/v1/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["strict-transport-security"]


def test_an_unknown_host_is_refused(layout: Layout) -> None:
    answer = httpx.get(f"http://127.0.0.1:{layout.nginx}/api/v1/health/live", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def open_socket(port: int, token: str = "") -> int:
    """Open a socket; return 101 when it serves us, or the status that refused the handshake."""
    line = socket.create_connection(("127.0.0.1", port))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with connect(ADDRESS, sock=line, open_timeout=10, additional_headers=headers) as opened:
            opened.send('{"type": "nonsense"}')
            assert json.loads(opened.recv(timeout=10))["type"] == "error"
    except InvalidStatus as refusal:
        return refusal.response.status_code
    return 101


@pytest.fixture(scope="module")
def token(layout: Layout, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The token of somebody who is logged in; committed, because the servers are other processes."""
    with django_db_blocker.unblock():
        user = sign_up(phone="+8613900000099", now=timezone.now())
        device, token = issue_device(user=user, name="phone", now=timezone.now())
        yield token
        device.delete()
        user.delete()
        connection.close()


def test_a_socket_reaches_the_asgi_server_through_nginx(layout: Layout, token: str) -> None:
    assert open_socket(layout.nginx, token) == 101
    assert open_socket(layout.nginx) == open_socket(layout.socket) == 401
    url, headers = f"http://127.0.0.1:{layout.api}/ws/v1/", HOST | {"X-Forwarded-Proto": "https"}
    assert httpx.get(url, headers=headers).status_code == 404  # the API server has no sockets


def test_the_workers_and_the_clock_run(layout: Layout) -> None:
    wait_until(lambda: all(" ready." in layout.log(name) for name in ("worker", "rails", "merchants")), layout)
    wait_until(lambda: "beat: Starting" in layout.log("beat"), layout)
