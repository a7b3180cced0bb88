"""Nobody gains from a dispute twice: what comes back after an award goes on to who had made up for it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from groups.disputes.models import Dispute
from groups.disputes.services import decide_dispute
from groups.members.models import Group
from groups.spending.models import Payment, Refund
from tests.cast import Person, Shop, World, buy, kinds_since, money, pay_in, sequence_of, stakes_of, yuan
from tests.disputes.conftest import answer, contest, last_event
from wallet.identity.models import User
from wallet.ledger.models import Entry


@pytest.fixture
def conceded(group: Group, member: Person, dispute: Dispute) -> Dispute:
    """张伟 has his 30.00 from 王芳: 300.00 and 60.00."""
    answer(member, dispute, "concede").expect(200)
    dispute.refresh_from_db()
    return dispute


def test_a_whole_refund_makes_the_respondent_whole(
    group: Group, owner: Person, member: Person, shop: Shop, number: str, conceded: Dispute
) -> None:
    before = sequence_of(group)
    shop.refund(number, yuan(40)).expect(201)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}
    assert kinds_since(group, before) == ["payment_refunded", "dispute_refunded"]
    conceded.refresh_from_db()
    assert conceded.repaid == conceded.awarded == yuan(30)
    told = owner.api.get(f"/groups/{group.pk}/disputes/{conceded.pk}").expect(200)
    assert (told["awarded"], told["repaid"]) == (money(yuan(30)), money(yuan(30)))


def test_the_group_is_told_who_whom_and_how_much(
    group: Group, viewer: Person, shop: Shop, number: str, conceded: Dispute
) -> None:
    shop.refund(number, yuan(20)).expect(201)
    entry = Entry.objects.get(wallet=group.pk, sequence=sequence_of(group))
    refund = Refund.objects.get(group=group)
    assert (entry.kind, entry.reference) == ("dispute_refund", f"dispute-refund:{conceded.pk}:{refund.pk}")
    told = viewer.api.get(f"/groups/{group.pk}/events", after=sequence_of(group) - 1).expect(200)["data"][0]
    assert (told["kind"], told["actor"]) == ("dispute_refunded", None)
    assert {name: told["data"][name] for name in ("dispute", "user", "respondent", "payment", "amount")} == {
        "dispute": str(conceded.pk),
        "user": str(conceded.user_id),
        "respondent": str(conceded.respondent_id),
        "payment": str(conceded.payment_id),
        "amount": money(yuan(15)),
    }


def test_part_by_part_and_never_more_than_was_awarded(
    world: World, group: Group, clerk: User, shop: Shop, number: str, dispute: Dispute
) -> None:
    """12.00 of his 30.00 were awarded: of 7.50, 7.50 and 15.00 that come back, 7.50, 4.50 and nothing go on."""
    decide_dispute(
        operator=clerk,
        group_id=group.pk,
        dispute_id=dispute.pk,
        uphold=True,
        amount=yuan(12),
        reason="一部分",
        now=world.now,
    )
    assert stakes_of(group) == {"张伟": yuan(282), "王芳": yuan(78), "李梅": 0}
    repaid = []
    for request_no, amount in (("a", 10), ("b", 10), ("c", 20)):
        shop.refund(number, yuan(amount), request_no).expect(201)
        dispute.refresh_from_db()
        repaid.append(dispute.repaid)
    assert repaid == [yuan(7.50), yuan(12), yuan(12)]
    assert last_event(group).kind == "payment_refunded"
    # Everybody has what they would have had if nobody had ever paid.
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}


def test_the_same_refund_again_moves_nothing(group: Group, shop: Shop, number: str, conceded: Dispute) -> None:
    shop.refund(number, yuan(20)).expect(201)
    before = sequence_of(group)
    shop.refund(number, yuan(20)).expect(201)
    assert sequence_of(group) == before
    conceded.refresh_from_db()
    assert conceded.repaid == yuan(15)


def test_what_was_refunded_before_the_decision_is_not_passed_on(
    group: Group, member: Person, shop: Shop, number: str, dispute: Dispute
) -> None:
    shop.refund(number, yuan(20), "before").expect(201)
    assert answer(member, dispute, "concede").expect(200)["awarded"] == money(yuan(15))
    shop.refund(number, yuan(20), "after").expect(201)
    dispute.refresh_from_db()
    assert dispute.repaid == yuan(15)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}


@pytest.mark.parametrize("ended", ["open", "withdrawn"])
def test_without_an_award_a_refund_is_a_refund(
    group: Group, owner: Person, shop: Shop, number: str, dispute: Dispute, ended: str
) -> None:
    if ended == "withdrawn":
        answer(owner, dispute, "withdraw").expect(200)
    before = sequence_of(group)
    shop.refund(number, yuan(40)).expect(201)
    assert kinds_since(group, before) == ["payment_refunded"]
    assert stakes_of(group)["张伟"] == yuan(300)


def test_another_payment_has_nothing_to_do_with_it(group: Group, member: Person, shop: Shop, conceded: Dispute) -> None:
    other = buy(member, group, shop, yuan(12))
    before = sequence_of(group)
    shop.refund(other, yuan(12)).expect(201)
    assert kinds_since(group, before) == ["payment_refunded"]


def test_everybody_who_contested_passes_on_the_own_part(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    pay_in(world, owner, group, yuan(60))
    pay_in(world, viewer, group, yuan(20))
    pay_in(world, member, group, yuan(80))
    number = buy(member, group, shop, yuan(40))
    payment = Payment.objects.get(group=group)
    for person in (owner, viewer):
        made = contest(person, group, payment).expect(201)["id"]
        answer(member, Dispute.objects.get(pk=made), "concede").expect(200)
    assert stakes_of(group) == {"张伟": yuan(60), "王芳": yuan(40), "李梅": yuan(20)}
    before = sequence_of(group)
    shop.refund(number, yuan(40)).expect(201)
    assert kinds_since(group, before) == ["payment_refunded", "dispute_refunded", "dispute_refunded"]
    assert stakes_of(group) == {"张伟": yuan(60), "王芳": yuan(80), "李梅": yuan(20)}


def test_who_has_spent_everything_passes_it_on_all_the_same(
    group: Group, owner: Person, shop: Shop, number: str, conceded: Dispute
) -> None:
    """It is taken from what has just come back, so it is always there."""
    buy(owner, group, shop, yuan(300), sharing_rule="payer")
    shop.refund(number, yuan(40)).expect(201)
    assert stakes_of(group) == {"张伟": 0, "王芳": yuan(100), "李梅": 0}


# --- when one of the two has left -------------------------------------------------------------------------------------
def test_the_respondent_left_and_it_is_sent_after_them(
    world: World, group: Group, member: Person, shop: Shop, number: str, conceded: Dispute
) -> None:
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(200)
    world.wait()
    shop.refund(number, yuan(40)).expect(201)
    assert stakes_of(group) == {"张伟": yuan(300), "李梅": 0, "王芳": yuan(40)}
    assert world.send_late_money() == 1
    assert stakes_of(group) == {"张伟": yuan(300), "李梅": 0}
    assert world.bank.book.get_totals().paid_out == yuan(100)


def test_who_contested_left_and_keeps_only_what_is_theirs(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    pay_in(world, owner, group, yuan(100))
    pay_in(world, member, group, yuan(100))
    number = buy(owner, group, shop, yuan(60))
    made = contest(member, group, Payment.objects.get(group=group), yuan(20)).expect(201)["id"]
    answer(owner, Dispute.objects.get(pk=made), "concede").expect(200)
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(200)
    world.wait()
    assert world.bank.book.get_totals().paid_out == yuan(90)
    shop.refund(number, yuan(60)).expect(201)
    assert stakes_of(group) == {"张伟": yuan(100), "李梅": 0, "王芳": yuan(10)}
    assert world.send_late_money() == 1
    assert world.bank.book.get_totals().paid_out == yuan(100)


# --- shapes -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("change", [{"repaid": yuan(30) + 1}, {"repaid": -1}], ids=str)
def test_the_database_knows_that_no_more_is_passed_on_than_was_awarded(
    conceded: Dispute, change: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(pk=conceded.pk).update(**change)


def test_the_database_knows_that_nothing_is_passed_on_before(dispute: Dispute) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk).update(repaid=1)
