"""Contesting the own share of money that somebody had sent to themselves at the group's expense: like a payment."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from groups.disputes.models import Dispute
from groups.disputes.selectors import held_of
from groups.disputes.services import expire_disputes
from groups.funding.models import Withdrawal
from groups.funding.services import send_waiting
from groups.members.models import Group
from groups.spending.models import Payment
from tests.cast import Person, World, kinds_since, money, pay_in, sequence_of, stakes_of, yuan
from tests.disputes.conftest import answer, contest_transfer, held, last_event, take_out
from wallet.ledger.models import Entry


@pytest.fixture
def rich(world: World, group: Group, owner: Person, member: Person) -> Group:
    """张伟 has 300.00, 王芳 100.00."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    return group


@pytest.fixture
def rent(world: World, rich: Group, member: Person) -> Withdrawal:
    """王芳 took out 40.00, of which 张伟 bore 30.00; she has 90.00 left. It is under way."""
    return take_out(world, member, rich, yuan(40))


def test_the_own_share_is_held_of_who_took_it(
    world: World, rich: Group, owner: Person, member: Person, rent: Withdrawal
) -> None:
    before = sequence_of(rich)
    told = contest_transfer(owner, rich, rent).expect(201)
    assert (told["payment"], told["withdrawal"]) == (None, str(rent.pk))
    assert (told["amount"], told["held"], told["repaid"]) == (money(yuan(30)), money(yuan(30)), money(0))
    assert (told["user"], told["respondent"]) == (str(owner.id), str(member.id))
    assert stakes_of(rich) == {"张伟": yuan(270), "王芳": yuan(60), "李梅": 0}
    assert held(world, rich) == held_of(rich.pk, member.id) == yuan(30)
    assert kinds_since(rich, before) == ["dispute_opened"]
    data = last_event(rich).data
    assert (data["payment"], data["withdrawal"]) == (None, str(rent.pk))


@pytest.mark.parametrize("seconds", [0, 3])
def test_under_way_or_arrived_it_is_conceded(
    world: World, rich: Group, owner: Person, member: Person, rent: Withdrawal, seconds: int
) -> None:
    world.wait(seconds)
    told = contest_transfer(owner, rich, rent, yuan(12)).expect(201)
    answer(member, Dispute.objects.get(pk=told["id"]), "concede").expect(200)
    assert stakes_of(rich) == {"张伟": yuan(282), "王芳": yuan(78), "李梅": 0}
    world.wait()
    rent.refresh_from_db()
    assert rent.status == "settled"
    assert stakes_of(rich) == {"张伟": yuan(282), "王芳": yuan(78), "李梅": 0}


def test_at_the_deadline_it_goes_back(world: World, rich: Group, owner: Person, rent: Withdrawal) -> None:
    contest_transfer(owner, rich, rent).expect(201)
    world.wait(timedelta(days=14).total_seconds())
    assert expire_disputes(now=world.now) == 1
    assert stakes_of(rich) == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}


def test_no_more_than_the_own_share(rich: Group, owner: Person, viewer: Person, rent: Withdrawal) -> None:
    refused = contest_transfer(owner, rich, rent, yuan(30) + 1).expect(422, "contested_too_much")
    assert refused["data"] == {"left": yuan(30)}
    contest_transfer(viewer, rich, rent).expect(422, "nothing_to_contest")


def test_nobody_contests_the_own_transfer(rich: Group, member: Person, rent: Withdrawal) -> None:
    before = sequence_of(rich)
    contest_transfer(member, rich, rent).expect(403, "own_transfer")
    assert sequence_of(rich) == before


def test_once_a_transfer_however_it_ended(rich: Group, owner: Person, rent: Withdrawal) -> None:
    told = contest_transfer(owner, rich, rent).expect(201)
    contest_transfer(owner, rich, rent, 1).expect(409, "contested_before")
    answer(owner, Dispute.objects.get(pk=told["id"]), "withdraw").expect(200)
    contest_transfer(owner, rich, rent, 1).expect(409, "contested_before")


def test_before_it_has_left_it_is_objected_to(world: World, rich: Group, owner: Person, member: Person) -> None:
    waiting = take_out(world, member, rich, yuan(200))
    assert waiting.status == "waiting"
    contest_transfer(owner, rich, waiting).expect(409, "transfer_not_left")
    owner.api.post(f"/groups/{rich.pk}/withdrawals/{waiting.pk}/objections").expect(200)
    contest_transfer(owner, rich, waiting).expect(422, "nothing_to_contest")


