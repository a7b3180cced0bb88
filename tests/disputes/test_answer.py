"""Conceding and withdrawing: by the one who may, once, and the money goes where it belongs."""

from datetime import timedelta

from groups.disputes.models import Dispute
from groups.disputes.selectors import held_of
from groups.disputes.services import expire_disputes
from groups.members.models import Group
from groups.spending.models import Payment
from tests.cast import (
    Person,
    Shop,
    World,
    balance_of,
    buy,
    join,
    kinds_since,
    money,
    pay_in,
    sequence_of,
    stakes_of,
    yuan,
)
from tests.disputes.conftest import answer, contest, held, last_event
from wallet.ledger.models import Entry


def test_conceded_it_goes_to_who_contested(
    world: World, group: Group, owner: Person, member: Person, dispute: Dispute
) -> None:
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(60), "李梅": 0}
    before = sequence_of(group)
    told = answer(member, dispute, "concede").expect(200)
    assert (told["status"], told["awarded"], told["decision_reason"]) == ("conceded", money(yuan(30)), "")
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(60), "李梅": 0}
    assert held(world, group) == held_of(group.pk, member.id) == 0
    assert kinds_since(group, before) == ["dispute_upheld"]
    event = last_event(group)
    assert (event.actor_id, event.data["outcome"], event.data["returned"]) == (member.id, "conceded", 0)
    entry = Entry.objects.get(wallet=group.pk, sequence=event.sequence)
    assert (entry.kind, entry.reference) == ("dispute_upheld", f"dispute-outcome:{dispute.pk}")


def test_withdrawn_it_goes_back(world: World, group: Group, owner: Person, dispute: Dispute) -> None:
    before = sequence_of(group)
    told = answer(owner, dispute, "withdraw").expect(200)
    assert (told["status"], told["awarded"]) == ("withdrawn", money(0))
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}
    assert held(world, group) == 0
    assert kinds_since(group, before) == ["dispute_closed"]
    data = last_event(group).data
    assert (data["outcome"], data["awarded"], data["returned"]) == ("withdrawn", 0, yuan(30))
    assert Entry.objects.get(wallet=group.pk, sequence=sequence_of(group)).kind == "dispute_returned"


def test_a_part_that_was_contested(group: Group, owner: Person, member: Person, payment: Payment) -> None:
    asked = contest(owner, group, payment, yuan(12.34)).expect(201)
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(77.66), "李梅": 0}
    answer(member, Dispute.objects.get(pk=asked["id"]), "concede").expect(200)
    assert stakes_of(group) == {"张伟": yuan(282.34), "王芳": yuan(77.66), "李梅": 0}


def test_nobody_answers_for_another(
    group: Group, owner: Person, member: Person, viewer: Person, dispute: Dispute
) -> None:
    before = sequence_of(group)
    for person, verb in ((owner, "concede"), (viewer, "concede"), (member, "withdraw"), (viewer, "withdraw")):
        answer(person, dispute, verb).expect(403, "dispute_not_yours")
    assert sequence_of(group) == before


def test_a_late_answer_is_told_the_outcome(group: Group, owner: Person, member: Person, dispute: Dispute) -> None:
    answer(member, dispute, "concede").expect(200)
    before = sequence_of(group)
    for person, verb in ((owner, "withdraw"), (member, "concede")):
        late = answer(person, dispute, verb).expect(409, "dispute_closed")
        assert late["data"] == {"outcome": "conceded"}
    assert sequence_of(group) == before
    owner.api.language = "zh-Hans"
    assert not answer(owner, dispute, "withdraw").expect(409)["detail"].isascii()


def test_the_same_answer_again_is_answered_alike(group: Group, member: Person, dispute: Dispute) -> None:
    first, second = (answer(member, dispute, "concede", key="c" * 16) for _ in range(2))
    assert first.expect(200) == second.expect(200)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert stakes_of(group)["张伟"] == yuan(300)


# --- more, or less, than was held -------------------------------------------------------------------------------------
def test_what_was_not_held_comes_from_the_stake_as_far_as_it_goes(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, payment: Payment
) -> None:
    buy(member, group, shop, yuan(82), sharing_rule="payer")
    asked = contest(owner, group, payment).expect(201)
    assert held(world, group) == yuan(8)
    pay_in(world, member, group, yuan(5))
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(5), "李梅": 0}
    told = answer(member, Dispute.objects.get(pk=asked["id"]), "concede").expect(200)
    assert told["awarded"] == money(yuan(13))
    assert stakes_of(group) == {"张伟": yuan(283), "王芳": 0, "李梅": 0}
    assert held(world, group) == 0


