"""Voting: who has a vote, once and for ever, and what the last one does."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from groups.members.models import Group
from groups.proposals.models import Proposal, Vote
from tests.cast import (
    PIN,
    Api,
    Person,
    World,
    found,
    kinds_since,
    meet,
    money,
    pay_in,
    sequence_of,
    settle_on,
    stakes_of,
    yuan,
)
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
from wallet.identity.services import issue_device


# --- who has a vote ---------------------------------------------------------------------------------------------------
def test_nobody_votes_on_what_they_propose(group: Group, owner: Person) -> None:
    made, before = propose_limit(owner, group), sequence_of(group)
    for choice in ("approve", "reject"):
        cast(owner, group, made, choice).expect(403, "own_proposal")
    assert (sequence_of(group), Vote.objects.filter(proposal=made["id"]).count()) == (before, 0)


def test_a_stranger_learns_nothing(world: World, group: Group, owner: Person, stranger: Person) -> None:
    made = propose_limit(owner, group)
    cast(stranger, group, made).expect(404, "group_not_found")
    theirs = found(stranger, now=world.now)
    cast(stranger, theirs, made).expect(404, "proposal_not_found")
    cast(stranger, theirs, {"id": uuid4()}).expect(404, "proposal_not_found")


def test_who_was_not_asked_has_none(group: Group, owner: Person, viewer: Person) -> None:
    cast(viewer, group, propose_limit(owner, group)).expect(403, "not_eligible")


def test_who_it_is_about_has_none(group: Group, owner: Person, member: Person, third: Person, fourth: Person) -> None:
    made = propose(owner, group, "make_viewer", {"user": str(third.id)}).expect(201)
    cast(third, group, made, "reject").expect(403, "not_eligible")
    cast(member, group, made).expect(200)
    assert cast(fourth, group, made).expect(200)["status"] == "approved"


def test_a_second_device_is_the_same_person(
    world: World, group: Group, owner: Person, member: Person, third: Person
) -> None:
    _, token = issue_device(user=member.user, name="iPad", now=world.now)
    other = Person(member.user, member.device, Api(token, pin=PIN))
    made = propose_limit(owner, group)
    cast(member, group, made).expect(200)
    told = cast(other, group, made).expect(200)
    assert (told["status"], told["approvals"]) == ("open", 1)
    cast(other, group, made, "reject").expect(409, "vote_final")
    assert Vote.objects.filter(proposal=made["id"]).count() == 1


def test_newcomers_count_where_everybody_is_asked(world: World, group: Group, owner: Person, member: Person) -> None:
    settle_on(owner, group, "change_voting", TIERS)
    of_all, of_some = propose_limit(owner, group), propose_payment(owner, group)
    newcomer = meet("周杰", "+8613800000007", now=world.now)
    let_in(world, group, owner, newcomer)
    cast(member, group, {"id": Proposal.objects.get(kind="add_spender", status="open").pk}).expect(200)
    told = cast(member, group, of_all).expect(200)
    assert (told["status"], told["approvals"], told["needed"]) == ("open", 1, 2)
    cast(newcomer, group, of_some, proof=True).expect(403, "not_eligible")
    assert cast(member, group, of_some, proof=True).expect(200)["status"] == "approved"
    assert cast(newcomer, group, of_all).expect(200)["status"] == "approved"


# --- once and for ever ------------------------------------------------------------------------------------------------
def test_the_same_vote_again_changes_nothing(group: Group, owner: Person, member: Person, third: Person) -> None:
    made = propose_limit(owner, group)
    first, before = cast(member, group, made).expect(200), sequence_of(group)
    assert cast(member, group, made).expect(200) == first
    cast(member, group, made, "reject").expect(409, "vote_final")
    assert (sequence_of(group), Vote.objects.filter(proposal=made["id"]).count()) == (before, 1)
    decided = cast(third, group, made).expect(200)
    assert cast(member, group, made).expect(200) == decided, "even when it has ended"


def test_a_retry_gets_the_first_answer(group: Group, owner: Person, member: Person) -> None:
    made, key = propose_limit(owner, group), "one-and-the-same-key"
    path = f"/groups/{group.pk}/proposals/{made['id']}/votes"
    first, before = member.api.post(path, {"choice": "approve"}, key=key), sequence_of(group)
    again = member.api.post(path, {"choice": "approve"}, key=key)
    assert (first.status, again.status, again.raw, sequence_of(group)) == (200, 200, first.raw, before)


def test_a_vote_is_yes_or_no(group: Group, owner: Person, member: Person) -> None:
    made = propose_limit(owner, group)
    for choice in ("maybe", "", None, True, ["approve"]):
        cast(member, group, made, choice).expect(400, "invalid")  # type: ignore[arg-type]


# --- what they decide -------------------------------------------------------------------------------------------------
def test_the_last_vote_does_it(group: Group, owner: Person, member: Person, third: Person) -> None:
    made, before = propose_limit(owner, group), sequence_of(group)
    cast(member, group, made).expect(200)
    assert list_limits(owner, group) == []
    told = cast(third, group, made).expect(200)
    assert (told["status"], told["approvals"], told["effect"]) == ("approved", 2, {})
    assert list_limits(owner, group) == [yuan(3_000)]
    assert kinds_since(group, before) == ["vote_cast", "vote_cast", "limit_changed", "proposal_ended"]


def test_one_no_ends_what_all_must_agree_to(group: Group, owner: Person, member: Person, third: Person) -> None:
    made, before = propose_limit(owner, group), sequence_of(group)
    assert cast(member, group, made, "reject").expect(200)["status"] == "rejected"
    problem = cast(third, group, made).expect(409, "proposal_closed")
    assert (problem["status"], problem["detail"]) == (409, "This proposal has ended: rejected.")
    assert list_limits(owner, group) == []
    assert kinds_since(group, before) == ["vote_cast", "proposal_ended"]


def test_enough_no_end_what_some_must_agree_to(
    group: Group, owner: Person, member: Person, third: Person, fourth: Person
) -> None:
    """Two of three: the second no makes it impossible, the first does not."""
    settle_on(owner, group, "change_voting", TIERS)
    made = propose_payment(owner, group)
    assert (len(made["voters"]), made["needed"]) == (3, 2)
    assert cast(member, group, made, "reject").expect(200)["status"] == "open"
    assert cast(third, group, made, proof=True).expect(200)["status"] == "open"
    assert cast(fourth, group, made, "reject").expect(200)["status"] == "rejected"


def test_two_of_three_are_enough(group: Group, owner: Person, member: Person, third: Person, fourth: Person) -> None:
    settle_on(owner, group, "change_voting", TIERS)
    made = propose_payment(owner, group)
    cast(member, group, made, "reject").expect(200)
    cast(third, group, made, proof=True).expect(200)
    assert cast(fourth, group, made, proof=True).expect(200)["status"] == "approved"


def test_approving_what_moves_money_takes_the_pin(group: Group, owner: Person, member: Person) -> None:
    settle_on(owner, group, "change_voting", TIERS)
    made = propose_payment(owner, group)
    cast(member, group, made).expect(403, "payment_proof_required")
    assert read(member, group, made)["approvals"] == 0
    assert cast(member, group, made, "reject").expect(200)["status"] == "rejected"


def test_who_has_voted_is_seen_by_all(group: Group, owner: Person, member: Person, third: Person) -> None:
    made = propose_limit(owner, group)
    cast(member, group, made).expect(200)
    told = {"voter": str(member.id), "choice": "approve", "counts": True}
    for person in (owner, member, third):
        assert read(person, group, made)["votes"] == [told]


# --- what forbids it then ---------------------------------------------------------------------------------------------
def test_what_cannot_be_done_fails_alone(world: World, group: Group, owner: Person, member: Person) -> None:
    """The money is gone when they approve it: the vote stands, the proposal has failed, and nothing has moved."""
    assert owner.source is not None
    payload = {"source": str(owner.source.pk), "amount": money(yuan(30))}
    pay_in(world, owner, group, yuan(30))
    made = propose(owner, group, "approve_transfer", payload, proof=True).expect(201)
    withdrawal = {"source": str(owner.source.pk), "amount": money(yuan(20))}
    owner.api.post(f"/groups/{group.pk}/withdrawals", withdrawal, proof=True).expect(201)
    before = sequence_of(group)
    told = cast(member, group, made, proof=True).expect(200)
    assert (told["status"], told["outcome"], told["approvals"]) == ("failed", {"code": "insufficient_funds"}, 1)
    assert kinds_since(group, before) == ["vote_cast", "proposal_ended"]
    assert stakes_of(group)["张伟"] == yuan(10)
    cast(member, group, made, "reject").expect(409, "proposal_closed")


def test_it_is_judged_again_when_it_is_done(group: Group, owner: Person, member: Person, third: Person) -> None:
    """赵敏 could have inherited when it was proposed, and only looks on when she agrees."""
    made = propose(owner, group, "hand_over", {"user": str(third.id)}).expect(201)
    third.api.patch(f"/groups/{group.pk}/members/{third.id}", {"role": "viewer"}).expect(200)
    told = cast(third, group, made).expect(200)
    assert (told["status"], told["outcome"]) == ("failed", {"code": "heir_unfit"})
    assert owner.api.get(f"/groups/{group.pk}").expect(200)["my_role"] == "owner"


# --- too late ---------------------------------------------------------------------------------------------------------
def test_after_its_time_nobody_votes(world: World, group: Group, owner: Person, member: Person) -> None:
    """By the database's clock to the microsecond, and before anybody has swept."""
    made = propose_limit(owner, group)
    world.go_to(world.now + timedelta(days=7, microseconds=-1))
    assert timezone.now() < Proposal.objects.get(pk=made["id"]).expires_at
    early = propose_limit(member, group)
    world.go_to(world.now + timedelta(microseconds=1))
    problem = cast(member, group, made).expect(409, "proposal_closed")
    assert problem["detail"] == "This proposal has ended: expired."
    assert status_of(owner, group, early) == "open"
    assert list_limits(owner, group) == []
