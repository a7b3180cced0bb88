"""Giving back: in part, in parts, never more than was paid, by the original sharing, once a number."""

from typing import Any

import pytest

from groups.members.models import Group
from tests.cast import (
    Person,
    Shop,
    World,
    balance_of,
    buy,
    kinds_since,
    money,
    open_shop,
    pay_in,
    sequence_of,
    show_code,
    stakes_of,
    yuan,
)
from wallet.ledger.models import Event


@pytest.fixture
def number(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> str:
    """A payment of 40.00, of which the owner (300.00) bore 30.00 and the member (100.00) 10.00."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    return buy(member, group, shop, yuan(40))


def test_a_whole_refund(group: Group, shop: Shop, number: str) -> None:
    before = sequence_of(group)
    given = shop.refund(number, yuan(40)).expect(201)
    assert (given["out_trade_no"], given["amount"]) == (number, money(yuan(40)))
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}
    assert kinds_since(group, before) == ["payment_refunded"]
    event = Event.objects.filter(wallet=group.pk).order_by("-sequence")[0]
    assert (event.data["amount"], event.data["refunded"]) == (yuan(40), yuan(40))


def test_in_parts_to_exactly_nothing(group: Group, shop: Shop, number: str) -> None:
    parts = [yuan(13.33), yuan(13.33), yuan(13.33), 1]
    for index, part in enumerate(parts):
        shop.refund(number, part, f"r{index}").expect(201)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}
    assert shop.look_up(number).expect(200)["refunded"] == money(yuan(40))
    refused = shop.refund(number, 1, "more").expect(422, "refund_too_large")
    assert refused["data"] == {"left": 0}


def test_fen_by_fen_nobody_gets_more_than_they_bore(group: Group, shop: Shop, number: str, member: Person) -> None:
    small = buy(member, group, shop, 7)  # 5 or 6 fen of the owner's, 1 or 2 of the member's
    before = stakes_of(group)
    for index in range(7):
        shop.refund(small, 1, f"r{index}").expect(201)
    after = stakes_of(group)
    assert sum(after.values()) - sum(before.values()) == 7
    assert after == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}


def test_it_follows_the_sharing_of_then(world: World, group: Group, viewer: Person, shop: Shop, number: str) -> None:
    pay_in(world, viewer, group, yuan(4_000))
    shop.refund(number, yuan(20)).expect(201)
    assert stakes_of(group) == {"张伟": yuan(285), "王芳": yuan(95), "李梅": yuan(4_000)}


def test_too_much(group: Group, shop: Shop, number: str) -> None:
    shop.refund(number, yuan(30), "r1").expect(201)
    before = sequence_of(group)
    refused = shop.refund(number, yuan(10.01), "r2").expect(422, "refund_too_large")
    assert refused["data"] == {"left": yuan(10)}
    assert sequence_of(group) == before
    shop.refund(number, yuan(10), "r2").expect(201)


def test_the_same_request_again_moves_money_once(group: Group, shop: Shop, number: str) -> None:
    first, second = (shop.refund(number, yuan(10)) for _ in range(2))
    assert first.expect(201) == second.expect(201)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert balance_of(group) == yuan(370)
    shop.refund(number, yuan(11)).expect(409, "out_request_no_reused")
    assert balance_of(group) == yuan(370)


def test_another_merchants_payment(world: World, group: Group, shop: Shop, number: str) -> None:
    before = sequence_of(group)
    foreign = open_shop("药店", now=world.now).refund(number, yuan(10)).expect(404, "payment_not_found")
    unknown = shop.refund("never", yuan(10)).expect(404, "payment_not_found")
    assert set(foreign) == set(unknown)
    assert sequence_of(group) == before


def test_a_refused_payment_has_nothing_to_give_back(group: Group, member: Person, shop: Shop) -> None:
    shop.charge(show_code(member, group), yuan(1), "refused").expect(422, "insufficient_funds")
    shop.refund("refused", yuan(1)).expect(422, "payment_not_settled")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": money(0)}, "/amount"),
        ({"amount": money(-5)}, "/amount"),
        ({"amount": "5"}, "/amount"),
        ({"out_request_no": "a/b"}, "/out_request_no"),
        ({"out_request_no": None}, "/out_request_no"),
    ],
    ids=str,
)
def test_bad_input(group: Group, shop: Shop, number: str, change: dict[str, Any], pointer: str) -> None:
    body = {"amount": money(1), "out_request_no": "r1", **change}
    problem = shop.api.post(f"/merchant/payments/{number}/refunds", body).expect(400, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert balance_of(group) == yuan(360)
