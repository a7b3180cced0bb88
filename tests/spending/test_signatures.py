"""Merchants sign every request; without a right and fresh signature nothing tells who they are, and nothing is done."""

import json
from datetime import timedelta
from typing import Any

import pytest

from groups.members.models import Group
from groups.spending.keys import Signed, issue_key, sign, sign_request
from groups.spending.models import MerchantKey, Payment
from tests.cast import Answer, Person, Shop, World, buy, money, open_shop, pay_in, show_code, yuan
from tests.clients import API

BODY = b'{"a": 1}'


@pytest.fixture
def code(world: World, group: Group, owner: Person, member: Person) -> str:
    pay_in(world, owner, group, yuan(100))
    return show_code(member, group)


def send(shop: Shop, code: str, **headers: Any) -> Answer:
    asked = {"auth_code": code, "amount": money(1), "subject": "肉", "out_trade_no": "trade-a"}
    return shop.api.call("POST", "/merchant/payments", asked, headers={**headers})


@pytest.mark.parametrize(
    "signature",
    ["", "t=1", "v1=" + "0" * 64, "t=1,v1=" + "g" * 64, "t=1762048800,v1=" + "0" * 64, "t=１,v1=" + "0" * 64],
)
def test_without_a_right_signature(shop: Shop, code: str, signature: str) -> None:
    headers = {"Merchant-Signature": signature.encode("utf-8").decode("latin-1")}
    send(shop, code, **headers).expect(401, "signature_invalid")
    assert not Payment.objects.exists()


def test_an_unknown_key(shop: Shop, code: str) -> None:
    send(shop, code, **{"Merchant-Key": "mk_none"}).expect(401, "signature_invalid")
    send(shop, code, **{"Merchant-Key": ""}).expect(401, "signature_invalid")


def test_another_merchants_key(world: World, shop: Shop, code: str) -> None:
    other = open_shop("药店", now=world.now)
    send(shop, code, **{"Merchant-Key": other.api.key_id}).expect(401, "signature_invalid")


def test_a_changed_body(world: World, shop: Shop, code: str) -> None:
    signature = sign(shop.api.secret, BODY, world.now)
    send(shop, code, **{"Merchant-Signature": signature}).expect(401, "signature_invalid")


def test_a_signature_for_one_request(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> None:
    pay_in(world, owner, group, yuan(100))
    one, two = buy(member, group, shop, yuan(10)), buy(member, group, shop, yuan(10))
    asked = json.dumps({"amount": money(yuan(10)), "out_request_no": "r1"}).encode()
    signed = Signed("POST", f"{API}/merchant/payments/{one}/refunds", asked)
    headers = {"Merchant-Signature": sign_request(shop.api.secret, signed, world.now)}
    for path in (f"/merchant/payments/{two}/refunds", "/merchant/orders"):
        shop.api.call("POST", path, asked, headers=headers).expect(401, "signature_invalid")
    shop.api.call("POST", f"/merchant/payments/{one}/refunds", asked, headers=headers).expect(201)


def test_a_query_is_signed_too(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> None:
    pay_in(world, owner, group, yuan(100))
    one, two = buy(member, group, shop, yuan(10)), buy(member, group, shop, yuan(10))
    signed = Signed("GET", f"{API}/merchant/payments?out_trade_no={one}", b"")
    headers = {"Merchant-Signature": sign_request(shop.api.secret, signed, world.now)}
    path = "/merchant/payments"
    shop.api.call("GET", path, query={"out_trade_no": two}, headers=headers).expect(401, "signature_invalid")
    shop.api.call("GET", path, query={"out_trade_no": one}, headers=headers).expect(200)


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 201), (300, 201), (301, 401)])
def test_a_signature_is_good_for_five_minutes(
    world: World, shop: Shop, code: str, seconds: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = world.now + timedelta(seconds=seconds)
    monkeypatch.setattr(
        shop.api,
        "sign",
        lambda raw: {"Merchant-Key": shop.api.key_id, "Merchant-Signature": sign(shop.api.secret, raw, at)},
    )
    send(shop, code).expect(status, None if status == 201 else "signature_stale")


def test_two_keys_at_once_so_that_they_can_be_changed(world: World, shop: Shop, code: str) -> None:
    _, secret = issue_key(merchant=shop.merchant, now=world.now)
    newer = MerchantKey.objects.order_by("-created_at", "-key_id").exclude(key_id=shop.api.key_id)[0]
    old_id, shop.api.key_id, shop.api.secret = shop.api.key_id, newer.key_id, secret
    MerchantKey.objects.filter(key_id=old_id).update(revoked_at=world.now)
    send(shop, code).expect(201)


def test_a_revoked_key_and_a_closed_shop(world: World, shop: Shop, code: str) -> None:
    MerchantKey.objects.update(revoked_at=world.now)
    send(shop, code).expect(401, "signature_invalid")
    MerchantKey.objects.update(revoked_at=None)
    shop.merchant.is_active = False
    shop.merchant.save()
    send(shop, code).expect(401, "signature_invalid")


def test_a_secret_is_not_stored(shop: Shop) -> None:
    assert shop.api.secret not in str(
        [{**row, "x": bytes(row["secret_encrypted"])} for row in MerchantKey.objects.values()]
    )


def test_a_members_token_is_no_signature(member: Person, shop: Shop) -> None:
    member.api.post("/merchant/payments", {}).expect(401, "signature_invalid")
    shop.api.get("/me").expect(401)
