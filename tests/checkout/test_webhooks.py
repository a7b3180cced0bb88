"""Merchants are told: signed, at least once, for three days, and never at our own addresses."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from groups.checkout import webhooks
from groups.checkout.models import Delivery
from groups.checkout.webhooks import deliver_due, deliver_one
from groups.members.models import Group
from groups.spending.keys import revoke_key, verify
from groups.spending.models import MerchantKey
from tests.cast import Person, Shop, World, money, yuan
from tests.checkout.conftest import cancel, order, pay
from wallet.identity.models import User


@dataclass
class Listener:
    """A merchant's own server on this machine; it answers as told."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def listener(settings: Any) -> Iterator[Listener]:
    settings.WEBHOOK_PRIVATE_ALLOWED = True
    told = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.heard.append((dict(self.headers), body))
            self.send_response(told.answers.pop(0) if told.answers else 200)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}/paid?shop=1"
    yield told
    server.shutdown()


@pytest.fixture
def paid(world: World, funded: Group, member: Person, shop: Shop, listener: Listener) -> Delivery:
    """An order that was paid, and of which the merchant has not been told yet."""
    placed = order(shop, notify_url=listener.url).expect(201)
    pay(member, funded, placed).expect(201)
    return Delivery.objects.get()


def test_the_merchant_is_told_in_signed_words(world: World, paid: Delivery, listener: Listener, shop: Shop) -> None:
    assert deliver_due(now=world.now) == 1
    assert deliver_due(now=world.now + timedelta(days=4)) == 0, "once it is taken"
    [(headers, body)] = listener.heard
    assert verify(headers["Merchant-Key"], headers["Merchant-Signature"], body, world.now).merchant == shop.merchant
    told = json.loads(body)
    assert (told["kind"], told["out_trade_no"], told["amount"]) == ("order_paid", "web-1", money(yuan(40)))
    assert headers["Hehua-Delivery"] == told["delivery"] == str(paid.pk)
    assert shop.look_up(told["trade_no"]).expect(200)["status"] == "settled"
    assert set(told) == {"delivery", "kind", "order", "out_trade_no", "trade_no", "amount", "at"}
    paid.refresh_from_db()
    assert (paid.status, paid.last_answer, paid.delivered_at) == ("delivered", "200", world.now)


def test_again_with_growing_pauses_for_three_days(world: World, paid: Delivery, listener: Listener) -> None:
    listener.answers = [500] * 99
    begun, tried = world.now, []
    for _ in range(20):
        paid.refresh_from_db()
        if paid.next_attempt_at is None:
            break
        world.bank.now = paid.next_attempt_at
        assert deliver_due(now=world.now - timedelta(seconds=1)) == 0
        assert deliver_due(now=world.now) == 1
        tried.append(world.now - begun)
    assert (paid.status, paid.last_answer, paid.attempts) == ("given_up", "500", 11)
    assert [step.total_seconds() for step in tried[:4]] == [0, 15, 75, 375]
    assert timedelta(days=2, hours=20) < tried[-1] < timedelta(days=3)
    assert len({headers["Hehua-Delivery"] for headers, _body in listener.heard}) == 1
    assert len({body for _headers, body in listener.heard}) == 1
    signatures = {headers["Merchant-Signature"] for headers, _body in listener.heard}
    assert len(signatures) == 11, "each is signed at its own hour"


def test_a_redirect_is_not_followed_and_is_no_yes(world: World, paid: Delivery, listener: Listener) -> None:
    listener.answers = [302]
    deliver_due(now=world.now)
    paid.refresh_from_db()
    assert (paid.status, paid.last_answer) == ("waiting", "302")


def test_killed_after_the_claim_it_goes_out_again(
    world: World, paid: Delivery, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(webhooks, "_post", die)
        with pytest.raises(KeyboardInterrupt):
            deliver_one(delivery_id=paid.pk, now=world.now)
    assert not listener.heard
    assert deliver_one(delivery_id=paid.pk, now=world.now) is False, "claimed for a while"
    assert deliver_due(now=world.now + timedelta(seconds=15)) == 1
    assert len(listener.heard) == 1


ADDRESSES = [
    "http://127.0.0.1:1/",
    "http://localhost:1/",
    "http://169.254.169.254/latest",
    "http://10.0.0.1/",
    "http://[::1]:1/",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_never_at_our_own_addresses(
    world: World, paid: Delivery, listener: Listener, settings: Any, address: str
) -> None:
    settings.WEBHOOK_PRIVATE_ALLOWED = False
    paid.order.notify_url = address
    paid.order.save()
    deliver_due(now=world.now)
    paid.refresh_from_db()
    assert (paid.status, paid.last_answer) == ("waiting", "not a public address")


def test_nobody_there(world: World, paid: Delivery, listener: Listener) -> None:
    paid.order.notify_url = "http://127.0.0.1:1/"
    paid.order.save()
    deliver_due(now=world.now)
    paid.refresh_from_db()
    assert (paid.status, paid.last_answer) == ("waiting", "ConnectError")


def test_without_a_key_nothing_is_sent_unsigned(world: World, paid: Delivery, listener: Listener) -> None:
    for key in MerchantKey.objects.all():
        revoke_key(key=key, now=world.now)
    deliver_due(now=world.now)
    paid.refresh_from_db()
    assert (paid.last_answer, listener.heard) == ("no valid key", [])


def test_of_a_closing_too(world: World, shop: Shop, listener: Listener) -> None:
    order(shop, notify_url=listener.url).expect(201)
    cancel(shop).expect(200)
    deliver_due(now=world.now)
    assert json.loads(listener.heard[0][1])["kind"] == "order_closed"


def test_whoever_names_no_address_is_told_nothing(funded: Group, member: Person, shop: Shop) -> None:
    pay(member, funded, order(shop).expect(201)).expect(201)
    assert not Delivery.objects.exists()


def test_an_operator_sends_it_again(world: World, paid: Delivery, listener: Listener) -> None:
    deliver_due(now=world.now)
    operator = User.objects.create_superuser("op", "x")
    client = Client()
    client.force_login(operator)
    chosen = {"action": "again", "_selected_action": [str(paid.pk)]}
    client.post(reverse("admin:checkout_delivery_changelist"), chosen)
    paid.refresh_from_db()
    assert (paid.status, paid.attempts) == ("waiting", 0)
    assert paid.next_attempt_at is not None
    deliver_due(now=paid.next_attempt_at)
    assert len(listener.heard) == 2
