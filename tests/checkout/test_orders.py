"""Buying online: ordered once under a number, paid once by one group, cancelled on the day."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from groups.checkout.models import Order
from groups.checkout.services import CANCELLED
from groups.members.models import Group
from groups.spending.models import Payment
from tests.cast import (
    Person,
    Shop,
    World,
    agree,
    balance_of,
    found,
    kinds_since,
    money,
    open_shop,
    pay_in,
    sequence_of,
    settle_on,
    show_code,
    stakes_of,
    yuan,
)
from tests.checkout.conftest import cancel, look, order, pay

WHOLE = {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}


# --- ordering ---------------------------------------------------------------------------------------------------------
def test_ordered_and_paid(funded: Group, member: Person, shop: Shop) -> None:
    placed = order(shop).expect(201)
    assert (placed["status"], placed["trade_no"]) == ("open", "")
    seen = member.api.get(f"/orders/{placed['id']}").expect(200)
    assert (seen["merchant"], seen["amount"], seen["subject"]) == ("菜市场", money(yuan(40)), "书")
    assert "out_trade_no" not in seen
    before = sequence_of(funded)
    paid = pay(member, funded, placed).expect(201)
    assert (paid["status"], paid["user"]) == ("settled", str(member.id))
    assert stakes_of(funded) == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}
    assert kinds_since(funded, before) == ["payment_settled"]
    told = look(shop)
    assert told["status"] == "paid"
    for secret in (member.id, funded.pk):
        assert str(secret) not in str(told), "the merchant learns nothing of who paid"
    assert shop.look_up(told["trade_no"]).expect(200)["amount"] == money(yuan(40))


def test_the_same_order_again_is_the_same_order(shop: Shop) -> None:
    first, again = order(shop), order(shop)
    assert first.expect(201) == again.expect(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    for change in ({"amount": yuan(41)}, {"subject": "酒"}, {"minutes": 5}, {"notify_url": "https://shop.example/x"}):
        order(shop, **change).expect(409, "order_number_reused")
    assert Order.objects.count() == 1


def test_another_shop_has_numbers_of_its_own(world: World, shop: Shop) -> None:
    order(shop).expect(201)
    other = open_shop("书店", now=world.now)
    other.api.get("/merchant/orders/web-1").expect(404, "order_not_found")
    cancel(other).expect(404, "order_not_found")
    order(other, yuan(1)).expect(201)


BAD: list[dict[str, Any]] = [
    {"amount": 40},
    {"amount": {"amount": 0, "currency": "CNY"}},
    {"subject": ""},
    {"minutes": 0},
    {"minutes": 1441},
    {"minutes": "30"},
    {"notify_url": "not an address"},
    {"category": "Books!"},
]


@pytest.mark.parametrize("change", BAD, ids=str)
def test_a_bad_order(shop: Shop, change: dict[str, Any]) -> None:
    body = {"amount": money(yuan(40)), "out_trade_no": "web-1", "subject": "书", **change}
    shop.api.post("/merchant/orders", body).expect(400, "invalid")
    assert not Order.objects.exists()


def test_messages_go_over_https(shop: Shop, settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_ALLOWED = False
    order(shop, notify_url="http://shop.example/paid").expect(422, "notify_url_refused")
    order(shop, notify_url="https://shop.example/paid").expect(201)


# --- paying -----------------------------------------------------------------------------------------------------------
def test_paid_once(funded: Group, owner: Person, member: Person, shop: Shop) -> None:
    placed = order(shop).expect(201)
    first, again = (pay(member, funded, placed, key="the-same-key-twice") for _ in range(2))
    assert first.expect(201) == again.expect(201)
    for person in (member, owner):
        pay(person, funded, placed).expect(409, "order_not_open")
    assert balance_of(funded) == yuan(360)


def test_no_number_of_a_merchant_is_in_its_way(funded: Group, member: Person, shop: Shop) -> None:
    placed = order(shop).expect(201)
    number = f"order.{uuid.UUID(placed['id']).hex}.1"
    shop.charge(show_code(member, funded), yuan(1), no=number).expect(400, "invalid")
    pay(member, funded, placed).expect(201)
    assert look(shop)["trade_no"] == number
    assert shop.look_up(number).expect(200)["amount"] == money(yuan(40))


def test_by_a_rule_of_its_own(funded: Group, member: Person, shop: Shop) -> None:
    placed = order(shop).expect(201)
    pay(member, funded, placed, sharing_rule="equal").expect(422, "sharing_not_agreed")
    pay(member, funded, placed, sharing_rule="payer").expect(201)
    assert stakes_of(funded) == {"张伟": yuan(300), "王芳": yuan(60), "李梅": 0}


def test_until_its_time_is_over(world: World, funded: Group, member: Person, shop: Shop) -> None:
    placed = order(shop, minutes=5).expect(201)
    world.wait(5 * 60)
    assert member.api.get(f"/orders/{placed['id']}").expect(200)["is_expired"]
    pay(member, funded, placed).expect(409, "order_expired")
    assert stakes_of(funded) == WHOLE


def test_a_merchant_that_operators_have_closed_is_not_paid(funded: Group, member: Person, shop: Shop) -> None:
    placed = order(shop).expect(201)
    shop.merchant.is_active = False
    shop.merchant.save()
    pay(member, funded, placed).expect(409, "merchant_closed")
    assert stakes_of(funded) == WHOLE
    shop.merchant.is_active = True
    shop.merchant.save()
    pay(member, funded, placed).expect(201)


def test_what_is_refused_can_be_tried_again(
    world: World, funded: Group, owner: Person, member: Person, shop: Shop
) -> None:
    placed = order(shop, yuan(500)).expect(201)
    refused = pay(member, funded, placed, key="too-little-there-is")
    assert refused.expect(422, "insufficient_funds")["title"]
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert look(shop)["status"] == "open"
    pay_in(world, owner, funded, yuan(200))
    pay(member, funded, placed, key="too-little-there-is").expect(422, "insufficient_funds")  # sticky under its key
    pay(member, funded, placed).expect(201)
    numbers = sorted(Payment.objects.values_list("out_trade_no", "status"))
    assert [(no[-2:], status) for no, status in numbers] == [(".1", "refused"), (".2", "settled")]


def test_a_large_one_is_approved_first(world: World, funded: Group, owner: Person, member: Person, shop: Shop) -> None:
    tiers = [{"above": money(yuan(30)), "approvals": 1}]
    settle_on(owner, funded, "change_voting", {"tiers": tiers, "part_percent": 50, "objection_hours": 24})
    placed, before = order(shop).expect(201), sequence_of(funded)
    pay(member, funded, placed).expect(422, "approval_required")
    assert kinds_since(funded, before) == ["proposal_made", "payment_refused"]
    agree(funded)
    pay(member, funded, placed).expect(201)
    assert look(shop)["status"] == "paid"


def test_it_takes_the_pin(funded: Group, member: Person, shop: Shop) -> None:
    placed = order(shop).expect(201)
    body = {"group": str(funded.pk)}
    member.api.post(f"/orders/{placed['id']}/pay", body).expect(403, "payment_proof_required")
    proof = member.api.prove("POST", f"/orders/{placed['id']}/pay", body)
    other = order(shop, yuan(300), no="web-2").expect(201)
    member.api.post(f"/orders/{other['id']}/pay", body, proof=proof).expect(403, "payment_proof_invalid")


def test_who_may_not_pay(
    world: World, funded: Group, viewer: Person, stranger: Person, owner: Person, shop: Shop
) -> None:
    placed = order(shop).expect(201)
    pay(viewer, funded, placed).expect(403, "not_allowed")
    pay(stranger, funded, placed).expect(404, "group_not_found")
    nowhere = {"id": str(funded.pk)}
    pay(owner, funded, nowhere).expect(404, "order_not_found")
    assert stakes_of(funded) == WHOLE
    own = found(stranger, now=world.now, name="自己的")
    pay_in(world, stranger, own, yuan(50))
    pay(stranger, own, placed).expect(201)


# --- cancelling -------------------------------------------------------------------------------------------------------
def test_an_open_one_is_closed(funded: Group, member: Person, shop: Shop) -> None:
    placed = order(shop).expect(201)
    for _ in range(2):
        assert cancel(shop).expect(200)["status"] == "closed"
    pay(member, funded, placed).expect(409, "order_not_open")


def test_of_a_paid_one_the_money_goes_back_on_its_day(world: World, funded: Group, member: Person, shop: Shop) -> None:
    placed = order(shop).expect(201)
    pay(member, funded, placed).expect(201)
    shop.refund(look(shop)["trade_no"], yuan(10)).expect(201)
    before = sequence_of(funded)
    for _ in range(2):
        assert cancel(shop).expect(200)["status"] == "closed"
    assert stakes_of(funded) == WHOLE, "what was left of it, once"
    assert kinds_since(funded, before) == ["payment_refunded"]
    pay(member, funded, placed).expect(409, "order_not_open")


@pytest.mark.parametrize("before", [yuan(20), yuan(10)])
def test_cancelling_gives_back_all_whatever_the_merchants_numbers(
    funded: Group, member: Person, shop: Shop, before: int
) -> None:
    pay(member, funded, order(shop).expect(201)).expect(201)
    trade_no = look(shop)["trade_no"]
    shop.refund(trade_no, before, "cancelled").expect(201)
    shop.refund(trade_no, yuan(1), CANCELLED).expect(400, "invalid")
    cancel(shop).expect(200)
    assert stakes_of(funded) == WHOLE


def test_a_day_later_it_is_refunded_and_not_cancelled(world: World, funded: Group, member: Person, shop: Shop) -> None:
    placed = order(shop).expect(201)
    pay(member, funded, placed).expect(201)
    midnight = world.now.replace(hour=16, minute=0, second=0)  # in Shanghai; the story is told at ten in the morning
    world.go_to(midnight - timedelta(seconds=1))
    assert look(shop)["status"] == "paid"
    world.go_to(midnight)
    cancel(shop).expect(422, "cancel_too_late")
    assert balance_of(funded) == yuan(360)
    shop.refund(look(shop)["trade_no"], yuan(40)).expect(201)
    assert stakes_of(funded) == WHOLE
