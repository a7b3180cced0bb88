"""Taking a proposal back."""

from groups.members.models import Group
from groups.proposals.models import Proposal
from tests.cast import Person, World, kinds_since, sequence_of
from tests.proposals.conftest import cancel, cast, list_limits, propose_limit, status_of


def test_whoever_proposed_it_takes_it_back(group: Group, owner: Person, member: Person, third: Person) -> None:
    made = propose_limit(owner, group)
    cast(member, group, made).expect(200)
    before = sequence_of(group)
    told = cancel(owner, group, made).expect(200)
    assert (told["status"], told["approvals"], told["outcome"]) == ("cancelled", 1, {})
    assert kinds_since(group, before) == ["proposal_ended"]
    assert cast(third, group, made).expect(409, "proposal_closed")["detail"] == "This proposal has ended: cancelled."
    assert list_limits(owner, group) == []


def test_nobody_else_does(group: Group, owner: Person, member: Person, viewer: Person, stranger: Person) -> None:
    made = propose_limit(member, group)
    for person in (owner, viewer):
        cancel(person, group, made).expect(403, "not_proposer")
    cancel(stranger, group, made).expect(404, "group_not_found")
    assert status_of(member, group, made) == "open"


def test_taking_it_back_again_changes_nothing(group: Group, owner: Person) -> None:
    made = propose_limit(owner, group)
    first, before = cancel(owner, group, made).expect(200), sequence_of(group)
    assert cancel(owner, group, made).expect(200) == first
    assert sequence_of(group) == before


def test_what_was_decided_is_not_taken_back(group: Group, owner: Person, member: Person) -> None:
    made = propose_limit(owner, group)
    cast(member, group, made).expect(200)
    cancel(owner, group, made).expect(409, "proposal_closed")
    assert status_of(owner, group, made) == "approved"


def test_what_is_over_is_not_taken_back(world: World, group: Group, owner: Person) -> None:
    made = propose_limit(owner, group)
    world.go_to(Proposal.objects.get(pk=made["id"]).expires_at)
    cancel(owner, group, made).expect(409, "proposal_closed")


def test_it_can_be_proposed_again(group: Group, owner: Person, member: Person) -> None:
    """As another proposal: nobody has voted on it yet."""
    made = propose_limit(owner, group)
    cancel(owner, group, made).expect(200)
    again = propose_limit(owner, group)
    assert (again["status"], again["votes"]) == ("open", [])
    assert again["id"] != made["id"]
