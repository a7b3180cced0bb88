"""Merchants are told: signed, at least once, for three days, and never at our own addresses."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from groups.checkout import webhooks
from groups.checkout.models import Delivery, Order
from groups.checkout.selectors import list_merchants_to_tell
from groups.checkout.tasks import deliver, deliver_due
from groups.checkout.webhooks import Call, deliver_next, send_again
from groups.members.models import Group
from groups.spending.keys import revoke_key, sign_message
from groups.spending.models import MerchantKey
from tests.cast import Person, Shop, World, money, open_shop, yuan
from tests.checkout.conftest import cancel, look, order, pay
from wallet.config.celery import app
from wallet.identity.models import User


@dataclass
class Listener:
    """A merchant's own server on this machine; it answers as told, after so many seconds, a header at a time."""

    url: str = ""
    seconds: float = 0
    headers: int = 1
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
            time.sleep(told.seconds)
            self.send_response(told.answers.pop(0) if told.answers else 200)
            with suppress(BrokenPipeError):
                for _ in range(told.headers):
                    self.send_header("Location", "http://127.0.0.1:1/")
                    self.flush_headers()
                    time.sleep(told.seconds)
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


def tell(now: datetime) -> int:
    """Do what beat and the workers do; say how many messages were tried."""
    before = count_attempts()
    for merchant_id in list_merchants_to_tell(now):
        while deliver_next(merchant_id=merchant_id, now=now):
            continue
    return count_attempts() - before


def count_attempts() -> int:
    return sum(Delivery.objects.values_list("attempts", flat=True))


def test_the_merchant_is_told_in_signed_words(world: World, paid: Delivery, listener: Listener, shop: Shop) -> None:
    assert tell(now=world.now) == 1
    assert tell(now=world.now + timedelta(days=4)) == 0, "once it is taken"
    [(headers, body)] = listener.heard
    assert headers["Merchant-Key"] == shop.api.key_id
    assert headers["Hehua-Signature"] == sign_message(shop.api.secret, str(paid.pk), body, world.now)
    told = json.loads(body)
    assert (told["kind"], told["out_trade_no"], told["amount"]) == ("order_paid", "web-1", money(yuan(40)))
    assert headers["Hehua-Delivery"] == told["delivery"] == str(paid.pk)
    assert shop.look_up(told["trade_no"]).expect(200)["status"] == "settled"
    assert set(told) == {"delivery", "kind", "order", "out_trade_no", "trade_no", "status", "amount", "at"}
    assert told["at"].endswith("Z"), "wherever the worker is"
    paid.refresh_from_db()
    assert (paid.status, paid.last_answer, paid.delivered_at) == ("delivered", "200", world.now)


def test_what_is_signed_to_a_merchant_is_no_request_of_the_merchant(
    world: World, paid: Delivery, listener: Listener, shop: Shop
) -> None:
    tell(now=world.now)
    [(headers, body)] = listener.heard
    sent_back = {"Merchant-Signature": headers["Hehua-Signature"]}
    path = "/merchant/orders/web-1/cancel"
    shop.api.call("POST", path, body, headers=sent_back).expect(401, "signature_invalid")
    whole = f"{paid.pk}.".encode() + body
    shop.api.call("POST", path, whole, headers=sent_back).expect(400, "invalid")
    shop.api.call("GET", "/merchant/orders/web-1", whole, headers=sent_back).expect(400, "invalid")
    shop.api.call("POST", "/merchant/orders", whole, headers=sent_back).expect(400, "parse_error")
    assert look(shop)["status"] == "paid"


def test_again_with_growing_pauses_for_three_days(world: World, paid: Delivery, listener: Listener) -> None:
    listener.answers = [500] * 99
    begun, tried = world.now, []
    for _ in range(20):
        paid.refresh_from_db()
        if paid.next_attempt_at is None:
            break
        world.bank.now = paid.next_attempt_at
        assert tell(now=world.now - timedelta(seconds=1)) == 0
        assert tell(now=world.now) == 1
        tried.append(world.now - begun)
    assert (paid.status, paid.last_answer, paid.attempts) == ("given_up", "500", 11)
    assert [step.total_seconds() for step in tried[:4]] == [0, 15, 75, 375]
    assert timedelta(days=2, hours=20) < tried[-1] < timedelta(days=3)
    assert len({headers["Hehua-Delivery"] for headers, _body in listener.heard}) == 1
    assert len({body for _headers, body in listener.heard}) == 1
    signatures = {headers["Hehua-Signature"] for headers, _body in listener.heard}
    assert len(signatures) == 11, "each is signed at its own hour"


def test_a_redirect_is_not_followed_and_is_no_yes(world: World, paid: Delivery, listener: Listener) -> None:
    listener.answers = [302]
    tell(now=world.now)
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
            tell(now=world.now)
    assert not listener.heard
    assert tell(now=world.now) == 0, "claimed for a while"
    assert tell(now=world.now + timedelta(seconds=15)) == 1
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
    tell(now=world.now)
    paid.refresh_from_db()
    assert (paid.status, paid.last_answer) == ("waiting", "not a public address")


