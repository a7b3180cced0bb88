"""A legal hold: two people place it, two people or its end release it, and the group learns only how much is held."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from groups.disputes.errors import (
    LegalHoldEndWrong,
    LegalHoldNeedsAnother,
    LegalHoldNotFound,
    LegalHoldStepClosed,
    LegalHoldTooLarge,
)
from groups.disputes.models import Dispute, LegalHold
from groups.disputes.selectors import held_of
from groups.disputes.services import (
    approve_legal_hold,
    approve_release,
    ask_release,
    decline_legal_hold,
    decline_release,
    end_legal_holds,
)
from groups.disputes.tasks import end_due_legal_holds
from groups.members.errors import MemberNotFound
from groups.members.models import Group
from tests.cast import Person, Shop, World, balance_of, buy, kinds_since, money, pay_in, sequence_of, stakes_of, yuan
from tests.disputes.conftest import ask, held, last_event, operator
from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User
from wallet.ledger.models import Entry

STEPS = {
    "approve": approve_legal_hold,
    "decline": decline_legal_hold,
    "ask_release": ask_release,
    "release": approve_release,
    "decline_release": decline_release,
}


@pytest.fixture
def rich(world: World, group: Group, owner: Person, member: Person) -> Group:
    """张伟 has 300.00, 王芳 100.00."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    return group


@pytest.fixture
def hold(world: World, rich: Group, member: Person, clerk: User) -> LegalHold:
    """60.00 of 王芳's for thirty days, asked for by the clerk."""
    return ask(world, clerk, rich, member, yuan(60), world.now + timedelta(days=30))


def step(world: World, verb: str, operator: User, hold: LegalHold) -> LegalHold:
    return STEPS[verb](operator=operator, group_id=hold.group_id, hold_id=hold.pk, now=world.now)


def test_asked_for_nothing_is_held_and_nobody_is_told(world: World, rich: Group, member: Person, clerk: User) -> None:
    before = sequence_of(rich)
    hold = ask(world, clerk, rich, member, yuan(60), world.now + timedelta(days=30))
    assert (hold.status, hold.asked_by, hold.answered_by) == ("asked", clerk, None)
    assert sequence_of(rich) == before
    assert held(world, rich) == held_of(rich.pk, member.id) == 0


def test_approved_by_another_it_is_held(
    world: World, rich: Group, owner: Person, member: Person, chief: User, hold: LegalHold, shop: Shop
) -> None:
    before = sequence_of(rich)
    placed = step(world, "approve", chief, hold)
    assert (placed.status, placed.answered_by, placed.answered_at) == ("active", chief, world.now)
    assert stakes_of(rich) == {"张伟": yuan(300), "王芳": yuan(40), "李梅": 0}
    assert held(world, rich) == held_of(rich.pk, member.id) == yuan(60)
    assert kinds_since(rich, before) == ["legal_hold_placed"]
    entry = Entry.objects.get(wallet=rich.pk, sequence=sequence_of(rich))
    assert (entry.kind, entry.reference) == ("legal_hold_placed", f"legal-hold:{hold.pk}")
    # The pool and everybody go on, the member with what is not held.
    buy(member, rich, shop, yuan(34))
    assert stakes_of(rich) == {"张伟": yuan(270), "王芳": yuan(36), "李梅": 0}


def test_the_group_learns_who_and_how_much_and_nothing_else(
    world: World, rich: Group, owner: Person, member: Person, clerk: User, chief: User, hold: LegalHold
) -> None:
    before = sequence_of(rich)
    step(world, "approve", chief, hold)
    step(world, "ask_release", clerk, hold)
    step(world, "release", chief, hold)
    told = owner.api.get(f"/groups/{rich.pk}/events", after=before)
    events = told.expect(200)["data"]
    assert [(event["kind"], event["actor"]) for event in events] == [
        ("legal_hold_placed", None),
        ("legal_hold_released", None),
    ]
    for event in events:
        assert set(event["data"]) == {"user", "amount", "entry", "balance", "stakes"}
        assert (event["data"]["user"], event["data"]["amount"]) == (str(member.id), money(yuan(60)))
    for path in ("/events", "/entries", "/members", "/snapshot", "/disputes", ""):
        raw = member.api.get(f"/groups/{rich.pk}{path}").raw.decode()
        for secret in (hold.order_reference, hold.reason, str(clerk.pk), str(chief.pk)):
            assert secret not in raw, (path, secret)


def test_one_person_cannot_do_both(world: World, rich: Group, clerk: User, chief: User, hold: LegalHold) -> None:
    for verb in ("approve", "decline"):
        with pytest.raises(LegalHoldNeedsAnother):
            step(world, verb, clerk, hold)
    step(world, "approve", chief, hold)
    step(world, "ask_release", chief, hold)
    with pytest.raises(LegalHoldNeedsAnother):
        step(world, "release", chief, hold)
    assert held(world, rich) == yuan(60)
    step(world, "release", clerk, hold)
    assert held(world, rich) == 0


