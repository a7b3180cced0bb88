"""Whoever reads the whole database, or every log, finds no token, session key, ticket, code, PIN or proof."""

import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection

from tests.identity.conftest import NOW, PHONE, App
from wallet.identity.codes import hash_code
from wallet.identity.models import LoginSession

pytestmark = pytest.mark.django_db
PIN, OTHER_PIN, WRONG_PIN = "258036", "719402", "846291"
OPERATION = {"method": "POST", "path": "/api/v1/groups/x/payment-codes"}


def test_the_database_holds_no_secret(app: App) -> None:
    app.request_code()
    pending, code = app.session_token, app.code()
    session = LoginSession.objects.get()
    state = _decode(session)["account_login"]["state"]["stages"]["login_by_code"]["data"]
    assert state["code"] == hash_code(phone=PHONE, code=code)
    assert not _rows_with(pending)
    assert code not in str(_decode(session))

    app.confirm(code)
    ticket = app.call("POST", "/ws-tickets").json()["ticket"]
    app.call("POST", "/me/pin", {"pin": PIN})
    proof = app.call("POST", "/pin/proofs", {"pin": PIN, "operation": OPERATION}).json()["proof"]
    for secret in (pending, app.session_token, app.token, ticket, proof):
        assert len(secret) >= 32
        assert not _rows_with(secret)
    app.call("POST", "/me/pin/reset")
    for digits in (PIN, app.code()):
        assert not [table for table in _rows_with(digits) if "pin" in table or "proof" in table]
    assert _rows_with(PHONE)  # the search does find what is there


def test_tokens_are_never_alike_and_long_enough(app: App) -> None:
    tokens = set()
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(3):
            app.session_token = ""
            app.log_in()
            tokens.add(app.token)
            clock.shift(timedelta(minutes=2))
    assert len(tokens) == 3
    assert all(len(token) == 43 for token in tokens)  # 32 bytes


def test_a_code_is_of_use_for_its_number_only() -> None:
    assert hash_code(phone=PHONE, code="123 456") == hash_code(phone=PHONE, code="123456")
    assert hash_code(phone=PHONE, code="123456") != hash_code(phone="+8613800000002", code="123456")


def test_logs_hold_no_number_code_or_token(app: App, caplog: Any, capfd: Any) -> None:
    caplog.set_level(logging.DEBUG)
    app.request_code()
    app.confirm(app.wrong_code())
    app.confirm(app.code())
    app.call("GET", "/me")
    ticket = app.call("POST", "/ws-tickets").json()["ticket"]
    app.call("DELETE", "/me/devices/00000000-0000-7000-8000-000000000000")
    app.login_call("DELETE", "/session")
    app.call("GET", "/me")
    for _ in range(3):
        app.request_code()

    written = caplog.text + "".join(capfd.readouterr())
    assert "/_allauth/app/v1/auth/code/confirm" in written  # the search does find what is there
    secrets = [PHONE, PHONE[3:], app.token, app.session_token, ticket, *(m.params["code"] for m in app.inbox)]
    assert not [secret for secret in secrets if secret in written.replace(f'"{ticket}"', ticket)]


def test_logs_hold_no_pin_code_or_proof(phone_app: App, caplog: Any, capfd: Any, settings: Any) -> None:
    """Whatever is done with them, right and wrong, and when something breaks on the way."""
    caplog.set_level(logging.DEBUG)
    app = phone_app
    app.call("POST", "/me/pin", {"pin": "123456"})
    app.call("POST", "/me/pin", {"pin": PIN})
    app.call("POST", "/me/pin", {"pin": PIN + "0"})
    proof = app.call("POST", "/pin/proofs", {"pin": PIN, "operation": OPERATION}).json()["proof"]
    app.call("POST", "/groups/019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d10/payment-codes", {})
    app.call("PATCH", "/me/pin", {"current": PIN, "pin": OTHER_PIN})
    for _ in range(4):
        app.call("POST", "/pin/proofs", {"pin": WRONG_PIN, "operation": OPERATION})
    app.call("POST", "/me/pin/reset")
    app.call("POST", "/me/pin/reset/confirm", {"code": app.wrong_code(), "pin": PIN})
    app.call("POST", "/me/pin/reset/confirm", {"code": app.code(), "pin": PIN})
    settings.PIN_PEPPER, app.client.raise_request_exception = "", False
    assert app.call("POST", "/pin/proofs", {"pin": PIN, "operation": OPERATION}).status_code == 500

    written = caplog.text + "".join(capfd.readouterr())
    assert "/api/v1/me/pin/reset/confirm" in written  # the search does find what is there
    assert "ImproperlyConfigured" in written
    secrets = [PIN, OTHER_PIN, WRONG_PIN, "123456", proof, app.code(), app.wrong_code()]
    assert not [secret for secret in secrets if secret in written]


def test_the_cache_counts_numbers_by_their_hash(app: App) -> None:
    app.request_code()
    keys = cache._cache.get_client().keys("*")  # type: ignore[attr-defined]
    assert keys
    assert not [key for key in keys if PHONE[3:].encode() in key]


def _decode(session: LoginSession) -> dict[str, Any]:
    return dict(session.get_decoded())


def _rows_with(text: str) -> list[str]:
    """List the tables in which some row, written out as text, contains this."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT count(*) FROM {name} t WHERE position(%s in t::text) > 0", [text])
            if cursor.fetchone()[0]:
                found.append(table)
    return found
