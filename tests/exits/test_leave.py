"""Leaving and being removed: the stake goes whole to its holder's own card, and late money is sent after them."""

from datetime import timedelta

import pytest

from groups.exits.services import pay_out_former_members
from groups.members.models import Group, Membership
from tests.cast import (
    Person,
    Shop,
    World,
    agree,
    balance_of,
    buy,
    found,
    join,
    kinds_since,
    link,
    meet,
    money,
    pay_in,
    sequence_of,
    settle_on,
    stakes_of,
    yuan,
)
from wallet.ledger.models import Account
from wallet.ledger.selectors import balance_as_of, system_account
from wallet.rails.sandbox.cards import PLENTY


def leave(person: Person, group: Group) -> dict[str, object]:
    parting: dict[str, object] = person.api.delete(f"/groups/{group.pk}/members/{person.id}", proof=True).expect(200)
    return parting


def in_transit(world: World, group: Group) -> int:
    return balance_as_of(system_account(group.wallet, Account.Kind.IN_TRANSIT), world.now)


def test_the_stake_is_paid_out_whole(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(123.45))
    before = sequence_of(group)
    parting = leave(member, group)
    assert parting["user"] == str(member.id)
    assert parting["withdrawal"]["amount"] == money(yuan(123.45))  # type: ignore[index]
    assert kinds_since(group, before) == ["withdrawal_requested", "member_left"]
    assert stakes_of(group) == {"张伟": yuan(300), "李梅": 0}
    assert in_transit(world, group) == yuan(123.45)
    world.wait()
    assert kinds_since(group, before)[2:] == ["transfer_submitted", "withdrawal_settled"]
    assert in_transit(world, group) == 0
    assert balance_of(group) == yuan(300)
    totals = world.bank.book.get_totals()
    assert (totals.collected, totals.paid_out) == (yuan(423.45), yuan(123.45))


def test_from_then_on_nothing_is_read_and_nothing_spent(world: World, group: Group, member: Person) -> None:
    leave(member, group)
    for path in ("", "/members", "/entries", "/snapshot", "/payments", "/contributions", "/invitations"):
        member.api.get(f"/groups/{group.pk}{path}").expect(404, "group_not_found")
    member.api.post(f"/groups/{group.pk}/payment-codes", {}).expect(404, "group_not_found")
    assert member.api.get("/groups").expect(200)["data"] == []


def test_with_nothing_there_is_nothing_to_pay_out(group: Group, member: Person) -> None:
    before = sequence_of(group)
    assert leave(member, group)["withdrawal"] is None
    assert kinds_since(group, before) == ["member_left"]


def test_a_viewer_leaves_too(world: World, group: Group, viewer: Person) -> None:
    pay_in(world, viewer, group, yuan(50))
    leave(viewer, group)
    assert balance_of(group) == 0


def test_the_owner_stays(world: World, group: Group, owner: Person) -> None:
    pay_in(world, owner, group, yuan(1))
    owner.api.delete(f"/groups/{group.pk}/members/{owner.id}", proof=True).expect(422, "owner_must_stay")
    assert stakes_of(group)["张伟"] == yuan(1)


def test_removed_by_vote(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, member, group, yuan(10))
    judge = meet("赵敏", "+8613800000005", now=world.now)
    join(group, owner, judge, now=world.now)
    before = sequence_of(group)
    asked = owner.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(202)
    assert asked["voters"] == [str(judge.id)], "neither who proposes it nor who is concerned"
    assert kinds_since(group, before) == ["proposal_made"]
    agree(group)
    assert kinds_since(group, before)[1:] == ["vote_cast", "withdrawal_requested", "member_left", "proposal_ended"]
    world.wait()
    assert balance_of(group) == 0
    member.api.get(f"/groups/{group.pk}").expect(404)


def test_in_a_couple_nobody_removes_the_other(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, member, group, yuan(10))
    owner.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(422, "nobody_to_vote")
    assert stakes_of(group)["王芳"] == yuan(10)


