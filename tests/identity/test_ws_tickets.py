"""A ticket opens one websocket, within thirty seconds, for the device that asked for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from tests.identity.conftest import NOW, App
from wallet.identity.models import Device, User, WsTicket
from wallet.identity.services import issue_ticket, redeem_ticket, revoke_device

pytestmark = pytest.mark.django_db


def test_a_ticket_is_for_the_device_that_asked(phone_app: App, device_and_token: tuple[Device, str]) -> None:
    with time_machine.travel(NOW, tick=False):
        answer = phone_app.call("POST", "/ws-tickets")
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    body = answer.json()
    assert set(body) == {"ticket", "expires_at"}
    assert redeem_ticket(body["ticket"], NOW + timedelta(seconds=29)) == device_and_token[0]


def test_a_ticket_needs_a_login(app: App) -> None:
    assert app.call("POST", "/ws-tickets").status_code == 401


def test_a_ticket_is_used_once(device_and_token: tuple[Device, str]) -> None:
    device, _ = device_and_token
    _, ticket = issue_ticket(device=device, now=NOW)
    assert redeem_ticket(ticket, NOW) == device
    assert redeem_ticket(ticket, NOW) is None


def test_a_ticket_lives_thirty_seconds(device_and_token: tuple[Device, str]) -> None:
    _, ticket = issue_ticket(device=device_and_token[0], now=NOW)
    assert redeem_ticket(ticket, NOW + timedelta(seconds=30)) is None
    _, ticket = issue_ticket(device=device_and_token[0], now=NOW)
    assert redeem_ticket(ticket, NOW + timedelta(seconds=29, milliseconds=999))


@pytest.mark.parametrize("ticket", ["", "made-up", "\x00", "x" * 5000])
def test_an_invented_ticket_opens_nothing(db: None, ticket: str) -> None:
    assert redeem_ticket(ticket, NOW) is None


def test_a_ticket_dies_with_its_device(device_and_token: tuple[Device, str]) -> None:
    device, _ = device_and_token
    _, ticket = issue_ticket(device=device, now=NOW)
    revoke_device(device=device, now=NOW)
    assert redeem_ticket(ticket, NOW) is None


def test_a_ticket_of_somebody_shut_out_opens_nothing(device_and_token: tuple[Device, str], member: User) -> None:
    _, ticket = issue_ticket(device=device_and_token[0], now=NOW)
    User.objects.filter(id=member.id).update(is_active=False)
    assert redeem_ticket(ticket, NOW) is None


def test_old_tickets_are_swept_by_new_ones(device_and_token: tuple[Device, str]) -> None:
    for minute in range(5):
        issue_ticket(device=device_and_token[0], now=NOW + timedelta(minutes=minute))
    assert WsTicket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_sockets_with_one_ticket_one_opens(device_and_token: tuple[Device, str]) -> None:
    _, ticket = issue_ticket(device=device_and_token[0], now=NOW)

    def redeem(_: int) -> bool:
        try:
            return redeem_ticket(ticket, NOW) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(redeem, range(32))) == 1
