"""Blocked categories: what the group does not pay for, or a member does not. Blocked at once, unblocked by all.

A payment has two categories, what the merchant is and what the merchant says of it; neither may be blocked, so nobody
sells wine as groceries.
"""

from typing import Any

import pytest

from groups.members.models import Group
from groups.rules.models import CategoryBlock
from tests.cast import (
    Answer,
    Person,
    Shop,
    World,
    balance_of,
    kinds_since,
    open_shop,
    pay_in,
    sequence_of,
    settle_on,
    show_code,
    yuan,
)


@pytest.fixture(autouse=True)
def _money(world: World, group: Group, owner: Person) -> None:
    """There are 500.00 in the group, all of them the owner's."""
    pay_in(world, owner, group, yuan(500))


def put(
    person: Person, group: Group, category: str = "alcohol", user: Person | None = None, blocked: bool = True
) -> Answer:
    asked = {"category": category, "user": str(user.id) if user else None, "blocked": blocked}
    return person.api.put(f"/groups/{group.pk}/blocks", asked)


def pay(person: Person, group: Group, shop: Shop, category: str = "alcohol") -> str:
    """Let somebody try to pay 10.00 for something of a category; say `paid`, or why not."""
    answer = shop.charge(show_code(person, group), yuan(10), category=category)
    return "paid" if answer.status == 201 else str(answer.expect(422)["code"])


def blocked(person: Person, group: Group) -> list[tuple[str, str | None]]:
    shown = person.api.get(f"/groups/{group.pk}/limits").expect(200)["blocked"]
    return [(row["category"], row["user"]) for row in shown]


def test_the_owner_blocks_for_everybody_at_once(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    before = sequence_of(group)
    assert pay(member, group, shop) == "paid"
    put(owner, group).expect(200)
    assert kinds_since(group, before) == ["payment_settled", "category_blocked"]
    assert blocked(member, group) == [("alcohol", None)]
    for person in (owner, member):
        assert pay(person, group, shop) == "category_blocked"
        assert pay(person, group, shop, "groceries") == "paid"
    assert balance_of(group) == yuan(470)


def test_one_blocks_for_oneself(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    put(member, group, user=member).expect(200)
    assert pay(member, group, shop) == "category_blocked"
    assert pay(owner, group, shop) == "paid"
    assert blocked(owner, group) == [("alcohol", str(member.id))]


def test_the_owner_blocks_for_a_member(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    put(owner, group, user=member).expect(200)
    assert pay(member, group, shop) == "category_blocked"
    assert pay(owner, group, shop) == "paid"


def test_who_may_not_block(group: Group, owner: Person, member: Person, viewer: Person, stranger: Person) -> None:
    before = sequence_of(group)
    for person in (member, viewer):
        put(person, group).expect(403, "not_allowed")
        put(person, group, user=owner).expect(403, "not_allowed")
    put(stranger, group).expect(404, "group_not_found")
    put(owner, group, user=stranger).expect(404, "member_not_found")
    put(owner, group, "Al cohol").expect(400, "invalid")
    assert sequence_of(group) == before


def test_unblocked_when_everybody_has_agreed(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    put(owner, group).expect(200)
    before = sequence_of(group)
    proposed = put(owner, group, blocked=False).expect(202)
    assert (proposed["kind"], proposed["voters"]) == ("unblock_category", [str(member.id)])
    assert pay(owner, group, shop) == "category_blocked"
    path = f"/groups/{group.pk}/proposals/{proposed['id']}/votes"
    member.api.post(path, {"choice": "approve"}).expect(200)
    assert pay(owner, group, shop) == "paid"
    told = ["proposal_made", "payment_refused", "vote_cast", "category_unblocked", "proposal_ended", "payment_settled"]
    assert kinds_since(group, before) == told


def test_what_is_blocked_twice_is_unblocked_twice(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    """For everybody and for one member are two blocks: lifting one leaves the other."""
    put(owner, group).expect(200)
    put(member, group, user=member).expect(200)
    settle_on(owner, group, "unblock_category", {"category": "alcohol", "user": None})
    assert (pay(owner, group, shop), pay(member, group, shop)) == ("paid", "category_blocked")
    settle_on(owner, group, "unblock_category", {"category": "alcohol", "user": str(member.id)})
    assert pay(member, group, shop) == "paid"


def test_it_is_so_already(group: Group, owner: Person) -> None:
    put(owner, group, blocked=False).expect(422, "nothing_to_change")
    put(owner, group).expect(200)
    before = sequence_of(group)
    put(owner, group).expect(422, "nothing_to_change")
    assert (sequence_of(group), CategoryBlock.objects.count()) == (before, 1)


@pytest.mark.parametrize("says", ["alcohol", "groceries", "other"])
def test_a_merchant_cannot_call_it_something_else(
    world: World, group: Group, owner: Person, member: Person, says: str
) -> None:
    wine = open_shop("酒行", now=world.now, category="alcohol")
    assert pay(member, group, wine, says) == "paid"
    put(owner, group).expect(200)
    assert pay(member, group, wine, says) == "category_blocked"


def test_a_refusal_is_booked_and_tells_the_merchant_nothing(
    group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    put(owner, group, user=member).expect(200)
    before = sequence_of(group)
    code = show_code(member, group)
    refused = shop.charge(code, yuan(10), "trade-a", category="alcohol").expect(422, "category_blocked")
    assert "data" not in refused
    assert kinds_since(group, before) == ["payment_refused"]
    shop.charge(code, yuan(10), "trade-b").expect(422, "payment_code_used")
    assert balance_of(group) == yuan(500)


def test_no_more_than_so_many(group: Group, owner: Person, settings: Any) -> None:
    settings.CATEGORY_BLOCKS_MAX = 2
    put(owner, group, "alcohol").expect(200)
    put(owner, group, "games").expect(200)
    before = sequence_of(group)
    put(owner, group, "tobacco").expect(422, "too_many_blocks")
    assert sequence_of(group) == before