def test_nobody_there(world: World, paid: Delivery, listener: Listener) -> None:
    paid.order.notify_url = "http://127.0.0.1:1/"
    paid.order.save()
    tell(now=world.now)
    paid.refresh_from_db()
    assert (paid.status, paid.last_answer) == ("waiting", "ConnectError")


def test_without_a_key_nothing_is_sent_unsigned(world: World, paid: Delivery, listener: Listener) -> None:
    for key in MerchantKey.objects.all():
        revoke_key(key=key, now=world.now)
    tell(now=world.now)
    paid.refresh_from_db()
    assert (paid.last_answer, listener.heard) == ("no valid key", [])


def test_of_a_closing_too(world: World, shop: Shop, listener: Listener) -> None:
    order(shop, notify_url=listener.url).expect(201)
    cancel(shop).expect(200)
    tell(now=world.now)
    assert json.loads(listener.heard[0][1])["kind"] == "order_closed"


def test_the_last_word_is_heard_last(world: World, paid: Delivery, listener: Listener, shop: Shop) -> None:
    listener.answers = [503]
    tell(now=world.now)
    cancel(shop).expect(200)
    for _ in range(3):
        world.bank.now += timedelta(minutes=1)
        tell(now=world.now)
    heard = [json.loads(body) for _headers, body in listener.heard]
    assert [(told["kind"], told["status"]) for told in heard] == [("order_paid", "paid"), ("order_closed", "closed")]
    paid.refresh_from_db()
    assert (paid.status, paid.last_answer) == ("given_up", "503")
    send_again(delivery=paid, now=world.now)
    tell(now=world.now)
    assert json.loads(listener.heard[-1][1])["status"] == "closed", "of an earlier message that goes out again too"


@pytest.mark.parametrize(("answer", "status"), [(200, "delivered"), (503, "given_up")])
def test_closed_while_the_merchant_is_told_that_it_was_paid(
    world: World, paid: Delivery, shop: Shop, monkeypatch: pytest.MonkeyPatch, answer: int, status: str
) -> None:
    def call(*_: Any) -> Call:
        cancel(shop).expect(200)
        return Call("", answer == 200, str(answer))

    monkeypatch.setattr(webhooks, "_post", call)
    deliver_next(merchant_id=shop.merchant.pk, now=world.now)
    paid.refresh_from_db()
    assert (paid.status, paid.last_answer, paid.calling_until) == (status, str(answer), None)


def test_whoever_names_no_address_is_told_nothing(funded: Group, member: Person, shop: Shop) -> None:
    pay(member, funded, order(shop).expect(201)).expect(201)
    assert not Delivery.objects.exists()


def test_an_operator_sends_it_again(world: World, paid: Delivery, listener: Listener) -> None:
    tell(now=world.now)
    operator = User.objects.create_superuser("op", "x")
    client = Client()
    client.force_login(operator)
    chosen = {"action": "again", "_selected_action": [str(paid.pk)]}
    client.post(reverse("admin:checkout_delivery_changelist"), chosen)
    paid.refresh_from_db()
    assert (paid.status, paid.attempts) == ("waiting", 0)
    assert paid.next_attempt_at is not None
    tell(now=paid.next_attempt_at)
    assert len(listener.heard) == 2


# --- slow shops -------------------------------------------------------------------------------------------------------
@pytest.fixture
def three(world: World, paid: Delivery, shop: Shop, listener: Listener) -> Delivery:
    """Three messages to one merchant are due; the first of them."""
    for number in (2, 3):
        order(shop, no=f"web-{number}", notify_url=listener.url).expect(201)
        cancel(shop, no=f"web-{number}").expect(200)
    return paid


