"""Proposing: what is told to whoever votes, and when nothing is proposed."""

from datetime import timedelta
from typing import Any

import pytest

from groups.members.models import Group
from groups.proposals.models import Proposal
from tests.cast import Person, World, found, kinds_since, money, pay_in, sequence_of, yuan
from tests.proposals.conftest import LIMIT, cast, list_limits, propose, propose_limit, read, status_of


def test_it_says_who_votes_and_until_when(world: World, group: Group, owner: Person, member: Person) -> None:
    before = sequence_of(group)
    made = propose_limit(owner, group)
    assert (made["status"], made["proposer"]) == ("open", str(owner.id))
    assert (made["voters"], made["needed"], made["approvals"], made["votes"]) == ([str(member.id)], 1, 0, [])
    assert made["payload"] == LIMIT
    assert made["expires_at"] == (world.now + timedelta(days=7)).isoformat().replace("+00:00", "Z")
    assert kinds_since(group, before) == ["proposal_made"]
    assert list_limits(owner, group) == [], "nothing is so before they have agreed"
    assert member.api.get(f"/groups/{group.pk}/proposals").expect(200)["data"] == [made]


def test_who_looks_on_proposes_nothing(group: Group, viewer: Person, stranger: Person) -> None:
    propose(viewer, group, "set_limit", LIMIT).expect(403, "not_allowed")
    propose(stranger, group, "set_limit", LIMIT).expect(404, "group_not_found")
    assert not Proposal.objects.filter(kind="set_limit").exists()


@pytest.mark.parametrize("payload", [None, [], "text", 3, {"amount": None}, {"limit": None, "amount": None}])
def test_a_payload_has_the_shape_of_its_kind(group: Group, owner: Person, payload: Any) -> None:
    before = sequence_of(group)
    problem = propose(owner, group, "set_limit", payload).expect(400, "invalid")
    assert all(error["pointer"].startswith("/payload") for error in problem["errors"])
    assert sequence_of(group) == before


def test_what_moves_money_takes_the_pin(group: Group, owner: Person) -> None:
    assert owner.source is not None
    payload = {"source": str(owner.source.pk), "amount": money(100)}
    propose(owner, group, "approve_transfer", payload).expect(403, "payment_proof_required")


def test_the_same_is_proposed_once(group: Group, owner: Person, member: Person) -> None:
    made = propose_limit(owner, group)
    propose(owner, group, "set_limit", LIMIT).expect(409, "proposal_open_already")
    propose_limit(member, group)
    cast(member, group, made, "reject").expect(200)
    propose_limit(owner, group)


def test_another_payload_is_another_proposal(group: Group, owner: Person, member: Person, third: Person) -> None:
    """What was said to one is not said to the other, and neither changes."""
    cheap = propose_limit(owner, group, yuan(100))
    cast(member, group, cheap).expect(200)
    dear = propose_limit(owner, group, yuan(100.01))
    assert (dear["id"] != cheap["id"], dear["approvals"], dear["votes"]) == (True, 0, [])
    assert cast(third, group, dear).expect(200)["status"] == "open"
    assert cast(third, group, cheap).expect(200)["status"] == "approved"
    assert (status_of(owner, group, dear), list_limits(owner, group)) == ("open", [yuan(100)])


def test_a_person_has_only_so_many_open(
    world: World, group: Group, owner: Person, member: Person, settings: Any
) -> None:
    settings.PROPOSALS_OPEN_MAX = 2
    first = propose_limit(owner, group, 1)
    propose_limit(owner, group, 2)
    propose(owner, group, "set_limit", LIMIT).expect(422, "too_many_proposals")
    propose_limit(member, group, 3)
    cast(member, group, first, "reject").expect(200)
    propose_limit(owner, group, 4)
    propose(owner, group, "set_limit", LIMIT).expect(422, "too_many_proposals")
    world.wait(timedelta(days=7).total_seconds())
    assert propose_limit(owner, group)["status"] == "open", "what is over does not count"


def test_where_it_takes_somebody_else_there_must_be_one(group: Group, owner: Person, member: Person) -> None:
    before = sequence_of(group)
    propose(owner, group, "make_viewer", {"user": str(member.id)}).expect(422, "nobody_to_vote")
    assert sequence_of(group) == before


def test_alone_it_is_done_at_once(world: World, owner: Person) -> None:
    group = found(owner, now=world.now)
    before = sequence_of(group)
    made = propose_limit(owner, group)
    assert (made["status"], made["voters"], made["needed"]) == ("approved", [], 0)
    assert list_limits(owner, group) == [yuan(3_000)]
    assert kinds_since(group, before) == ["proposal_made", "limit_changed", "proposal_ended"]


def test_a_viewer_with_money_there_is_asked(world: World, group: Group, owner: Person, viewer: Person) -> None:
    assert str(viewer.id) not in propose_limit(owner, group, 1)["voters"]
    pay_in(world, viewer, group, 1)
    assert str(viewer.id) in propose_limit(owner, group, 2)["voters"]


def test_a_retry_proposes_nothing_new(group: Group, owner: Person) -> None:
    path, key = f"/groups/{group.pk}/proposals", "the-same-key-again"
    first = owner.api.post(path, {"kind": "set_limit", "payload": LIMIT}, key=key)
    again = owner.api.post(path, {"kind": "set_limit", "payload": LIMIT}, key=key)
    assert (first.status, again.status, again.raw) == (201, 201, first.raw)
    other = {"kind": "set_limit", "payload": {**LIMIT, "amount": None}}
    owner.api.post(path, other, key=key).expect(422, "idempotency_key_reused")
    assert Proposal.objects.filter(group=group, kind="set_limit").count() == 1


def test_it_says_what_it_would_change(world: World, group: Group, owner: Person, member: Person) -> None:
    """And, while it could not be done, why; a proposal may wait for the money that it is about."""
    assert owner.source is not None
    payload = {"source": str(owner.source.pk), "amount": money(yuan(30))}
    made = propose(owner, group, "approve_transfer", payload, proof=True).expect(201)
    assert made["effect"]["code"] == "insufficient_funds"
    pay_in(world, owner, group, yuan(30))
    pay_in(world, member, group, yuan(10))
    effect = read(member, group, made)["effect"]
    assert effect["shares"] == {str(owner.id): money(2_250), str(member.id): money(750)}
    assert effect["stakes"][str(member.id)] == money(250)
