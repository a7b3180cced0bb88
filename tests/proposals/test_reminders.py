"""Whoever is silent is reminded, at half of a proposal's life and at four fifths, once each."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from groups.members.models import Group
from groups.proposals.services import remind_silent
from tests.cast import Person, World
from tests.proposals.conftest import cancel, cast, propose_limit
from wallet.ledger.models import Event

WEEK = timedelta(days=7)
MOMENT = timedelta(microseconds=1)


def reminded(group: Group) -> list[list[str]]:
    """Who was reminded, each time."""
    events = Event.objects.filter(wallet=group.pk, kind="vote_reminded").order_by("sequence")
    return [event.data["silent"] for event in events]


@pytest.fixture
def made(group: Group, owner: Person, member: Person, third: Person) -> Any:
    """A limit that 张伟 proposes and 王芳 and 赵敏 must agree to."""
    return propose_limit(owner, group)


@pytest.fixture
def begun(world: World, made: Any) -> datetime:
    return world.now


def test_at_half_and_at_four_fifths(
    world: World, group: Group, member: Person, third: Person, made: Any, begun: datetime
) -> None:
    for part, due in ((0.5, 1), (0.8, 1)):
        world.go_to(begun + WEEK * part - MOMENT)
        assert remind_silent(now=world.now) == 0
        world.go_to(begun + WEEK * part)
        assert remind_silent(now=world.now) == due
        assert remind_silent(now=world.now) == 0, "once each"
        cast(member, group, made).expect(200)
    assert reminded(group) == [sorted([str(member.id), str(third.id)]), [str(third.id)]]
    world.go_to(begun + WEEK - MOMENT)
    assert remind_silent(now=world.now) == 0


def test_two_that_fell_due_together_are_one(world: World, group: Group, made: Any, begun: datetime) -> None:
    world.go_to(begun + WEEK * 0.9)
    assert [remind_silent(now=world.now), remind_silent(now=world.now)] == [1, 0]
    assert len(reminded(group)) == 1


def test_nobody_after_its_time(world: World, group: Group, made: Any, begun: datetime) -> None:
    world.go_to(begun + WEEK)
    assert (remind_silent(now=world.now), reminded(group)) == (0, [])


def test_nobody_when_it_has_ended(world: World, group: Group, owner: Person, made: Any, begun: datetime) -> None:
    cancel(owner, group, made).expect(200)
    world.go_to(begun + WEEK * 0.5)
    assert (remind_silent(now=world.now), reminded(group)) == (0, [])


def test_only_whose_vote_is_missing(
    world: World, group: Group, owner: Person, member: Person, third: Person, fourth: Person
) -> None:
    made = propose_limit(owner, group)
    cast(member, group, made).expect(200)
    cast(third, group, made).expect(200)
    world.wait((WEEK * 0.5).total_seconds())
    assert remind_silent(now=world.now) == 1
    assert reminded(group) == [[str(fourth.id)]]