def test_each_merchant_has_a_task_of_its_own(
    world: World, three: Delivery, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    baker = open_shop("面包房", now=world.now, category="food")
    order(baker, notify_url=listener.url).expect(201)
    cancel(baker).expect(200)
    begun: list[str] = []
    monkeypatch.setattr(deliver, "apply_async", lambda args, **options: begun.extend(args))
    deliver_due()
    assert sorted(begun) == sorted([str(three.order.merchant_id), str(baker.merchant.pk)])
    for merchant_id in begun:
        deliver(merchant_id)
    assert len(listener.heard) == 4
    assert not Delivery.objects.filter(status="waiting").exists()


def test_their_queue_is_their_own() -> None:
    """What waits for a stranger's machine must not hold up money."""
    route = app.amqp.router.route({}, deliver.name)["queue"].name
    assert route != app.amqp.router.route({}, "autotransfers.run_due")["queue"].name
    assert app.amqp.router.route({}, deliver_due.name)["queue"].name == route


def test_who_does_not_answer_is_not_called_for_the_next(
    world: World, three: Delivery, listener: Listener, shop: Shop, settings: Any
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS, listener.seconds = 0.2, 1
    elsewhere = order(shop, no="web-4", notify_url="http://127.0.0.1:1/").expect(201)
    cancel(shop, no="web-4").expect(200)
    deliver(str(three.order.merchant_id))
    three.refresh_from_db()
    assert (three.status, three.last_answer, three.calling_until) == ("waiting", "TimeoutError", None)
    assert count_attempts() == 2, "one to the machine that was silent, one to another"
    assert Delivery.objects.get(order=elsewhere["id"]).last_answer == "ConnectError"


def test_a_machine_that_is_away_costs_no_time_and_new_messages_come_first(
    world: World, three: Delivery, listener: Listener, shop: Shop
) -> None:
    Order.objects.update(notify_url="http://127.0.0.1:1/")
    deliver(str(three.order.merchant_id))
    assert count_attempts() == 3
    world.bank.now += timedelta(seconds=15)
    order(shop, no="web-4", notify_url=listener.url).expect(201)
    cancel(shop, no="web-4").expect(200)
    call = deliver_next(merchant_id=three.order.merchant_id, now=world.now)
    assert (call and call.taken, len(listener.heard)) == (True, 1)


def test_who_answers_a_little_at_a_time_has_no_more_time(
    world: World, paid: Delivery, listener: Listener, settings: Any
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS, listener.seconds, listener.headers = 0.3, 0.1, 50
    begun = time.monotonic()
    tell(now=world.now)
    paid.refresh_from_db()
    assert paid.last_answer == "TimeoutError"
    assert time.monotonic() - begun < 2


def test_a_merchant_is_called_so_often_at_a_time(
    world: World, three: Delivery, listener: Listener, settings: Any
) -> None:
    settings.WEBHOOKS_AT_ONCE_MAX = 2
    asked: dict[str, Any] = {"merchant_id": three.order.merchant_id, "now": world.now}
    for delivery in Delivery.objects.order_by("pk")[:2]:
        delivery.calling_until = world.now + timedelta(seconds=10)
        delivery.next_attempt_at = world.now + timedelta(seconds=15)
        delivery.save()
    assert deliver_next(**asked) is None
    assert not listener.heard
    asked["now"] += timedelta(seconds=11)
    assert deliver_next(**asked), "the calls of a dead worker lapse"
    assert len(listener.heard) == 1


@pytest.mark.django_db(transaction=True)
def test_however_many_begin_at_once(
    world: World, three: Delivery, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOKS_AT_ONCE_MAX = 2
    begin, end = threading.Barrier(6, timeout=30), threading.Barrier(6, timeout=30)

    def answer_when_all_have_tried(*_: Any) -> Call:
        end.wait()
        return Call("", True, "200")

    def call() -> bool:
        try:
            begin.wait()
            if deliver_next(merchant_id=three.order.merchant_id, now=world.now):
                return True
            end.wait()
            return False
        finally:
            connection.close()

    monkeypatch.setattr(webhooks, "_post", answer_when_all_have_tried)
    with ThreadPoolExecutor(6) as pool:
        assert sum(job.result() for job in [pool.submit(call) for _ in range(6)]) == 2


def test_a_task_lets_the_others_have_their_turn(
    world: World, three: Delivery, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groups.checkout.tasks.MESSAGES_MAX", 2)
    deliver(str(three.order.merchant_id))
    assert len(listener.heard) == 2


def test_who_answers_slowly_is_left_to_the_next_beat(
    world: World, three: Delivery, listener: Listener, settings: Any
) -> None:
    settings.WEBHOOK_TASK_SECONDS, listener.seconds = 0.1, 0.1
    deliver(str(three.order.merchant_id))
    assert len(listener.heard) == 1, "it took 0.2 s"


def test_a_machine_that_is_slow_keeps_no_other_one_waiting(
    world: World, three: Delivery, listener: Listener, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groups.checkout.tasks.SLOW_SECONDS", 0.2)
    listener.seconds = 0.2
    elsewhere = order(shop, no="web-4", notify_url="http://127.0.0.1:1/").expect(201)
    cancel(shop, no="web-4").expect(200)
    deliver(str(three.order.merchant_id))
    assert (len(listener.heard), count_attempts()) == (1, 2)
    assert Delivery.objects.get(order=elsewhere["id"]).attempts == 1


@pytest.mark.django_db(transaction=True)
def test_one_slow_merchant_leaves_room_for_others(world: World, three: Delivery, listener: Listener) -> None:
    """Three messages for a merchant that takes its time, in three threads; then a task for another."""
    listener.seconds = 1
    baker = open_shop("面包房", now=world.now, category="food")
    begun = time.monotonic()

    def work(merchant_id: uuid.UUID) -> float:
        try:
            deliver(str(merchant_id))
            return time.monotonic() - begun
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        slow = [pool.submit(work, three.order.merchant_id) for _ in range(3)]
        waited = pool.submit(work, baker.merchant.pk).result()
        assert waited < sorted(job.result() for job in slow)[1], "for neither of the two calls"
