"""Somebody leaves while a vote is open: they do not count any more, which may decide it."""

from groups.members.models import Group
from tests.cast import Person, World, kinds_since, meet, pay_in, sequence_of, settle_on, yuan
from tests.proposals.conftest import (
    TIERS,
    cast,
    let_in,
    list_limits,
    propose,
    propose_limit,
    propose_payment,
    read,
    status_of,
)


def leave(person: Person, group: Group) -> None:
    person.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(200)


def test_who_has_left_has_no_vote(group: Group, owner: Person, member: Person, third: Person) -> None:
    made = propose_limit(owner, group)
    leave(third, group)
    cast(third, group, made).expect(404, "group_not_found")
    told = read(owner, group, made)
    assert (told["status"], told["voters"], told["needed"]) == ("open", [str(member.id)], 1)


def test_the_vote_they_had_given_does_not_count(group: Group, owner: Person, member: Person, third: Person) -> None:
    made = propose_limit(owner, group)
    cast(third, group, made).expect(200)
    leave(third, group)
    told = read(owner, group, made)
    assert (told["approvals"], told["votes"]) == (
        0,
        [{"voter": str(third.id), "choice": "approve", "counts": False}],
    )


def test_it_may_decide_what_was_open(group: Group, owner: Person, member: Person, third: Person) -> None:
    """Everybody who is left has agreed."""
    made = propose_limit(owner, group)
    cast(member, group, made).expect(200)
    before = sequence_of(group)
    leave(third, group)
    assert status_of(owner, group, made) == "approved"
    assert list_limits(owner, group) == [300_000]
    assert kinds_since(group, before) == ["member_left", "limit_changed", "proposal_ended"]


def test_or_end_it(group: Group, owner: Person, member: Person, third: Person) -> None:
    """Only the heir could have said yes."""
    made = propose(owner, group, "hand_over", {"user": str(third.id)}).expect(201)
    leave(third, group)
    assert status_of(owner, group, made) == "rejected"


def test_a_number_is_not_reached_by_absence(
    group: Group, owner: Person, member: Person, third: Person, fourth: Person
) -> None:
    """Two of three were needed; with one gone it is two of two, and one yes is not enough."""
    settle_on(owner, group, "change_voting", TIERS)
    made = propose_payment(owner, group)
    cast(member, group, made, proof=True).expect(200)
    leave(third, group)
    told = read(owner, group, made)
    assert (told["status"], len(told["voters"]), told["needed"], told["approvals"]) == ("open", 2, 2, 1)
    assert cast(fourth, group, made, proof=True).expect(200)["status"] == "approved"


def test_what_they_had_proposed_is_off(group: Group, owner: Person, member: Person, third: Person) -> None:
    made, other = propose_limit(third, group, 1), propose_limit(member, group, 2)
    cast(owner, group, made).expect(200)
    leave(third, group)
    told = read(owner, group, made)
    assert (told["status"], told["outcome"]) == ("cancelled", {"code": "proposer_left"})
    assert status_of(owner, group, other) == "open"
    cast(member, group, made).expect(409, "proposal_closed")
    assert list_limits(owner, group) == []


def test_what_ended_before_stays_as_it_ended(group: Group, owner: Person, member: Person, third: Person) -> None:
    made = propose_limit(owner, group)
    for person in (member, third):
        cast(person, group, made).expect(200)
    before = read(owner, group, made)
    leave(third, group)
    assert read(owner, group, made) == before


def test_a_newcomers_leaving_decides_it_too(world: World, group: Group, owner: Person, member: Person) -> None:
    made, newcomer = propose_limit(owner, group), meet("周杰", "+8613800000007", now=world.now)
    let_in(world, group, owner, newcomer, role="viewer")
    pay_in(world, newcomer, group, yuan(10))
    assert cast(member, group, made).expect(200)["status"] == "open", "they have money there, and were not asked yet"
    leave(newcomer, group)
    assert status_of(owner, group, made) == "approved"


def test_who_comes_back_has_no_vote_on_what_was_open(
    world: World, group: Group, owner: Person, member: Person, third: Person, fourth: Person
) -> None:
    """One person can bring somebody back to look on. Nobody brings an approval back with them by that."""
    settle_on(owner, group, "change_voting", TIERS)
    made, other = propose_payment(owner, group, 1_001), propose_payment(owner, group, 1_002)
    cast(third, group, made, proof=True).expect(200)
    leave(third, group)
    world.wait()
    let_in(world, group, owner, third, role="viewer")
    told = read(owner, group, made)
    assert (told["approvals"], len(told["voters"]), told["needed"]) == (0, 2, 2)
    assert cast(member, group, made, proof=True).expect(200)["status"] == "open"
    cast(third, group, other, proof=True).expect(403, "not_eligible")


def test_where_everybody_is_asked_whoever_is_back_is_asked_too(
    world: World, group: Group, owner: Person, member: Person, third: Person
) -> None:
    made = propose_limit(owner, group)
    cast(third, group, made).expect(200)
    leave(third, group)
    world.wait()
    let_in(world, group, owner, third, role="viewer")
    pay_in(world, third, group, yuan(10))
    told = read(owner, group, made)
    assert (told["approvals"], told["needed"], told["status"]) == (1, 2, "open"), "what they have said holds"
    assert cast(member, group, made).expect(200)["status"] == "approved"
