"""Who owns the group: handed over by owner and heir, by vote, or after the owner was not seen for long."""

from datetime import timedelta
from typing import Any

import pytest

from groups.exits.models import Dissolution, Succession
from groups.exits.services import announce_successions, carry_out_successions
from groups.members.models import Group, Membership
from tests.cast import (
    Person,
    Shop,
    World,
    agree,
    buy,
    join,
    kinds_since,
    meet,
    money,
    pay_in,
    sequence_of,
    settle_on,
    yuan,
)
from yields.services.funds import ensure_demo_fund

LONG = timedelta(days=181)


def owner_of(group: Group) -> str:
    """The one owner, by name; there is never another number of them."""
    return Membership.objects.get(group=group, role="owner", left_at__isnull=True).user.name


def propose(person: Person, group: Group, kind: str, heir: Person) -> Any:
    return person.api.post(f"/groups/{group.pk}/proposals", {"kind": kind, "payload": {"user": str(heir.id)}})


# --- by the owner and the heir ----------------------------------------------------------------------------------------
def test_the_owner_offers_and_the_heir_accepts(group: Group, owner: Person, member: Person, viewer: Person) -> None:
    made = propose(owner, group, "hand_over", member).expect(201)
    assert (made["voters"], made["needed"], owner_of(group)) == ([str(member.id)], 1, "张伟")
    before = sequence_of(group)
    path = f"/groups/{group.pk}/proposals/{made['id']}/votes"
    viewer.api.post(path, {"choice": "approve"}).expect(403, "not_eligible")
    member.api.post(path, {"choice": "approve"}).expect(200)
    assert owner_of(group) == "王芳"
    assert kinds_since(group, before) == ["vote_cast", "group_handed_over", "proposal_ended"]
    owner.api.patch(f"/groups/{group.pk}", {"name": "不再是我的"}).expect(403, "not_allowed")
    member.api.patch(f"/groups/{group.pk}", {"name": "现在是我的"}).expect(200)
    # Who was the owner can leave now.
    owner.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(200)


def test_the_heir_declines(group: Group, owner: Person, member: Person) -> None:
    made = propose(owner, group, "hand_over", member).expect(201)
    path = f"/groups/{group.pk}/proposals/{made['id']}/votes"
    assert member.api.post(path, {"choice": "reject"}).expect(200)["status"] == "rejected"
    assert owner_of(group) == "张伟"


def test_who_cannot_hand_over_or_inherit(group: Group, owner: Person, member: Person, viewer: Person) -> None:
    propose(member, group, "hand_over", member).expect(403, "not_the_owner")
    propose(owner, group, "hand_over", viewer).expect(422, "heir_unfit")
    propose(owner, group, "hand_over", owner).expect(422, "heir_unfit")


def test_a_new_owner_enrolls_afresh(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, owner, group, yuan(100))
    ensure_demo_fund(world.now.date() - timedelta(days=20))
    questionnaire = {"risk_level": "R1", "answers": [{"question": "a", "answer": "b"}], "accepted": True}
    body = {"fund": "DEMO", "agreement_version": "2026-11", "questionnaire": questionnaire}
    owner.api.put(f"/groups/{group.pk}/enrollment", body).expect(200)
    before = sequence_of(group)
    settle_on(owner, group, "hand_over", {"user": str(member.id)})
    assert "yield_switched_off" in kinds_since(group, before)
    member.api.get(f"/groups/{group.pk}/enrollment").expect(404)
    owner.api.put(f"/groups/{group.pk}/enrollment", body).expect(403, "not_allowed")
    assert member.api.put(f"/groups/{group.pk}/enrollment", body).expect(200)["fund"]["code"] == "DEMO"


# --- by vote ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def four(world: World, group: Group, owner: Person) -> list[Person]:
    """Three more members: 赵敏, 孙丽, 周杰."""
    people = [meet(name, f"+861380000001{n}", now=world.now) for n, name in enumerate(("赵敏", "孙丽", "周杰"))]
    for person in people:
        join(group, owner, person, now=world.now)
    return people


def test_the_others_elect_another_owner(group: Group, owner: Person, member: Person, four: list[Person]) -> None:
    heir, second, third = four
    made = propose(member, group, "elect_owner", heir).expect(201)
    # Without the proposer and the present owner there are three, of whom two are enough, the heir being one.
    assert set(made["voters"]) == {str(person.id) for person in four}
    assert made["needed"] == 2
    path = f"/groups/{group.pk}/proposals/{made['id']}/votes"
    owner.api.post(path, {"choice": "reject"}).expect(403, "not_eligible")
    for person in (second, third):
        assert person.api.post(path, {"choice": "approve"}).expect(200)["status"] == "open"
    assert heir.api.post(path, {"choice": "approve"}).expect(200)["status"] == "approved"
    assert owner_of(group) == "赵敏"


def test_whoever_does_not_want_it_is_not_elected(group: Group, member: Person, four: list[Person]) -> None:
    made = propose(member, group, "elect_owner", four[0]).expect(201)
    path = f"/groups/{group.pk}/proposals/{made['id']}/votes"
    assert four[0].api.post(path, {"choice": "reject"}).expect(200)["status"] == "rejected"


def test_in_a_couple_nobody_is_elected(group: Group, owner: Person, member: Person) -> None:
    propose(member, group, "elect_owner", member).expect(422, "nobody_to_vote")
    propose(owner, group, "elect_owner", member).expect(403, "not_allowed")
    assert owner_of(group) == "张伟"


# --- by time ----------------------------------------------------------------------------------------------------------
def pass_time(world: World, days: timedelta, *seen: Person) -> None:
    """Let time pass in which nobody opens the app, but those who do at the end of it."""
    world.bank.now += days
    for person in seen:
        person.api.get("/me").expect(200)


