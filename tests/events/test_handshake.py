"""Who may open a websocket, and what the others are told; no secret ends up in a log."""

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.events.conftest import Client, Server, note
from wallet.events.reads import Reads
from wallet.identity.models import Device, User, WsTicket
from wallet.identity.services import issue_ticket, revoke_device
from wallet.ledger.models import Wallet

PROTOCOL = Subprotocol("hehua.v1")


def refusal(server: Server, path: str = "", **options: Any) -> dict[str, Any]:
    """Be refused; return the problem document."""
    with pytest.raises(InvalidStatus) as refused:
        Client(server.url + path, **options)
    response = refused.value.response
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.body or b"")
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response.headers["X-Request-Id"]
    return problem


def ticket_of(device: Device, **shift: Any) -> str:
    return issue_ticket(device=device, now=datetime.now(UTC) + timedelta(**shift))[1]


def offer(ticket: str) -> dict[str, Any]:
    return {"subprotocols": [PROTOCOL, Subprotocol(f"ticket.{ticket}")]}


def test_an_app_sends_its_token(server: Server, token: str, wallet: Wallet) -> None:
    note(wallet)
    with server.connect(token) as client:
        assert client.socket.subprotocol is None
        client.subscribe({wallet: 0})
        client.read_until(wallet, 1)


def test_a_browser_sends_a_ticket_once(server: Server, device: tuple[Device, str], wallet: Wallet) -> None:
    ticket = ticket_of(device[0])
    with server.connect(**offer(ticket)) as client:
        assert client.socket.subprotocol == "hehua.v1"
        client.subscribe({wallet: 0})
    assert refusal(server, **offer(ticket))["code"] == "socket_unauthenticated"


def test_a_ticket_is_good_for_half_a_minute(server: Server, device: tuple[Device, str]) -> None:
    for seconds in (-30, -31, -3600):
        assert refusal(server, **offer(ticket_of(device[0], seconds=seconds)))["status"] == 401
    with server.connect(**offer(ticket_of(device[0], seconds=-28))):
        pass


NOT_GOOD: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer invented"},
    {"Authorization": "Basic aGk6aGk="},
    {"Authorization": "Bearer two words"},
    {"Authorization": "Bearer \u00e9"},
    {"Cookie": "sessionid=abc"},
]


def test_nobody_gets_in_without(server: Server) -> None:
    for headers in NOT_GOOD:
        assert refusal(server, additional_headers=headers)["code"] == "socket_unauthenticated", headers


def test_nobody_gets_in_with_what_is_no_longer_good(server: Server, member: User, device: tuple[Device, str]) -> None:
    ticket = ticket_of(device[0])
    revoke_device(device=device[0], now=datetime.now(UTC))
    bearer = {"Authorization": f"Bearer {device[1]}"}
    assert refusal(server, additional_headers=bearer)["status"] == 401
    assert refusal(server, **offer(ticket))["status"] == 401


def test_a_ticket_of_a_person_who_was_deactivated(server: Server, member: User, device: tuple[Device, str]) -> None:
    ticket = ticket_of(device[0])
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert refusal(server, **offer(ticket))["status"] == 401


def test_an_offer_of_other_subprotocols(server: Server, device: tuple[Device, str]) -> None:
    offered: dict[str, Any] = {"subprotocols": [Subprotocol(f"ticket.{ticket_of(device[0])}")]}
    assert refusal(server, **offered)["code"] == "subprotocol_refused"
    assert WsTicket.objects.filter(redeemed_at=None).exists(), "it was not used up"


def test_a_secret_in_the_address_is_refused_and_not_logged(
    server: Server, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "uvicorn"):
        bearer = {"Authorization": f"Bearer {token}"}
        for name in ("token", "access_token", "ticket", "anything"):
            problem = refusal(server, f"?{name}={token}", additional_headers=bearer)
            assert problem["code"] == "query_refused"
            assert token not in json.dumps(problem)
        with server.connect(token):
            pass
    logged = [
        record.getMessage() for record in caplog.records if record.name == "uvicorn.error" and record.levelno > 10
    ]
    assert any("/ws/v1/" in line for line in logged)
    assert not any(token in line for line in logged)


def test_other_addresses(server: Server, token: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    for path in ("more", "../", "../../admin/"):
        assert refusal(server, path, additional_headers=bearer)["code"] == "not_found"


ORIGINS = [
    ("http://127.0.0.1:{port}", True),
    ("https://app.example.com", True),
    ("https://app.example.com:444", False),
    ("http://app.example.com", False),
    ("http://127.0.0.1:1", False),
    ("https://evil.example.com", False),
    ("https://app.example.com.evil.com", False),
    ("null", False),
    ("", False),
]


def test_pages_of_other_origins(server: Server, token: str, settings: Any) -> None:
    settings.SOCKET_ALLOWED_ORIGINS = ["https://app.example.com"]
    for origin, is_welcome in ORIGINS:
        headers = {"Authorization": f"Bearer {token}", "Origin": origin.format(port=server.port)}
        if is_welcome:
            with server.connect(additional_headers=headers):
                pass
        else:
            assert refusal(server, additional_headers=headers)["code"] == "origin_refused", origin


def test_a_host_that_is_not_ours_is_no_origin_of_ours(server: Server, token: str, settings: Any) -> None:
    """By DNS rebinding a page's own name can lead here, and then Host and Origin agree."""
    settings.ALLOWED_HOSTS = ["api.example.com"]
    headers = {"Authorization": f"Bearer {token}", "Origin": f"http://127.0.0.1:{server.port}"}
    assert refusal(server, additional_headers=headers)["code"] == "origin_refused"


def test_the_answer_is_in_the_language_that_was_asked(server: Server) -> None:
    for language in ("en", "fr, en;q=0.5"):
        assert refusal(server, additional_headers={"Accept-Language": language})["title"] == "Log in first"


def test_the_database_is_away(server: Server, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    async def fail(self: Reads, *args: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(Reads, "run", fail)
    problem = refusal(server, additional_headers={"Authorization": f"Bearer {token}"})
    assert (problem["status"], problem["code"]) == (503, "socket_unavailable")


def test_opening_a_socket_is_being_seen(server: Server, device: tuple[Device, str]) -> None:
    with server.connect(device[1]):
        device[0].refresh_from_db()
        assert time.time() - device[0].last_seen_at.timestamp() < 5
