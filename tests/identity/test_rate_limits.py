"""Codes are limited per number, per device and per address; the limits end by themselves."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.identity.conftest import NOW, PHONE, App

pytestmark = pytest.mark.django_db


def _ask(app: App, phone: str = PHONE) -> int:
    return int(app.request_code(phone).status_code)


def test_a_number_gets_three_codes_a_minute_from_wherever(inbox: Any) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        assert [_ask(App(inbox, address=f"192.0.2.{n}")) for n in range(1, 5)] == [401, 401, 401, 429]
        assert len(inbox) == 3
        clock.shift(timedelta(seconds=60))
        assert _ask(App(inbox)) == 401


def test_a_refusal_says_when_to_come_back(app: App) -> None:
    for _ in range(3):
        app.request_code()
    refused = app.request_code()
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert refused.json()["errors"][0]["code"] == "too_many_login_attempts"


def test_a_number_gets_ten_codes_an_hour_and_twenty_a_day(inbox: Any) -> None:
    sent = []
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(24 * 12):
            sent.append(_ask(App(inbox)))
            clock.shift(timedelta(minutes=5))
    assert sent[:12].count(401) == 10
    assert sent.count(401) == 20


def test_an_address_gets_twenty_codes_a_minute(inbox: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        sent = [_ask(App(inbox), f"+86138000000{n:02d}") for n in range(21)]
        assert sent == [401] * 20 + [429]
        assert _ask(App(inbox, address="192.0.2.9"), "+8613800000050") == 401


def test_a_device_gets_ten_codes_an_hour(inbox: Any) -> None:
    app = App(inbox)
    with time_machine.travel(NOW, tick=False):
        sent = []
        for n in range(12):
            app.address = f"192.0.2.{n + 1}"
            sent.append(_ask(app, f"+86138000000{n:02d}"))
    assert sent == [401] * 11 + [429]  # the first one came before it was known as a device


def test_an_address_tries_sixty_codes_a_minute(inbox: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        tried = []
        for n in range(13):
            app = App(inbox, address=f"192.0.2.{n + 10}")
            app.request_code(f"+86138000000{n:02d}")
            app.address = "192.0.2.1"
            tried += [app.confirm(app.wrong_code()).status_code for _ in range(5)]
    assert tried == [400] * 60 + [429] * 5