def test_an_owner_who_is_gone_is_followed(world: World, group: Group, owner: Person, member: Person) -> None:
    pass_time(world, LONG, member)
    assert announce_successions(now=world.now) == 1
    assert announce_successions(now=world.now) == 0, "announced once"
    told = member.api.get(f"/groups/{group.pk}/events", after=sequence_of(group) - 1).expect(200)["data"][0]
    assert (told["kind"], told["data"]["heir"]) == ("succession_announced", str(member.id))
    pass_time(world, timedelta(days=29), member)
    assert carry_out_successions(now=world.now) == 0
    assert owner_of(group) == "张伟"
    pass_time(world, timedelta(days=1), member)
    assert carry_out_successions(now=world.now) == 1
    assert owner_of(group) == "王芳"
    assert carry_out_successions(now=world.now) == 0


def test_one_visit_of_the_owner_calls_it_off(world: World, group: Group, owner: Person, member: Person) -> None:
    pass_time(world, LONG, member)
    announce_successions(now=world.now)
    pass_time(world, timedelta(days=10), owner)
    assert carry_out_successions(now=world.now) == 1
    pass_time(world, timedelta(days=40), member)
    assert carry_out_successions(now=world.now) == 0
    assert owner_of(group) == "张伟"
    assert Succession.objects.get().status == "called_off"


def test_nobody_follows_who_was_not_seen_either(world: World, group: Group, viewer: Person) -> None:
    pass_time(world, LONG, viewer)
    assert announce_successions(now=world.now) == 0


def test_an_owner_who_was_seen_stays(world: World, group: Group, owner: Person, member: Person) -> None:
    pass_time(world, timedelta(days=100), owner)
    pass_time(world, timedelta(days=100), member)
    assert announce_successions(now=world.now) == 0


def test_if_the_heir_has_left_the_next_one_follows(
    world: World, group: Group, owner: Person, member: Person, four: list[Person]
) -> None:
    pass_time(world, LONG, member, four[2])
    announce_successions(now=world.now)
    member.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(200)
    agree(group)
    pass_time(world, timedelta(days=31), four[2])
    assert carry_out_successions(now=world.now) == 1
    assert owner_of(group) == "周杰"


# --- giving it up -----------------------------------------------------------------------------------------------------
def resign(person: Person, group: Group) -> Any:
    return person.api.post(f"/groups/{group.pk}/resignation")


def test_an_owner_whose_heir_refuses_can_leave_after_a_notice(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    made = propose(owner, group, "hand_over", member).expect(201)
    member.api.post(f"/groups/{group.pk}/proposals/{made['id']}/votes", {"choice": "reject"}).expect(200)
    before = sequence_of(group)
    told = resign(owner, group).expect(200)
    assert (told["heir"], told["reason"]) == (str(member.id), "resigned")
    assert told["due_at"] == f"{world.now + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
    resign(owner, group).expect(200)
    assert kinds_since(group, before) == ["succession_announced"], "once"
    pass_time(world, timedelta(days=29), owner, member)
    assert carry_out_successions(now=world.now) == 0, "being seen does not call it off, and it is not time yet"
    pass_time(world, timedelta(days=1), owner, member)
    assert carry_out_successions(now=world.now) == 1
    assert owner_of(group) == "王芳"
    owner.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(200)


def test_it_can_be_taken_back(world: World, group: Group, owner: Person, member: Person) -> None:
    path = f"/groups/{group.pk}/resignation"
    before = sequence_of(group)
    resign(owner, group).expect(200)
    member.api.delete(path).expect(403, "not_the_owner")
    for _ in range(2):
        owner.api.delete(path).expect(204)
    assert kinds_since(group, before) == ["succession_announced", "succession_called_off"]
    pass_time(world, timedelta(days=31), owner, member)
    assert carry_out_successions(now=world.now) == 0
    assert owner_of(group) == "张伟"


def test_only_the_owner_resigns(group: Group, member: Person, viewer: Person, stranger: Person) -> None:
    resign(member, group).expect(403, "not_the_owner")
    resign(viewer, group).expect(403, "not_the_owner")
    resign(stranger, group).expect(404, "group_not_found")


def test_who_was_away_and_resigns_does_so_from_now_on(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    pass_time(world, LONG, member)
    announce_successions(now=world.now)
    pass_time(world, timedelta(days=10), owner)
    resign(owner, group).expect(200)
    assert [row.status for row in Succession.objects.order_by("announced_at")] == ["called_off", "announced"]


def test_where_nobody_can_follow_the_group_ends_and_everybody_is_paid(
    world: World, group: Group, owner: Person, member: Person, viewer: Person
) -> None:
    for person in (owner, viewer):
        pay_in(world, person, group, yuan(100))
    member.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(200)
    assert resign(owner, group).expect(200)["heir"] is None
    pass_time(world, timedelta(days=30), owner, viewer)
    assert carry_out_successions(now=world.now) == 1
    dissolution = Dissolution.objects.get(group=group)
    assert (dissolution.reason, dissolution.shares) == (
        "resigned",
        {str(owner.id): yuan(100), str(viewer.id): yuan(100)},
    )
    assert Succession.objects.get().status == "done"


def test_while_somebody_owes_the_others_it_waits(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    pay_in(world, viewer, group, yuan(100))
    settle_on(owner, group, "change_sharing", {"owe_max": money(yuan(50)), "sharing_rule": "equal"})
    member.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(200)
    buy(owner, group, shop, yuan(60))
    resign(owner, group).expect(200)
    pass_time(world, timedelta(days=30), owner, viewer)
    assert carry_out_successions(now=world.now) == 0
    pay_in(world, owner, group, yuan(30))
    assert carry_out_successions(now=world.now) == 1
