"""What the database refuses to a server and to its owner: votes stay, and so does what was voted on."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from groups.members.models import Group
from groups.proposals.models import Proposal, Vote
from tests.books import as_owner, run
from tests.cast import Person
from tests.proposals.conftest import cast, propose_limit

OTHER = "'00000000-0000-7000-8000-000000000000'"
#: What is asked for in a proposal, and who may say so: none of it changes, open or ended.
CONTENT = [
    "payload = '{}'",
    "digest = repeat('0', 64)",
    "kind = 'dissolve'",
    f"proposer_id = {OTHER}",
    "electorate = '{}'",
    "created_at = created_at - interval '1 day'",
    "expires_at = expires_at + interval '1 day'",
    f"wallet_id = {OTHER}",
    f"id = {OTHER}",
]
#: How it ended, and by whose votes.
END = [
    "status = 'open', ended_at = NULL",
    "status = 'rejected'",
    "ended_at = ended_at + interval '1 second'",
    "final_voters = '{}'",
    "final_needed = 0",
]


@pytest.fixture
def voted(group: Group, owner: Person, member: Person, third: Person) -> Any:
    """A proposal that is open, with one vote."""
    made = propose_limit(owner, group)
    cast(member, group, made).expect(200)
    return made


@pytest.fixture
def approved(group: Group, third: Person, voted: Any) -> Any:
    cast(third, group, voted).expect(200)
    return voted


def refused(statement: str, *values: Any, says: str = "Cannot") -> None:
    """Let a server and then the owner try it."""
    with pytest.raises(DatabaseError), transaction.atomic():
        run(statement, *values)
    with as_owner(), pytest.raises(DatabaseError, match=says), transaction.atomic():
        run(statement, *values)


def test_what_is_proposed_stays_what_it_is(voted: Any) -> None:
    for change in CONTENT:
        refused(f"UPDATE proposals_proposal SET {change} WHERE id = %s", voted["id"])


def test_what_has_ended_stays_ended(approved: Any) -> None:
    for change in (*CONTENT, *END):
        refused(f"UPDATE proposals_proposal SET {change} WHERE id = %s", approved["id"])


def test_what_came_of_it_is_written_once(group: Group, owner: Person, member: Person, third: Person) -> None:
    made = propose_limit(owner, group)
    cast(member, group, made, "reject").expect(200)
    refused("""UPDATE proposals_proposal SET outcome = '{"code": "x"}' WHERE id = %s""", made["id"])


def test_an_end_has_a_time(voted: Any) -> None:
    refused("UPDATE proposals_proposal SET status = 'approved' WHERE id = %s", voted["id"], says="proposal_ended")
    refused("UPDATE proposals_proposal SET ended_at = now() WHERE id = %s", voted["id"], says="proposal_ended")


def test_nothing_is_removed(approved: Any) -> None:
    refused("DELETE FROM proposals_vote WHERE proposal_id = %s", approved["id"])
    refused("DELETE FROM proposals_proposal WHERE id = %s", approved["id"])
    refused("TRUNCATE proposals_vote", says="never truncated|pending trigger events")


def test_a_vote_is_final(voted: Any) -> None:
    for change in ("choice = 'reject'", f"voter_id = {OTHER}", "cast_at = now()", f"id = {OTHER}"):
        refused(f"UPDATE proposals_vote SET {change} WHERE proposal_id = %s", voted["id"])


def test_a_person_votes_once(group: Group, member: Person, voted: Any) -> None:
    again = Vote(group=group, proposal_id=voted["id"], voter=member.user, choice="reject", cast_at=timezone.now())
    with pytest.raises(DatabaseError, match="proposals_vote_once"), transaction.atomic():
        again.save(force_insert=True)


def test_the_same_is_open_once(voted: Any) -> None:
    twin = Proposal.objects.get(pk=voted["id"])
    twin.pk = Proposal().pk
    with pytest.raises(DatabaseError, match="proposals_proposal_once_open"), transaction.atomic():
        twin.save(force_insert=True)