def test_declined_nothing_is_held(world: World, rich: Group, clerk: User, chief: User, hold: LegalHold) -> None:
    before = sequence_of(rich)
    assert step(world, "decline", chief, hold).status == "declined"
    for verb, who in (("approve", chief), ("ask_release", clerk), ("release", chief), ("decline", chief)):
        with pytest.raises(LegalHoldStepClosed):
            step(world, verb, who, hold)
    assert sequence_of(rich) == before


def test_more_than_there_is_cannot_be_held(
    world: World, rich: Group, member: Person, chief: User, hold: LegalHold, shop: Shop
) -> None:
    buy(member, rich, shop, yuan(40.01), sharing_rule="payer")
    before = sequence_of(rich)
    with pytest.raises(LegalHoldTooLarge) as refused:
        step(world, "approve", chief, hold)
    assert refused.value.data == {"available": yuan(59.99)}
    assert sequence_of(rich) == before
    pay_in(world, member, rich, 1)
    step(world, "approve", chief, hold)
    assert stakes_of(rich)["王芳"] == 0


def test_at_its_end_the_money_is_back(world: World, rich: Group, member: Person, chief: User, hold: LegalHold) -> None:
    step(world, "approve", chief, hold)
    world.go_to(hold.ends_at - timedelta(seconds=1))
    assert end_legal_holds(now=world.now) == 0
    world.go_to(hold.ends_at)
    before = sequence_of(rich)
    assert end_due_legal_holds() == 1
    assert stakes_of(rich) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}
    assert held(world, rich) == held_of(rich.pk, member.id) == 0
    assert kinds_since(rich, before) == ["legal_hold_released"]
    entry = Entry.objects.get(wallet=rich.pk, sequence=sequence_of(rich))
    assert (entry.kind, entry.reference) == ("legal_hold_released", f"legal-hold-end:{hold.pk}")
    assert end_due_legal_holds() == 0
    hold.refresh_from_db()
    assert (hold.status, hold.released_by, hold.ended_at) == ("ended", None, world.now)


def test_past_its_end_nobody_releases_it_also_before_beat_came(
    world: World, rich: Group, clerk: User, chief: User, hold: LegalHold
) -> None:
    step(world, "approve", chief, hold)
    step(world, "ask_release", clerk, hold)
    world.go_to(hold.ends_at)
    with pytest.raises(LegalHoldStepClosed) as refused:
        step(world, "release", chief, hold)
    assert refused.value.data == {"status": "ended"}
    assert end_legal_holds(now=world.now) == 1
    assert held(world, rich) == 0


def test_released_early_by_two(world: World, rich: Group, clerk: User, chief: User, hold: LegalHold) -> None:
    step(world, "approve", chief, hold)
    with pytest.raises(LegalHoldStepClosed):
        step(world, "release", chief, hold)
    asked = step(world, "ask_release", clerk, hold)
    assert (asked.release_asked_by, asked.status) == (clerk, "active")
    assert held(world, rich) == yuan(60)
    with pytest.raises(LegalHoldStepClosed) as refused:
        step(world, "ask_release", chief, hold)
    assert refused.value.data == {"status": "release_asked"}
    released = step(world, "release", chief, hold)
    assert (released.status, released.released_by) == ("released", chief)
    assert stakes_of(rich) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}
    with pytest.raises(LegalHoldStepClosed):
        step(world, "release", chief, hold)
    world.go_to(hold.ends_at)
    assert end_legal_holds(now=world.now) == 0


def test_a_release_that_is_declined_and_asked_for_anew(
    world: World, rich: Group, clerk: User, chief: User, hold: LegalHold
) -> None:
    step(world, "approve", chief, hold)
    with pytest.raises(LegalHoldStepClosed):
        step(world, "decline_release", chief, hold)
    step(world, "ask_release", clerk, hold)
    with pytest.raises(LegalHoldNeedsAnother):
        step(world, "decline_release", clerk, hold)
    before = sequence_of(rich)
    declined = step(world, "decline_release", chief, hold)
    assert (declined.status, declined.release_declined_by, declined.release_declined_at) == (
        "active",
        chief,
        world.now,
    )
    assert held(world, rich) == yuan(60)
    assert sequence_of(rich) == before, "nobody is told, as of the request"
    for verb in ("release", "decline_release"):
        with pytest.raises(LegalHoldStepClosed) as refused:
            step(world, verb, chief, hold)
        assert refused.value.data == {"status": "active"}
    asked = step(world, "ask_release", chief, hold)
    assert (asked.release_asked_by, asked.release_declined_by, asked.release_declined_at) == (chief, None, None)
    step(world, "release", clerk, hold)
    assert held(world, rich) == 0


def test_declined_or_not_it_ends_by_itself(
    world: World, rich: Group, clerk: User, chief: User, hold: LegalHold
) -> None:
    step(world, "approve", chief, hold)
    step(world, "ask_release", clerk, hold)
    step(world, "decline_release", chief, hold)
    world.go_to(hold.ends_at)
    with pytest.raises(LegalHoldStepClosed):
        step(world, "ask_release", clerk, hold)
    assert end_legal_holds(now=world.now) == 1
    hold.refresh_from_db()
    assert (hold.status, hold.release_declined_by) == ("ended", chief)


