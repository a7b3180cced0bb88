"""Running out of time, by the database's clock: it never approves anything."""

from datetime import timedelta

from groups.members.models import Group
from groups.proposals.models import Proposal
from groups.proposals.services import expire_proposals
from tests.cast import Person, World, kinds_since, sequence_of, settle_on
from tests.proposals.conftest import TIERS, cast, list_limits, propose_limit, propose_payment, read, status_of


def end_of(made: dict[str, str]) -> Proposal:
    return Proposal.objects.get(pk=made["id"])


def test_it_ends_at_its_time_and_not_before(world: World, group: Group, owner: Person) -> None:
    made, before = propose_limit(owner, group), sequence_of(group)
    world.go_to(end_of(made).expires_at - timedelta(microseconds=1))
    assert expire_proposals(now=world.now) == 0
    world.wait(0.000001)
    assert expire_proposals(now=world.now) == 1
    assert expire_proposals(now=world.now) == 0
    assert status_of(owner, group, made) == "expired"
    assert kinds_since(group, before) == ["proposal_ended"]


def test_the_clock_is_the_databases(world: World, group: Group, owner: Person, member: Person) -> None:
    """A server whose clock is fast ends nothing, and one whose clock is slow lets nobody vote."""
    made = propose_limit(owner, group)
    assert expire_proposals(now=world.now + timedelta(days=30)) == 0
    world.go_to(end_of(made).expires_at)
    assert expire_proposals(now=world.now - timedelta(days=30)) == 1
    assert end_of(made).ended_at == world.now


def test_it_never_approves(world: World, group: Group, owner: Person, member: Person, third: Person) -> None:
    """One yes of two is not enough, however long the other is silent."""
    made = propose_limit(owner, group)
    cast(member, group, made).expect(200)
    world.go_to(end_of(made).expires_at)
    expire_proposals(now=world.now)
    told = read(owner, group, made)
    assert (told["status"], told["approvals"], told["needed"]) == ("expired", 1, 2)
    assert list_limits(owner, group) == []


def test_a_late_vote_hears_so_before_and_after_the_sweep(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    made = propose_limit(owner, group)
    world.go_to(end_of(made).expires_at)
    before = cast(member, group, made).expect(409, "proposal_closed")
    expire_proposals(now=world.now)
    after = cast(member, group, made).expect(409, "proposal_closed")
    assert before["detail"] == after["detail"] == "This proposal has ended: expired."
    assert read(owner, group, made)["votes"] == []


def test_a_kind_has_a_life_of_its_own(world: World, group: Group, owner: Person, member: Person) -> None:
    settle_on(owner, group, "change_voting", TIERS)
    short, long = propose_payment(owner, group), propose_limit(owner, group)
    world.wait(timedelta(days=1).total_seconds())
    assert expire_proposals(now=world.now) == 1
    assert (status_of(owner, group, short), status_of(owner, group, long)) == ("expired", "open")


def test_what_is_over_can_be_proposed_again_at_once(world: World, group: Group, owner: Person) -> None:
    made = propose_limit(owner, group)
    world.go_to(end_of(made).expires_at)
    again = propose_limit(owner, group)
    assert (status_of(owner, group, made), again["status"]) == ("expired", "open")
