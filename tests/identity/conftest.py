"""An app that talks to the real URLs, a phone that receives what is sent, and a cast of people with devices."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from wallet.identity.models import Device, User
from wallet.identity.services import issue_device, sign_up
from wallet.identity.sms import MemorySender, TextMessage

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PHONE = "+8613800000001"
LOGIN = "/_allauth/app/v1/auth"


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def inbox(settings: Any) -> Iterator[list[TextMessage]]:
    """The messages sent in this test."""
    settings.SMS_SENDER = "wallet.identity.sms.MemorySender"
    MemorySender.messages.clear()
    yield MemorySender.messages
    MemorySender.messages.clear()


@dataclass
class App:
    """The mobile app: remembers its session token and its access token, as a client would."""

    inbox: list[TextMessage]
    address: str = "192.0.2.1"
    client: Client = field(default_factory=Client)
    session_token: str = ""
    token: str = ""

    def login_call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"X-Session-Token": self.session_token} if self.session_token else {}
        return self._send(method, LOGIN + path, body, headers | {"User-Agent": "Hehua/1.0"})

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self._send(method, "/api/v1" + path, body, headers)

    def request_code(self, phone: str = PHONE) -> Any:
        return self.login_call("POST", "/code/request", {"phone": phone})

    def confirm(self, code: str) -> Any:
        return self.login_call("POST", "/code/confirm", {"code": code})

    def code(self) -> str:
        return self.inbox[-1].params["code"]

    def wrong_code(self) -> str:
        return f"{(int(self.code()) + 1) % 1_000_000:06d}"

    def log_in(self, phone: str = PHONE) -> Any:
        assert self.request_code(phone).status_code == 401
        response = self.confirm(self.code())
        assert response.status_code == 200, response.content
        return response

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        data = "" if body is None else json.dumps(body)
        response = self.client.generic(
            method, path, data, content_type="application/json", headers=headers, REMOTE_ADDR=self.address
        )
        if path.startswith(LOGIN) and "json" in response.headers.get("Content-Type", ""):
            meta = json.loads(response.content).get("meta", {})
            self.session_token = meta.get("session_token", self.session_token)
            self.token = meta.get("access_token", self.token)
        return response


@pytest.fixture
def app(inbox: list[TextMessage]) -> App:
    return App(inbox)


@pytest.fixture
def member(db: None) -> User:
    return sign_up(phone=PHONE, name="张小明", now=NOW)


@pytest.fixture
def stranger(db: None) -> User:
    return sign_up(phone="+8613800000002", name="李四", now=NOW)


@pytest.fixture
def device_and_token(member: User) -> tuple[Device, str]:
    return issue_device(user=member, name="Pixel", now=NOW)


@pytest.fixture
def phone_app(app: App, device_and_token: tuple[Device, str]) -> App:
    """The app, logged in as the member."""
    app.token = device_and_token[1]
    return app


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("root", "correct horse battery", name="Root")
