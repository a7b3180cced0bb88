"""Whoever reads the whole database, or every log, finds no token, no session key, no ticket and no code."""

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
    for secret in (pending, app.session_token, app.token, ticket):
        assert len(secret) >= 32
        assert not _rows_with(secret)
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