def test_nothing_was_held_and_it_all_comes_from_the_stake(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, payment: Payment
) -> None:
    buy(member, group, shop, yuan(90), sharing_rule="payer")
    asked = contest(owner, group, payment).expect(201)
    pay_in(world, member, group, yuan(100))
    answer(member, Dispute.objects.get(pk=asked["id"]), "concede").expect(200)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(70), "李梅": 0}


def test_with_nothing_at_all_no_money_moves(
    group: Group, owner: Person, member: Person, shop: Shop, payment: Payment
) -> None:
    buy(member, group, shop, yuan(90), sharing_rule="payer")
    asked = contest(owner, group, payment).expect(201)
    before, entries = sequence_of(group), Entry.objects.count()
    told = answer(member, Dispute.objects.get(pk=asked["id"]), "concede").expect(200)
    assert (told["status"], told["awarded"]) == ("conceded", money(0))
    assert kinds_since(group, before) == ["dispute_closed_unfunded"]
    assert Entry.objects.count() == entries


def test_what_a_refund_has_given_back_is_not_given_twice(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, number: str, dispute: Dispute
) -> None:
    """30.00 were contested and held; half of the payment comes back meanwhile, 15.00 of it to 张伟."""
    shop.refund(number, yuan(20)).expect(201)
    assert stakes_of(group) == {"张伟": yuan(285), "王芳": yuan(65), "李梅": 0}
    told = answer(member, dispute, "concede").expect(200)
    assert told["awarded"] == money(yuan(15))
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(80), "李梅": 0}
    assert held(world, group) == 0
    assert last_event(group).data["returned"] == yuan(15)


def test_a_whole_refund_leaves_nothing_to_concede(
    world: World, group: Group, member: Person, shop: Shop, number: str, dispute: Dispute
) -> None:
    shop.refund(number, yuan(40)).expect(201)
    before = sequence_of(group)
    assert answer(member, dispute, "concede").expect(200)["awarded"] == money(0)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}
    assert kinds_since(group, before) == ["dispute_closed"]


# --- when one of the two has left -------------------------------------------------------------------------------------
def leave(person: Person, group: Group) -> None:
    person.api.delete(f"/groups/{group.pk}/members/{person.id}", proof=True).expect(200)


def test_the_respondent_left_and_what_goes_back_is_sent_after_them(
    world: World, group: Group, owner: Person, member: Person, dispute: Dispute
) -> None:
    leave(member, group)
    world.wait()
    assert stakes_of(group) == {"张伟": yuan(270), "李梅": 0}
    assert held(world, group) == yuan(30)
    member.api.post(f"/groups/{group.pk}/disputes/{dispute.pk}/concede").expect(404, "group_not_found")
    answer(owner, dispute, "withdraw").expect(200)
    assert stakes_of(group) == {"张伟": yuan(270), "李梅": 0, "王芳": yuan(30)}
    assert world.send_late_money() == 1
    assert stakes_of(group) == {"张伟": yuan(270), "李梅": 0}
    assert world.bank.book.get_totals().paid_out == yuan(90)


def test_who_contested_left_and_what_is_theirs_is_sent_after_them(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    pay_in(world, owner, group, yuan(100))
    pay_in(world, member, group, yuan(100))
    buy(owner, group, shop, yuan(60))
    dispute_id = contest(member, group, Payment.objects.get(group=group)).expect(201)["id"]
    assert stakes_of(group) == {"张伟": yuan(40), "王芳": yuan(70), "李梅": 0}
    leave(member, group)
    world.wait()
    answer(owner, Dispute.objects.get(pk=dispute_id), "concede").expect(200)
    assert stakes_of(group) == {"张伟": yuan(40), "李梅": 0, "王芳": yuan(30)}
    assert world.send_late_money() == 1
    assert balance_of(group) == yuan(40)
    assert world.bank.book.get_totals().paid_out == yuan(100)


def test_both_left_and_the_deadline_ends_it(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    pay_in(world, viewer, group, yuan(50))
    pay_in(world, member, group, yuan(50))
    buy(member, group, shop, yuan(20))
    contest(viewer, group, Payment.objects.get(group=group)).expect(201)
    for person in (viewer, member):
        leave(person, group)
    world.wait(timedelta(days=14).total_seconds())
    assert expire_disputes(now=world.now) == 1
    assert stakes_of(group) == {"张伟": 0, "王芳": yuan(10)}
    assert world.send_late_money() == 1
    assert balance_of(group) == held(world, group) == 0


def test_who_came_back_answers_again(
    world: World, group: Group, owner: Person, member: Person, dispute: Dispute
) -> None:
    leave(member, group)
    join(group, owner, member, now=world.now)
    answer(member, dispute, "concede").expect(200)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": 0, "李梅": 0}