def test_a_card_that_is_not_there_does_not_save_a_seat(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    """Removed without a card, or with money under way: what is theirs waits for them and goes after them."""
    assert member.source is not None
    join(group, owner, meet("赵敏", "+8613800000005", now=world.now), now=world.now)
    pay_in(world, member, group, yuan(10))
    body = {"source": str(member.source.pk), "amount": money(yuan(5))}
    owner_only = stakes_of(group)["王芳"]
    member.api.post(f"/groups/{group.pk}/contributions", body).expect(201)
    settle_on(owner, group, "remove_member", {"user": str(member.id)})
    member.api.get(f"/groups/{group.pk}").expect(404)
    assert owner_only == yuan(10)
    world.wait()
    world.send_late_money()
    assert world.bank.book.get_totals().paid_out == yuan(15)


def test_money_under_way_holds_the_door(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    body = {"source": str(member.source.pk), "amount": money(100)}
    member.api.post(f"/groups/{group.pk}/contributions", body).expect(201)
    path = f"/groups/{group.pk}/members/{member.id}"
    member.api.delete(path, proof=True).expect(422, "money_under_way")
    world.wait()
    member.api.delete(path, proof=True).expect(200)


def test_without_a_card_there_is_nowhere_to_send_it(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    pay_in(world, member, group, yuan(10))
    member.api.delete(f"/me/sources/{member.source.pk}", proof=True).expect(204)
    before = sequence_of(group)
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(422, "source_missing")
    assert sequence_of(group) == before
    assert stakes_of(group)["王芳"] == yuan(10)


def test_a_payout_that_fails_comes_back_and_is_tried_the_next_day(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    """The card is blocked; the money waits in the stake of who left, spent by nobody, until it can be sent."""
    pay_in(world, owner, group, yuan(20))
    pay_in(world, member, group, yuan(10))
    blocked = link(member, "late_failed", now=world.now)
    member.api.patch(f"/me/sources/{blocked.pk}", {"is_default": True}, proof=True).expect(200)
    before = sequence_of(group)
    leave(member, group)
    world.wait(60)
    assert "withdrawal_failed" in kinds_since(group, before)
    assert stakes_of(group) == {"张伟": yuan(20), "李梅": 0, "王芳": yuan(10)}
    assert in_transit(world, group) == 0

    assert world.send_late_money() == 0, "not again on the same day"
    world.wait(timedelta(days=1).total_seconds())
    assert member.source is not None
    member.api.patch(f"/me/sources/{member.source.pk}", {"is_default": True}, proof=True).expect(200)
    assert world.send_late_money() == 1
    assert stakes_of(group) == {"张伟": yuan(20), "李梅": 0}
    assert world.send_late_money() == 0


def test_a_payout_without_an_answer_is_paid_once(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, yuan(10))
    silent = link(member, "unknown_settled", now=world.now)
    member.api.patch(f"/me/sources/{silent.pk}", {"is_default": True}, proof=True).expect(200)
    leave(member, group)
    world.wait()
    assert in_transit(world, group) == yuan(10)
    world.wait(3600)
    assert in_transit(world, group) == 0
    account = next(row for row in world.bank.book.list_accounts() if row.token == silent.token)
    assert account.balance == PLENTY + yuan(10)


def test_what_waits_for_who_left_is_not_spent(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    pay_in(world, owner, group, yuan(100))
    pay_in(world, member, group, yuan(100))
    number = buy(owner, group, shop, yuan(100))
    for row in member.api.get("/me/sources").expect(200)["data"]:
        leave(member, group)
        world.wait()
        member.api.delete(f"/me/sources/{row['id']}", proof=True).expect(204)
    shop.refund(number, yuan(100)).expect(201)
    # 50.00 is the member's again, who has no card any more: it waits.
    assert world.send_late_money() == 0
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": yuan(50), "李梅": 0}
    code = owner.api.post(f"/groups/{group.pk}/payment-codes", {}, proof=True).expect(201)["code"]
    shop.charge(code, yuan(100.01)).expect(422, "insufficient_funds")
    buy(owner, group, shop, yuan(100))
    assert stakes_of(group) == {"张伟": 0, "王芳": yuan(50), "李梅": 0}
    link(member, "settles", now=world.now)
    assert world.send_late_money() == 1
    assert balance_of(group) == 0


def test_a_refund_reaches_who_left_and_is_sent_after_them(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    number = buy(member, group, shop, yuan(40))
    leave(member, group)
    world.wait()
    before = sequence_of(group)
    shop.refund(number, yuan(20)).expect(201)
    assert stakes_of(group) == {"张伟": yuan(285), "李梅": 0, "王芳": yuan(5)}
    assert world.send_late_money() == 1
    assert stakes_of(group) == {"张伟": yuan(285), "李梅": 0}
    assert kinds_since(group, before) == [
        "payment_refunded",
        "withdrawal_requested",
        "transfer_submitted",
        "withdrawal_settled",
    ]
    member.api.get(f"/groups/{group.pk}/events").expect(404)


def test_who_came_back_keeps_late_money(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> None:
    pay_in(world, member, group, yuan(100))
    number = buy(member, group, shop, yuan(100))
    leave(member, group)
    shop.refund(number, yuan(100)).expect(201)
    join(group, owner, member, now=world.now)
    assert world.send_late_money() == 0
    assert stakes_of(group)["王芳"] == yuan(100)


def test_a_card_that_refuses_keeps_nobody_else_waiting(world: World, shop: Shop) -> None:
    """Two have left two groups; beat has room for one, and the first has a card that refuses."""
    groups = []
    for number in range(2):
        host = meet(f"主{number}", f"+861390000001{number}", now=world.now)
        guest = meet(f"客{number}", f"+861390000002{number}", now=world.now)
        group = found(host, now=world.now)
        join(group, host, guest, now=world.now)
        pay_in(world, guest, group, yuan(10))
        bought = buy(guest, group, shop, yuan(10))
        leave(guest, group)
        if number == 0:
            card = link(guest, "refused", now=world.now)
            guest.api.patch(f"/me/sources/{card.pk}", {"is_default": True}, proof=True).expect(200)
        shop.refund(bought, yuan(10)).expect(201)
        groups.append(group)
    for _ in range(3):
        pay_out_former_members(now=world.now, limit=1)
        world.wait(300)
    assert [balance_of(group) for group in groups] == [yuan(10), 0]


@pytest.mark.parametrize("cards", [1, 3])
def test_late_money_is_sent_once_however_many_cards_there_are(
    world: World, group: Group, member: Person, shop: Shop, cards: int
) -> None:
    pay_in(world, member, group, yuan(9))
    for _ in range(cards - 1):
        link(member, "settles", now=world.now)
    number = buy(member, group, shop, yuan(9))
    leave(member, group)
    shop.refund(number, yuan(9)).expect(201)
    assert world.send_late_money() == 1
    assert world.bank.book.get_totals().paid_out == yuan(9)


def test_the_membership_row_stays(group: Group, member: Person) -> None:
    leave(member, group)
    row = Membership.objects.get(group=group, user=member.user)
    assert row.left_at is not None
    assert row.left_sequence == sequence_of(group)


def test_one_group_is_left_and_not_the_other(world: World, group: Group, owner: Person, member: Person) -> None:
    other = found(owner, now=world.now, name="旅行")
    join(other, owner, member, now=world.now)
    leave(member, group)
    member.api.get(f"/groups/{other.pk}").expect(200)
    stranger = meet("赵敏", "+8613800000005", now=world.now)
    owner.api.delete(f"/groups/{group.pk}/members/{stranger.id}", proof=True).expect(404, "member_not_found")


def test_nobody_leaves_a_debt_behind_discreetly(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    """What is spent while the payout is on its way is owed like anything else."""
    pay_in(world, owner, group, yuan(500))
    pay_in(world, member, group, yuan(10))
    settle_on(owner, group, "change_sharing", {"owe_max": money(yuan(200))})
    member.api.post(f"/groups/{group.pk}/exit", {"discreet": True}, proof=True).expect(200)
    buy(member, group, shop, yuan(200), sharing_rule="payer")
    world.wait()
    assert stakes_of(group)["王芳"] == -yuan(200)
    member.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(422, "debt_open")
    pay_in(world, member, group, yuan(200))
    member.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(200)
