"""Pauses: nobody spends, or one member does not, at once; it goes on when everybody has agreed.

What is one's own stays one's own: a pause stops what the group bears, and nobody from taking the own stake out.
"""

import pytest

from groups.members.models import Group
from groups.rules.models import Pause
from tests.cast import (
    Answer,
    Person,
    Shop,
    World,
    balance_of,
    buy,
    join,
    kinds_since,
    meet,
    money,
    pay_in,
    sequence_of,
    settle_on,
    show_code,
    stakes_of,
    yuan,
)


@pytest.fixture(autouse=True)
def _money(world: World, group: Group, owner: Person, member: Person) -> None:
    """The owner has 300.00 in the group, the member 100.00."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))


def put(person: Person, group: Group, user: Person | None = None, paused: bool = True) -> Answer:
    return person.api.put(f"/groups/{group.pk}/pauses", {"user": str(user.id) if user else None, "paused": paused})


def pay(person: Person, group: Group, shop: Shop) -> str:
    """Let somebody try to pay 10.00; say `paid`, or why not."""
    answer = shop.charge(show_code(person, group), yuan(10))
    return "paid" if answer.status == 201 else str(answer.expect(422)["code"])


def shown_to(person: Person, group: Group) -> tuple[object, ...]:
    """Who is paused, whether I am, and what is left to me (yuan)."""
    shown = person.api.get(f"/groups/{group.pk}/limits").expect(200)
    left = shown["mine"]["left"]
    return [row["user"] for row in shown["paused"]], shown["mine"]["paused"], left and left["amount"] / 100


def test_whoever_may_spend_stops_everybody(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    before = sequence_of(group)
    put(member, group).expect(200)
    assert kinds_since(group, before) == ["spending_paused"]
    for person in (owner, member):
        assert pay(person, group, shop) == "spending_paused"
        assert shown_to(person, group) == ([None], True, 0)
    assert balance_of(group) == yuan(400)


def test_a_code_that_was_shown_before_does_not_slip_through(
    group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    code = show_code(member, group)
    put(owner, group).expect(200)
    shop.charge(code, yuan(10), "trade-a").expect(422, "spending_paused")
    settle_on(owner, group, "resume_spending", {"user": None})
    shop.charge(code, yuan(10), "trade-a").expect(422, "spending_paused")
    shop.charge(code, yuan(10), "trade-b").expect(422, "payment_code_used")


def test_one_stops_oneself(group: Group, owner: Person, member: Person, viewer: Person, shop: Shop) -> None:
    put(member, group, user=member).expect(200)
    put(viewer, group, user=viewer).expect(200)
    assert pay(member, group, shop) == "spending_paused"
    assert pay(owner, group, shop) == "paid"
    assert shown_to(member, group)[1:] == (True, 0)
    assert shown_to(owner, group)[1:] == (False, None)


def test_the_owner_stops_a_member(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    put(owner, group, user=member).expect(200)
    assert pay(member, group, shop) == "spending_paused"
    assert pay(owner, group, shop) == "paid"


def test_who_may_not(group: Group, owner: Person, member: Person, viewer: Person, stranger: Person) -> None:
    before = sequence_of(group)
    put(member, group, user=owner).expect(403, "not_allowed")
    put(viewer, group).expect(403, "not_allowed")
    put(viewer, group, user=member).expect(403, "not_allowed")
    put(stranger, group).expect(404, "group_not_found")
    put(owner, group, user=stranger).expect(404, "member_not_found")
    put(owner, group, paused=False).expect(422, "nothing_to_change")
    assert sequence_of(group) == before


def test_it_is_so_already(group: Group, owner: Person, member: Person) -> None:
    put(owner, group).expect(200)
    before = sequence_of(group)
    put(member, group).expect(422, "nothing_to_change")
    assert (sequence_of(group), Pause.objects.get().paused_by) == (before, owner.user)


def test_it_goes_on_when_all_have_agreed_who_may_spend(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    pay_in(world, viewer, group, yuan(1))
    third = meet("赵敏", "+8613800000005", now=world.now)
    join(group, owner, third, now=world.now)
    put(owner, group, user=member).expect(200)
    before = sequence_of(group)
    proposed = put(owner, group, user=member, paused=False).expect(202)
    assert set(proposed["voters"]) == {str(member.id), str(third.id)}, "a viewer could not have stopped it"
    path = f"/groups/{group.pk}/proposals/{proposed['id']}/votes"
    member.api.post(path, {"choice": "approve"}).expect(200)
    assert pay(member, group, shop) == "spending_paused", "not all have agreed"
    third.api.post(path, {"choice": "approve"}).expect(200)
    assert pay(member, group, shop) == "paid"
    told = ["proposal_made", "vote_cast", "payment_refused", "vote_cast", "spending_resumed", "proposal_ended"]
    assert kinds_since(group, before) == [*told, "payment_settled"]


def test_a_member_and_the_group_are_two_pauses(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    put(owner, group).expect(200)
    put(owner, group, user=member).expect(200)
    settle_on(owner, group, "resume_spending", {"user": None})
    assert (pay(owner, group, shop), pay(member, group, shop)) == ("paid", "spending_paused")


def test_leaving_and_coming_back_ends_no_pause(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    put(owner, group, user=member).expect(200)
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(200)
    world.wait()
    join(group, owner, member, now=world.now)
    assert pay(member, group, shop) == "spending_paused"


def test_the_own_stake_is_not_stopped_and_what_all_bear_is(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    assert member.source is not None
    put(owner, group).expect(200)
    asked = {"source": str(member.source.pk), "amount": money(yuan(60))}
    path = f"/groups/{group.pk}/withdrawals"
    member.api.post(path, {**asked, "borne_by": "group"}, proof=True).expect(422, "spending_paused")
    member.api.post(path, asked, proof=True).expect(201)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(40), "李梅": 0}


def test_refunds_and_money_in_are_not_stopped(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    number = buy(member, group, shop, yuan(40))
    put(owner, group).expect(200)
    shop.refund(number, yuan(40)).expect(201)
    pay_in(world, member, group, yuan(5))
    assert balance_of(group) == yuan(405)
