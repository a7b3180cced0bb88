"""Paying: a member shows a code, a merchant charges it once, within its minute."""

from typing import Any

import pytest

from groups.members.models import Group
from groups.spending.codes import check_digit, is_well_formed, make_code
from groups.spending.models import CodeLead, Payment, PaymentCode
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
    settle_on,
    show_code,
    stakes_of,
    yuan,
)
from wallet.ledger.models import Entry, Event


@pytest.fixture(autouse=True)
def _money(world: World, group: Group, owner: Person, member: Person) -> None:
    """The owner has 300.00 in the group, the member 100.00."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))


def test_a_code(group: Group, member: Person) -> None:
    before = sequence_of(group)
    shown = member.api.post(f"/groups/{group.pk}/payment-codes", {}, proof=True).expect(201)
    assert len(shown["code"]) == 18
    assert shown["code"].startswith("28")
    assert is_well_formed(shown["code"])
    assert shown["expires_at"] == "2026-11-02T02:01:06Z"
    assert shown["barcode_svg"].lstrip().startswith("<?xml")
    assert shown["qr_svg"].startswith("<svg")
    assert shown["code"] not in shown["barcode_svg"] + shown["qr_svg"]
    assert sequence_of(group) == before, "a code is nobody's news until it is used"


def test_only_its_hash_is_stored(group: Group, member: Person) -> None:
    code = show_code(member, group)
    stored = str(list(PaymentCode.objects.values())) + str(list(CodeLead.objects.values()))
    assert code not in stored


def test_codes_do_not_repeat_and_all_check_out() -> None:
    codes = {make_code() for _ in range(2_000)}
    assert len(codes) == 2_000
    assert all(is_well_formed(code) for code in codes)
    assert check_digit("7992739871") == "3", "the example of the standard"


def test_a_payment(group: Group, member: Person, shop: Shop) -> None:
    before = sequence_of(group)
    paid = shop.charge(show_code(member, group), yuan(40), "trade-a").expect(201)
    assert (paid["status"], paid["out_trade_no"], paid["amount"]) == ("settled", "trade-a", money(yuan(40)))
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}
    assert balance_of(group) == yuan(360)
    assert kinds_since(group, before) == ["payment_settled"]
    event = Event.objects.filter(wallet=group.pk).order_by("-sequence")[0]
    assert sum(event.data["shares"].values()) == event.data["amount"] == yuan(40)
    assert Entry.objects.get(pk=event.data["entry"]).kind == "payment"
    seen = member.api.get(f"/groups/{group.pk}/payments/{paid['payment']}").expect(200)
    assert (seen["merchant"], seen["user"], seen["status"]) == ("菜市场", str(member.id), "settled")


def test_a_merchant_learns_nothing_of_who_paid(group: Group, member: Person, shop: Shop) -> None:
    answer = shop.charge(show_code(member, group), yuan(40))
    answer.expect(201)
    for secret in (str(group.pk), str(member.id), "王芳", "我们的家"):
        assert secret not in answer.raw.decode()


def test_the_same_request_again_is_the_same_payment(group: Group, member: Person, shop: Shop) -> None:
    code = show_code(member, group)
    first, second = (shop.charge(code, yuan(40), "trade-a") for _ in range(2))
    assert first.expect(201) == second.expect(201)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert balance_of(group) == yuan(360)
    shop.refund("trade-a", yuan(15)).expect(201)
    assert shop.charge(code, yuan(40), "trade-a").expect(201) == first.body, "the first answer, whatever came after"
    assert shop.look_up("trade-a").expect(200)["refunded"] == money(yuan(15))


@pytest.mark.parametrize("change", [{"amount": money(yuan(41))}, {"subject": "肉"}, {"category": "other"}], ids=str)
def test_a_number_stands_for_one_payment(group: Group, member: Person, shop: Shop, change: dict[str, Any]) -> None:
    code = show_code(member, group)
    shop.charge(code, yuan(40), "trade-a").expect(201)
    asked = {"auth_code": code, "amount": money(yuan(40)), "subject": "蔬菜水果", "category": "groceries"}
    body = {**asked, "out_trade_no": "trade-a", **change}
    shop.api.post("/merchant/payments", body).expect(409, "out_trade_no_reused")
    shop.charge(show_code(member, group), yuan(40), "trade-a").expect(409, "out_trade_no_reused")
    assert balance_of(group) == yuan(360)


def test_two_merchants_may_use_one_number(world: World, group: Group, member: Person, shop: Shop) -> None:
    other = open_shop("药店", now=world.now)
    shop.charge(show_code(member, group), yuan(1), "trade-a").expect(201)
    other.charge(show_code(member, group), yuan(1), "trade-a").expect(201)
    assert Payment.objects.count() == 2


def test_a_code_is_used_once(group: Group, member: Person, shop: Shop) -> None:
    code = show_code(member, group)
    shop.charge(code, yuan(40)).expect(201)
    shop.charge(code, yuan(40)).expect(422, "payment_code_used")
    assert balance_of(group) == yuan(360)


def test_a_refused_payment_uses_the_code_and_the_number_up(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    before = sequence_of(group)
    code = show_code(member, group)
    shop.charge(code, yuan(400.01), "trade-a").expect(422, "insufficient_funds")
    assert kinds_since(group, before) == ["payment_refused"]
    pay_in(world, owner, group, yuan(100))
    shop.charge(code, yuan(400.01), "trade-a").expect(422, "insufficient_funds")
    shop.charge(code, yuan(1), "trade-b").expect(422, "payment_code_used")
    refused = shop.look_up("trade-a").expect(200)
    assert (refused["status"], refused["refusal_code"]) == ("refused", "insufficient_funds")
    assert balance_of(group) == yuan(500)
    buy(member, group, shop, yuan(400.01))


@pytest.mark.parametrize(("seconds", "passes"), [(59.999, True), (60, False), (61, False)])
def test_a_code_is_good_for_a_minute(
    world: World, group: Group, member: Person, shop: Shop, seconds: float, passes: bool
) -> None:
    code = show_code(member, group)
    world.wait(seconds)
    before = sequence_of(group)
    answer = shop.charge(code, yuan(40), "trade-a")
    if passes:
        answer.expect(201)
        return
    answer.expect(422, "payment_code_expired")
    assert sequence_of(group) == before
    # Nothing was booked, so the merchant may scan a fresh code under the same number.
    shop.charge(show_code(member, group), yuan(40), "trade-a").expect(201)


def test_a_newer_code_replaces_the_older(group: Group, member: Person, owner: Person, shop: Shop) -> None:
    older, of_owner, newer = show_code(member, group), show_code(owner, group), show_code(member, group)
    shop.charge(older, yuan(1)).expect(422, "payment_code_expired")
    shop.charge(newer, yuan(1)).expect(201)
    shop.charge(of_owner, yuan(1)).expect(201)


@pytest.mark.parametrize(
    "code", ["280000000000000009", "28000000000000000", "hello", "２８００００００００００００００００", "1"]
)
def test_a_code_that_was_never_shown(group: Group, shop: Shop, code: str) -> None:
    before = sequence_of(group)
    shop.charge(code, yuan(1)).expect(422, "payment_code_unknown")
    assert sequence_of(group) == before
    assert not Payment.objects.exists()


def test_whoever_may_not_spend_any_more(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> None:
    code = show_code(member, group)
    member.api.patch(f"/groups/{group.pk}/members/{member.id}", {"role": "viewer"}).expect(200)
    shop.charge(code, yuan(1), "trade-a").expect(422, "payer_not_allowed")
    settle_on(owner, group, "add_spender", {"user": str(member.id)})
    code = show_code(member, group)
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(200)
    shop.charge(code, yuan(1), "trade-b").expect(422, "payer_not_allowed")
    assert stakes_of(group)["张伟"] == yuan(300)


def test_look_up(world: World, group: Group, member: Person, shop: Shop) -> None:
    number = buy(member, group, shop, yuan(40))
    assert shop.look_up(number).expect(200)["status"] == "settled"
    shop.look_up("never").expect(404, "payment_not_found")
    open_shop("药店", now=world.now).look_up(number).expect(404, "payment_not_found")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": money(0)}, "/amount"),
        ({"amount": money(-1)}, "/amount"),
        ({"amount": {"amount": 1.0, "currency": "CNY"}}, "/amount"),
        ({"amount": money(10**13)}, "/amount"),
        ({"out_trade_no": ""}, "/out_trade_no"),
        ({"out_trade_no": "a b"}, "/out_trade_no"),
        ({"out_trade_no": "x" * 65}, "/out_trade_no"),
        ({"subject": ""}, "/subject"),
        ({"subject": "a\u202eb"}, "/subject"),
        ({"subject": "x" * 121}, "/subject"),
        ({"category": "Groceries"}, "/category"),
        ({"auth_code": "2" * 33}, "/auth_code"),
    ],
    ids=str,
)
def test_bad_input_points_to_where(
    group: Group, member: Person, shop: Shop, change: dict[str, Any], pointer: str
) -> None:
    asked = {"auth_code": show_code(member, group), "amount": money(1), "subject": "肉", "out_trade_no": "trade-a"}
    problem = shop.api.post("/merchant/payments", {**asked, **change}).expect(400, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert not Payment.objects.exists()
    shop.api.post("/merchant/payments", asked).expect(201)
