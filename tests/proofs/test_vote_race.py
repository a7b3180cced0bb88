"""Everybody votes at once, one of them no, while the proposer takes it back and its time runs out: one outcome.

What is voted on moves money, so it is plain what came of it: it moved once or not at all, as the one outcome says.
Without the wallet's lock the database still lets a proposal end once; without that too, the same race ends it twice.
"""

import random
import threading
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Q
from django.utils import timezone

from groups.funding.models import Withdrawal
from groups.members.models import Group
from groups.proposals.models import Proposal, Vote
from groups.proposals.services import cancel, ending, expire_proposals, propose, vote, voting
from tests.cast import Person, World, join, meet, pay_in, settle_on, yuan
from tests.proofs.crowd import at_once, take_lock_off, without_trigger
from wallet.ledger.checks import check_books
from wallet.ledger.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
ENDS = {"approved", "rejected", "cancelled", "expired"}


@pytest.fixture
def voters(world: World, group: Group, owner: Person, member: Person, settings: Any) -> list[Person]:
    """王芳 and three more who may spend; above 10.00 three of the others must approve. 张伟 proposes."""
    settings.PROPOSALS_OPEN_MAX = 10_000
    people = [meet(name, f"+861380000001{n}", now=world.now) for n, name in enumerate(("赵敏", "孙丽", "周杰"))]
    for person in people:
        join(group, owner, person, now=world.now)
    pay_in(world, owner, group, yuan(5_000))
    pay_in(world, member, group, yuan(5_000))
    tiers = [{"above": {"amount": yuan(10), "currency": "CNY"}, "approvals": 3}]
    settle_on(owner, group, "change_voting", {"tiers": tiers, "part_percent": 50, "objection_hours": 1})
    return [member, *people]


def ask(group: Group, owner: Person, number: int) -> Proposal:
    assert owner.source is not None
    payload = {"source": owner.source.pk, "amount": yuan(10.01), "memo": f"第{number}次"}
    return propose(actor=owner.user, group_id=group.pk, kind="approve_transfer", payload=payload, now=timezone.now())


def race(
    world: World, group: Group, owner: Person, voters: list[Person], monkeypatch: pytest.MonkeyPatch, number: int
) -> list[Any]:
    """One round: four votes, of which one is no, and a taking back, or the end of its time, in any order."""
    proposal, now = ask(group, owner, number), timezone.now()
    # The time is over for some of those who look, and not yet for others.
    moments = [proposal.expires_at - timedelta(milliseconds=1), proposal.expires_at]
    chance = random.Random(number)
    monkeypatch.setattr("wallet.ledger.clock.database_now", lambda: moments[chance.random() < 0.03])
    acts: list[Any] = [
        partial(vote, actor=voter.user, group_id=group.pk, proposal_id=proposal.pk, choice=choice, now=now)
        for voter, choice in zip(voters, ("approve", "approve", "approve", "reject"), strict=True)
    ]
    if number % 3 == 0:
        acts.append(partial(cancel, actor=owner.user, group_id=group.pk, proposal_id=proposal.pk, now=now))
    if number % 3 == 1:
        acts.append(partial(expire_proposals, now=now))
    chance.shuffle(acts)
    outcomes = at_once(acts)
    monkeypatch.setattr("wallet.ledger.clock.database_now", lambda: moments[1])
    expire_proposals(now=now)
    monkeypatch.setattr("wallet.ledger.clock.database_now", lambda: world.now)
    return outcomes


def check_round(group: Group, proposal: Proposal) -> str:
    """One end, told once; and money moved exactly if it was approved."""
    assert proposal.status in ENDS
    told = Event.objects.filter(wallet=group.pk, kind="proposal_ended", data__proposal=str(proposal.pk))
    assert [event.data["status"] for event in told] == [proposal.status]
    moved = Withdrawal.objects.filter(group=group, memo=proposal.payload["memo"]).count()
    assert moved == (proposal.status == "approved")
    assert Vote.objects.filter(group=group, proposal=proposal, voter=proposal.proposer).count() == 0
    if proposal.status == "approved":
        assert Vote.objects.filter(group=group, proposal=proposal, choice="approve").count() >= 3
    return str(proposal.status)


def prove(
    world: World, group: Group, owner: Person, voters: list[Person], monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    ends: Counter[str] = Counter()
    for number in range(rounds):
        race(world, group, owner, voters, monkeypatch, number)
        ends[check_round(group, Proposal.objects.filter(kind="approve_transfer").latest("id"))] += 1
    print(f"{rounds} rounds: {dict(ends)}")
    assert sum(ends.values()) == rounds
    assert ends["approved"] > 0
    assert len(ends) > 1, "a race that always ends alike is none"


def test_one_outcome(
    world: World, group: Group, owner: Person, voters: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    prove(world, group, owner, voters, monkeypatch, 15)


@pytest.mark.proof
def test_one_outcome_in_a_thousand_rounds(
    world: World, group: Group, owner: Person, voters: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    prove(world, group, owner, voters, monkeypatch, 1_000)


# --- with the guards off ----------------------------------------------------------------------------------------------
def end_twice(group: Group, owner: Person, voters: list[Person], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The last vote that is needed, and a taking back, both judged before either is written."""
    proposal, now = ask(group, owner, 1), timezone.now()
    for voter in voters[:2]:
        vote(actor=voter.user, group_id=group.pk, proposal_id=proposal.pk, choice="approve", now=now)
    take_lock_off(monkeypatch)
    judged, one_is_done, check_not_over = threading.Barrier(2), threading.Event(), voting._check_not_over

    def judge(proposal: Proposal) -> None:
        check_not_over(proposal)
        if judged.wait(10) == 0:  # one after the other from here, or PostgreSQL may find a deadlock and end one of them
            one_is_done.wait(10)

    def done(act: Any) -> Any:
        try:
            return act()
        finally:
            one_is_done.set()

    monkeypatch.setattr(voting, "_check_not_over", judge)
    act = {"actor": voters[2].user, "group_id": group.pk, "proposal_id": proposal.pk, "now": now}
    last_vote, taking_back = partial(vote, choice="approve", **act), partial(cancel, **(act | {"actor": owner.user}))
    return at_once([partial(done, last_vote), partial(done, taking_back)])


def test_without_the_lock_the_database_ends_it_once(
    group: Group, owner: Person, voters: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = end_twice(group, owner, voters, monkeypatch)
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 1
    check_round(group, Proposal.objects.get(kind="approve_transfer"))


@pytest.mark.plants_a_fault
def test_without_the_lock_and_the_guards_of_the_row_it_ends_twice(
    group: Group, owner: Person, voters: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "STILL_OPEN", Q())
    with without_trigger("proposals_proposal", "ended_for_good"):
        outcomes = end_twice(group, owner, voters, monkeypatch)
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        told = Event.objects.filter(wallet=group.pk, kind="proposal_ended", data__kind="approve_transfer")
        assert sorted(event.data["status"] for event in told) == ["approved", "cancelled"]
        assert Withdrawal.objects.filter(group=group).count() == 1
        assert "proposal_untold" in {finding.code for finding in check_books()}