def test_what_waited_counts_from_when_it_left(world: World, rich: Group, owner: Person, member: Person) -> None:
    waited = take_out(world, member, rich, yuan(200))
    assert waited.executes_at is not None
    world.go_to(waited.executes_at)
    assert send_waiting(now=world.now) == 1
    left_at = world.now
    assert left_at > waited.created_at
    world.go_to(left_at + timedelta(days=30))
    told = contest_transfer(owner, rich, waited).expect(201)
    assert (told["amount"], told["held"]) == (money(yuan(150)), money(yuan(50)))


def test_within_thirty_days(world: World, rich: Group, owner: Person, rent: Withdrawal) -> None:
    world.wait(timedelta(days=30, seconds=1).total_seconds())
    contest_transfer(owner, rich, rent).expect(422, "dispute_window_over")


def test_what_left_the_own_stake_is_nobody_elses(rich: Group, owner: Person, member: Person) -> None:
    assert member.source is not None
    body = {"source": str(member.source.pk), "amount": money(yuan(10))}
    own = member.api.post(f"/groups/{rich.pk}/withdrawals", body, proof=True).expect(201)["id"]
    contest_transfer(owner, rich, own).expect(422, "nothing_to_contest")


def test_an_unknown_withdrawal(rich: Group, owner: Person) -> None:
    contest_transfer(owner, rich, str(uuid4())).expect(404, "withdrawal_not_found")


# --- when it fails at the rail ----------------------------------------------------------------------------------------
def test_failed_there_is_nothing_to_contest(world: World, rich: Group, owner: Person, member: Person) -> None:
    failed = take_out(world, member, rich, yuan(40), "late_failed")
    world.wait(60)
    assert stakes_of(rich) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}
    contest_transfer(owner, rich, failed).expect(422, "nothing_to_contest")


def test_failed_meanwhile_nothing_is_awarded(world: World, rich: Group, owner: Person, member: Person) -> None:
    failing = take_out(world, member, rich, yuan(40), "late_failed")
    told = contest_transfer(owner, rich, failing).expect(201)
    world.wait(60)
    failing.refresh_from_db()
    assert failing.status == "failed"
    assert stakes_of(rich) == {"张伟": yuan(300), "王芳": yuan(70), "李梅": 0}
    assert answer(member, Dispute.objects.get(pk=told["id"]), "concede").expect(200)["awarded"] == money(0)
    assert stakes_of(rich) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}


def test_failed_afterwards_what_was_awarded_goes_back(world: World, rich: Group, owner: Person, member: Person) -> None:
    failing = take_out(world, member, rich, yuan(40), "late_failed")
    dispute = Dispute.objects.get(pk=contest_transfer(owner, rich, failing, yuan(12)).expect(201)["id"])
    answer(member, dispute, "concede").expect(200)
    assert stakes_of(rich) == {"张伟": yuan(282), "王芳": yuan(78), "李梅": 0}
    before = sequence_of(rich)
    world.wait(60)
    assert stakes_of(rich) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}
    assert kinds_since(rich, before)[-2:] == ["transfer_failed", "dispute_refunded"]
    entry = Entry.objects.get(wallet=rich.pk, sequence=sequence_of(rich))
    assert (entry.kind, entry.reference) == ("dispute_refund", f"dispute-refund:{dispute.pk}:{failing.pk}")
    dispute.refresh_from_db()
    assert dispute.repaid == dispute.awarded == yuan(12)


# --- shapes -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("both", [True, False])
def test_one_of_the_two_is_named(rich: Group, owner: Person, rent: Withdrawal, both: bool) -> None:
    named = {"payment": str(uuid4()), "withdrawal": str(rent.pk)} if both else {}
    body = {"reason": "房租没有涨", **named}
    problem = owner.api.post(f"/groups/{rich.pk}/disputes", body).expect(400, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == [""]


@pytest.mark.parametrize("wrong", ["rent", None, ""])
def test_bad_input(rich: Group, owner: Person, wrong: Any) -> None:
    body = {"withdrawal": wrong, "reason": "房租没有涨"}
    problem = owner.api.post(f"/groups/{rich.pk}/disputes", body).expect(400, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == ["/withdrawal"]


def test_the_database_knows_that_one_thing_is_contested(
    rich: Group, owner: Person, rent: Withdrawal, payment: Payment
) -> None:
    told = contest_transfer(owner, rich, rent).expect(201)
    dispute = Dispute.objects.filter(pk=told["id"])
    for change in ({"payment": payment.pk}, {"withdrawal": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            dispute.update(**change)
    copy = dispute.get()
    copy.pk = uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_refusals_are_told_in_both_languages(rich: Group, member: Person, rent: Withdrawal, language: str) -> None:
    member.api.language = language
    refused = contest_transfer(member, rich, rent).expect(403, "own_transfer")
    assert (refused["title"] + refused["detail"]).isascii() is (language == "en")
