"""Contesting a share: what is held, of whom, and what is refused. Everybody else goes on."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from groups.disputes.models import Dispute
from groups.disputes.selectors import held_of
from groups.members.models import Group
from groups.spending.models import Payment
from tests.cast import (
    Person,
    Shop,
    World,
    balance_of,
    buy,
    kinds_since,
    money,
    pay_in,
    sequence_of,
    settle_on,
    show_code,
    stakes_of,
    yuan,
)
from tests.disputes.conftest import answer, contest, held, last_event
from wallet.ledger.models import Entry


def test_the_own_share_is_held_of_who_made_the_payment(
    world: World, group: Group, owner: Person, member: Person, payment: Payment
) -> None:
    before = sequence_of(group)
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}
    told = contest(owner, group, payment).expect(201)
    assert (told["amount"], told["held"], told["status"]) == (money(yuan(30)), money(yuan(30)), "open")
    assert (told["user"], told["respondent"]) == (str(owner.id), str(member.id))
    assert (told["default"], told["awarded"], told["ended_at"]) == ("returned", None, None)
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(60), "李梅": 0}
    assert held(world, group) == held_of(group.pk, member.id) == yuan(30)
    assert held_of(group.pk, owner.id) == 0
    assert balance_of(group) == yuan(330)
    assert kinds_since(group, before) == ["dispute_opened"]
    entry = Entry.objects.get(wallet=group.pk, sequence=sequence_of(group))
    assert (entry.kind, entry.reference) == ("dispute_held", f"dispute:{told['id']}")


def test_the_group_is_told_everything_about_it(world: World, group: Group, owner: Person, payment: Payment) -> None:
    told = contest(owner, group, payment, yuan(12)).expect(201)
    data = owner.api.get(f"/groups/{group.pk}/events", after=sequence_of(group) - 1).expect(200)["data"][0]["data"]
    deadline = (world.now + timedelta(days=14)).isoformat().replace("+00:00", "Z")
    assert {
        name: data[name] for name in ("dispute", "user", "payment", "amount", "held", "deadline_at", "default")
    } == {
        "dispute": told["id"],
        "user": str(owner.id),
        "payment": str(payment.pk),
        "amount": money(yuan(12)),
        "held": money(yuan(12)),
        "deadline_at": deadline,
        "default": "returned",
    }
    assert told["deadline_at"] == deadline


def test_everybody_goes_on(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, dispute: Dispute
) -> None:
    """The pool is what is not held; the respondent pays, pays in and bears by what is left of the stake."""
    buy(member, group, shop, yuan(33))
    assert stakes_of(group) == {"张伟": yuan(243), "王芳": yuan(54), "李梅": 0}
    pay_in(world, member, group, yuan(20))
    assert stakes_of(group) == {"张伟": yuan(243), "王芳": yuan(74), "李梅": 0}
    shop.charge(show_code(owner, group), yuan(317.01)).expect(422, "insufficient_funds")
    buy(owner, group, shop, yuan(317))
    assert stakes_of(group) == {"张伟": 0, "王芳": 0, "李梅": 0}
    assert held(world, group) == yuan(30)


def test_as_much_as_there_is(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, payment: Payment
) -> None:
    buy(member, group, shop, yuan(82), sharing_rule="payer")
    told = contest(owner, group, payment).expect(201)
    assert (told["amount"], told["held"]) == (money(yuan(30)), money(yuan(8)))
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": 0, "李梅": 0}
    assert held(world, group) == yuan(8)


def test_where_there_is_nothing_it_is_contested_all_the_same(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, payment: Payment
) -> None:
    buy(member, group, shop, yuan(90), sharing_rule="payer")
    before = sequence_of(group)
    told = contest(owner, group, payment).expect(201)
    assert (told["amount"], told["held"]) == (money(yuan(30)), money(0))
    assert kinds_since(group, before) == ["dispute_opened_unfunded"]
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": 0, "李梅": 0}
    assert held(world, group) == 0


def test_what_was_refunded_is_not_contested_any_more(
    group: Group, owner: Person, shop: Shop, number: str, payment: Payment
) -> None:
    shop.refund(number, yuan(10), "r1").expect(201)
    refused = contest(owner, group, payment, yuan(22.51)).expect(422, "contested_too_much")
    assert refused["data"] == {"left": yuan(22.50)}
    shop.refund(number, yuan(20), "r2").expect(201)
    assert contest(owner, group, payment).expect(201)["amount"] == money(yuan(7.50))


def test_with_everything_refunded_there_is_nothing_to_contest(
    group: Group, owner: Person, shop: Shop, number: str, payment: Payment
) -> None:
    shop.refund(number, yuan(40)).expect(201)
    contest(owner, group, payment).expect(422, "nothing_to_contest")


def test_the_sharing_of_then_counts(
    world: World, group: Group, owner: Person, viewer: Person, payment: Payment
) -> None:
    """Whoever came into money since bears nothing of it, and a new rule changes nothing."""
    pay_in(world, viewer, group, yuan(500))
    settle_on(owner, group, "change_sharing", {"sharing_rule": "equal"})
    contest(viewer, group, payment).expect(422, "nothing_to_contest")
    assert contest(owner, group, payment).expect(201)["amount"] == money(yuan(30))


def test_a_viewer_who_bears_a_share_contests_it(
    world: World, group: Group, viewer: Person, member: Person, shop: Shop, payment: Payment
) -> None:
    pay_in(world, viewer, group, yuan(40))
    buy(member, group, shop, yuan(40))
    bought = Payment.objects.filter(group=group).order_by("-id")[0]
    assert contest(viewer, group, bought).expect(201)["amount"] == money(yuan(4))


def test_everybody_contests_the_own_share(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop, payment: Payment
) -> None:
    pay_in(world, viewer, group, yuan(40))
    buy(member, group, shop, yuan(40))
    bought = Payment.objects.filter(group=group).order_by("-id")[0]
    assert contest(owner, group, bought).expect(201)["held"] == money(yuan(27))
    assert contest(viewer, group, bought).expect(201)["held"] == money(yuan(4))
    assert held_of(group.pk, member.id) == held(world, group) == yuan(31)


def test_nobody_contests_the_own_payment(group: Group, member: Person, payment: Payment) -> None:
    before = sequence_of(group)
    contest(member, group, payment).expect(403, "own_payment")
    assert sequence_of(group) == before


def test_once_a_payment_however_it_ended(group: Group, owner: Person, payment: Payment, dispute: Dispute) -> None:
    contest(owner, group, payment, 1).expect(409, "contested_before")
    answer(owner, dispute, "withdraw").expect(200)
    contest(owner, group, payment, 1).expect(409, "contested_before")


def test_within_thirty_days(world: World, group: Group, owner: Person, payment: Payment) -> None:
    world.go_to(payment.created_at + timedelta(days=30, seconds=1))
    refused = contest(owner, group, payment).expect(422, "dispute_window_over")
    assert refused["data"] == {"days": 30}


def test_on_the_last_second_of_the_thirtieth_day(world: World, group: Group, owner: Person, payment: Payment) -> None:
    world.go_to(payment.created_at + timedelta(days=30))
    contest(owner, group, payment).expect(201)


def test_a_refused_payment_has_nothing_to_contest(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    shop.charge(show_code(member, group), yuan(1), "refused").expect(422, "insufficient_funds")
    refused = Payment.objects.get(group=group, out_trade_no="refused")
    contest(owner, group, refused).expect(422, "nothing_to_contest")


def test_an_unknown_payment(group: Group, owner: Person, payment: Payment) -> None:
    contest(owner, group, str(uuid4())).expect(404, "payment_not_found")


def test_the_same_request_again_holds_once(world: World, group: Group, owner: Person, payment: Payment) -> None:
    body = {"payment": str(payment.pk), "reason": "这不是家用"}
    path = f"/groups/{group.pk}/disputes"
    first, second = (owner.api.post(path, body, key="k" * 16) for _ in range(2))
    assert first.expect(201) == second.expect(201)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert held(world, group) == yuan(30)
    owner.api.post(path, {**body, "reason": "另一个理由"}, key="k" * 16).expect(422, "idempotency_key_reused")


def test_they_are_read_page_by_page(
    group: Group, owner: Person, viewer: Person, stranger: Person, member: Person, shop: Shop, payment: Payment
) -> None:
    for _ in range(3):
        buy(member, group, shop, yuan(4))
    made = [
        contest(owner, group, each).expect(201)["id"] for each in Payment.objects.filter(group=group).order_by("id")
    ]
    path, seen, after = f"/groups/{group.pk}/disputes", [], None
    while after != "":
        page = viewer.api.get(path, limit=3, **({"after": after} if after else {})).expect(200)
        seen += [row["id"] for row in page["data"]]
        after = page["next"] or ""
    assert seen == made[::-1]
    assert viewer.api.get(f"{path}/{made[0]}").expect(200)["reason"] == "这不是家用"
    viewer.api.get(f"{path}/{uuid4()}").expect(404, "dispute_not_found")
    stranger.api.get(path).expect(404, "group_not_found")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"payment": "dinner"}, "/payment"),
        ({"payment": None}, "/payment"),
        ({"reason": ""}, "/reason"),
        ({"reason": "  "}, "/reason"),
        ({"reason": "a\nb"}, "/reason"),
        ({"reason": "长" * 501}, "/reason"),
        ({"amount": money(0)}, "/amount"),
        ({"amount": "30"}, "/amount"),
        ({"amount": None}, "/amount"),
    ],
    ids=str,
)
def test_bad_input(group: Group, owner: Person, payment: Payment, change: dict[str, Any], pointer: str) -> None:
    body = {"payment": str(payment.pk), "reason": "这不是家用", **change}
    problem = owner.api.post(f"/groups/{group.pk}/disputes", body).expect(400, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_a_refusal_is_told_in_chinese(group: Group, member: Person, payment: Payment) -> None:
    member.api.language = "zh-Hans"
    refused = contest(member, group, payment).expect(403, "own_payment")
    assert not refused["title"].isascii()
    assert not refused["detail"].isascii()


WRONG_SHAPES: list[dict[str, Any]] = [
    {"held": yuan(30) + 1},
    {"held": -1},
    {"amount": 0, "held": 0},
    {"reason": ""},
    {"payment": None},
    {"status": "withdrawn"},
    {"awarded": 0},
    {"status": "dismissed", "awarded": 0},
    {"status": "withdrawn", "awarded": 1},
    {"status": "conceded", "awarded": yuan(30) + 1},
    {"decision_reason": "没有决定"},
]


@pytest.mark.parametrize("change", WRONG_SHAPES, ids=str)
def test_the_database_knows_the_shapes(world: World, dispute: Dispute, change: dict[str, Any]) -> None:
    if change.get("awarded") is not None and "status" in change:
        change = {**change, "ended_at": world.now}
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk).update(**change)


def test_the_database_knows_that_there_are_two_sides(dispute: Dispute) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk).update(respondent=dispute.user_id)
    assert last_event(dispute.group).kind == "dispute_opened"