def test_an_end_that_came_before_the_answer(world: World, chief: User, hold: LegalHold) -> None:
    world.go_to(hold.ends_at)
    with pytest.raises(LegalHoldEndWrong):
        step(world, "approve", chief, hold)
    assert step(world, "decline", chief, hold).status == "declined"


@pytest.mark.parametrize("days", [-1, 0, 366.1, 5_000])
def test_it_ends_in_the_future_and_not_too_far_in_it(
    world: World, rich: Group, member: Person, clerk: User, days: float
) -> None:
    with pytest.raises(LegalHoldEndWrong):
        ask(world, clerk, rich, member, yuan(1), world.now + timedelta(days=days))
    assert not LegalHold.objects.exists()


def test_of_a_member_of_this_group_only(world: World, rich: Group, stranger: Person, chief: User, clerk: User) -> None:
    with pytest.raises(MemberNotFound):
        ask(world, clerk, rich, stranger, yuan(1), world.now + timedelta(days=1))
    with pytest.raises(LegalHoldNotFound):
        approve_legal_hold(operator=chief, group_id=rich.pk, hold_id=uuid4(), now=world.now)


def test_who_left_gets_it_when_it_ends(
    world: World, rich: Group, member: Person, owner: Person, chief: User, hold: LegalHold
) -> None:
    step(world, "approve", chief, hold)
    member.api.delete(f"/groups/{rich.pk}/members/{member.id}", proof=True).expect(200)
    world.wait()
    assert world.bank.book.get_totals().paid_out == yuan(40)
    assert world.send_late_money() == 0
    world.go_to(hold.ends_at)
    assert end_legal_holds(now=world.now) == 1
    assert world.send_late_money() == 1
    assert world.bank.book.get_totals().paid_out == yuan(100)
    assert balance_of(rich) == yuan(300)


def test_both_kinds_of_holds_add_up(
    world: World, group: Group, member: Person, clerk: User, chief: User, dispute: Dispute
) -> None:
    """王芳 has 90.00, of which 30.00 are contested: 60.00 can be held, and not a fen more."""
    soon = world.now + timedelta(days=1)
    with pytest.raises(LegalHoldTooLarge):
        step(world, "approve", chief, ask(world, clerk, group, member, yuan(60.01), soon))
    step(world, "approve", chief, ask(world, clerk, group, member, yuan(60), soon))
    assert held_of(group.pk, member.id) == held(world, group) == yuan(90)
    assert stakes_of(group)["王芳"] == 0


def test_each_step_needs_its_right(world: World, rich: Group, member: Person, chief: User, hold: LegalHold) -> None:
    asking, answering = operator("asking", "ask_legal_hold"), operator("answering", "approve_legal_hold")
    with pytest.raises(OperatorNotAllowed):
        ask(world, answering, rich, member, yuan(1), world.now + timedelta(days=1))
    for verb, who in (
        ("approve", asking),
        ("decline", asking),
        ("ask_release", answering),
        ("release", asking),
        ("decline_release", asking),
    ):
        with pytest.raises(OperatorNotAllowed):
            step(world, verb, who, hold)
    step(world, "approve", answering, hold)


FOUR_EYES: list[dict[str, Any]] = [
    {"status": "active", "answered_by": "clerk", "answered_at": "now"},
    {"status": "active"},
    {"status": "active", "answered_by": "chief", "answered_at": "now", "ended_at": "now"},
    {"status": "released", "answered_by": "chief", "answered_at": "now", "ended_at": "now"},
    {
        "status": "released", "answered_by": "chief", "answered_at": "now", "ended_at": "now",
        "release_asked_by": "chief", "release_asked_at": "now", "released_by": "chief",
    },
    {"status": "ended", "answered_by": "chief", "answered_at": "now"},
    {
        "status": "active", "answered_by": "chief", "answered_at": "now",
        "release_asked_by": "chief", "release_asked_at": "now",
        "release_declined_by": "chief", "release_declined_at": "now",
    },
    {
        "status": "active", "answered_by": "chief", "answered_at": "now",
        "release_declined_by": "chief", "release_declined_at": "now",
    },
    {
        "status": "released", "answered_by": "chief", "answered_at": "now", "ended_at": "now",
        "release_asked_by": "clerk", "release_asked_at": "now", "released_by": "chief",
        "release_declined_by": "chief", "release_declined_at": "now",
    },
    {"release_asked_by": "chief", "release_asked_at": "now"},
    {"amount": 0},
    {"order_reference": ""},
    {"ends_at": "now"},
]  # fmt: skip


@pytest.mark.parametrize("change", FOUR_EYES, ids=str)
def test_the_database_knows_that_it_takes_two(
    world: World, clerk: User, chief: User, hold: LegalHold, change: dict[str, Any]
) -> None:
    known = {"clerk": clerk, "chief": chief, "now": hold.created_at}
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalHold.objects.filter(pk=hold.pk).update(
            **{name: known.get(value, value) if isinstance(value, str) else value for name, value in change.items()}
        )
    assert last_event(hold.group).kind == "contribution_settled"
