"""Parting while money is held: the free rest goes at once, and what was held finds its person when that is over."""

from datetime import timedelta
from typing import Any

import pytest

from groups.disputes.models import Dispute, LegalHold
from groups.disputes.services import (
    approve_legal_hold,
    ask_legal_hold,
    decide_dispute,
    end_legal_holds,
    expire_disputes,
)
from groups.members.models import Group
from tests.cast import Person, Shop, World, balance_of, buy, money, pay_in, settle_on, stakes_of, yuan
from tests.exits.test_leave import leave
from wallet.identity.models import User
from wallet.ledger.models import Account
from wallet.ledger.selectors import balance_as_of, system_account


@pytest.fixture
def number(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> str:
    """王芳 paid 40.00, of which 张伟 (270.00 left) bore 30.00; she has 90.00."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    return buy(member, group, shop, yuan(40))


@pytest.fixture
def dispute(group: Group, owner: Person, shop: Shop, number: str) -> Dispute:
    """张伟 contests his 30.00."""
    payment = shop.look_up(number).expect(200)["payment"]
    asked = {"payment": payment, "reason": "这不是家用"}
    made = owner.api.post(f"/groups/{group.pk}/disputes", asked).expect(201)["id"]
    return Dispute.objects.get(group=group, pk=made)


@pytest.fixture
def operators(db: None) -> tuple[User, User]:
    return User.objects.create_superuser("clerk"), User.objects.create_superuser("chief")


def stop(world: World, group: Group, person: Person, amount: int, operators: tuple[User, User]) -> LegalHold:
    """Let an order stop a part of somebody's share for a month."""
    clerk, chief = operators
    hold = ask_legal_hold(
        operator=clerk,
        group_id=group.pk,
        user_id=person.id,
        amount=amount,
        order_reference="(2026)沪0101财保12号",
        reason=LegalHold.Reason.PRESERVATION,
        ends_at=world.now + timedelta(days=30),
        now=world.now,
    )
    return approve_legal_hold(operator=chief, group_id=group.pk, hold_id=hold.pk, now=world.now)


def what_if(person: Person, group: Group) -> dict[str, Any]:
    told: dict[str, Any] = person.api.get(f"/groups/{group.pk}/exit").expect(200)
    return told


def held(world: World, group: Group) -> int:
    return balance_as_of(system_account(group.wallet, Account.Kind.HELD), world.now)


def paid_out(world: World) -> int:
    return world.bank.book.get_totals().paid_out


def test_what_if_says_what_is_held(
    world: World, group: Group, owner: Person, member: Person, dispute: Dispute, operators: tuple[User, User]
) -> None:
    told = what_if(member, group)
    assert (told["stake"], told["held"], told["pays_out"]) == (money(yuan(60)), money(yuan(30)), money(yuan(60)))
    stop(world, group, member, yuan(25), operators)
    told = what_if(member, group)
    assert (told["stake"], told["held"], told["pays_out"]) == (money(yuan(35)), money(yuan(55)), money(yuan(35)))
    assert told["obstacles"] == []
    assert what_if(owner, group)["held"] == money(0)
    owner.api.post(f"/groups/{group.pk}/disputes/{dispute.pk}/withdraw").expect(200)
    told = what_if(member, group)
    assert (told["stake"], told["held"]) == (money(yuan(65)), money(yuan(25)))


@pytest.mark.parametrize(("uphold", "back", "owners"), [(True, 0, 300), (False, 30, 270)])
def test_the_payer_leaves_with_the_free_rest_and_the_decision_is_sent_after_them(
    world: World,
    group: Group,
    member: Person,
    shop: Shop,
    number: str,
    dispute: Dispute,
    operators: tuple[User, User],
    uphold: bool,
    back: int,
    owners: int,
) -> None:
    foreseen = what_if(member, group)
    parting = leave(member, group)
    assert parting["withdrawal"]["amount"] == foreseen["pays_out"] == money(yuan(60))  # type: ignore[index]
    world.wait()
    assert (paid_out(world), held(world, group)) == (yuan(60), yuan(30))
    decide_dispute(
        operator=operators[0],
        group_id=group.pk,
        dispute_id=dispute.pk,
        uphold=uphold,
        reason="看过收据",
        now=world.now,
    )
    assert world.send_late_money() == (1 if back else 0)
    assert paid_out(world) == yuan(60 + back)
    assert held(world, group) == 0
    assert stakes_of(group) == {"张伟": yuan(owners), "李梅": 0}
    # And what the shop gives back later: to who has left, what is missing to them in the end.
    shop.refund(number, yuan(40)).expect(201)
    assert world.send_late_money() == 1
    assert paid_out(world) == yuan(100)
    assert stakes_of(group) == {"张伟": yuan(300), "李梅": 0}


def test_a_leaver_under_order_gets_the_rest_now_and_what_was_stopped_at_its_end(
    world: World, group: Group, member: Person, number: str, operators: tuple[User, User]
) -> None:
    hold = stop(world, group, member, yuan(50), operators)
    assert what_if(member, group)["held"] == money(yuan(50))
    leave(member, group)
    world.wait()
    assert (paid_out(world), held(world, group)) == (yuan(40), yuan(50))
    assert world.send_late_money() == 0
    world.go_to(hold.ends_at)
    assert end_legal_holds(now=world.now) == 1
    assert world.send_late_money() == 1
    assert (paid_out(world), held(world, group)) == (yuan(90), 0)


def test_an_order_reaches_late_money_of_who_has_left(
    world: World, group: Group, member: Person, shop: Shop, number: str, operators: tuple[User, User]
) -> None:
    leave(member, group)
    world.wait()
    shop.refund(number, yuan(40)).expect(201)
    hold = stop(world, group, member, yuan(4), operators)
    assert world.send_late_money() == 1
    assert (paid_out(world), held(world, group)) == (yuan(96), yuan(4))
    world.go_to(hold.ends_at)
    assert end_legal_holds(now=world.now) == 1
    assert world.send_late_money() == 1
    assert paid_out(world) == yuan(100)


# --- the group dissolves ----------------------------------------------------------------------------------------------
@pytest.fixture
def dissolved(world: World, group: Group, owner: Person, dispute: Dispute) -> Dispute:
    """Everybody has the own stake, 270.00 and 60.00; the 30.00 are still held."""
    settle_on(owner, group, "dissolve", {"version": "1", "text": "好聚好散"})
    world.wait()
    assert (paid_out(world), balance_of(group), held(world, group)) == (yuan(330), 0, yuan(30))
    return dispute


def paid_to(world: World, person: Person) -> int:
    assert person.source is not None
    accounts = {account.token: account.balance for account in world.bank.book.list_accounts()}
    return accounts[person.source.token]


def test_dissolved_at_the_deadline_it_goes_after_the_respondent(
    world: World, group: Group, member: Person, dissolved: Dispute
) -> None:
    before = paid_to(world, member)
    world.go_to(dissolved.deadline_at)
    assert expire_disputes(now=world.now) == 1
    assert world.send_late_money() == 1
    assert paid_to(world, member) == before + yuan(30)
    assert balance_of(group) == held(world, group) == 0


def test_dissolved_an_operator_still_decides(
    world: World, group: Group, owner: Person, member: Person, dissolved: Dispute, operators: tuple[User, User]
) -> None:
    before = paid_to(world, owner), paid_to(world, member)
    decide_dispute(
        operator=operators[0],
        group_id=group.pk,
        dispute_id=dissolved.pk,
        uphold=True,
        amount=yuan(12),
        reason="一部分",
        now=world.now,
    )
    assert world.send_late_money() == 2
    assert (paid_to(world, owner), paid_to(world, member)) == (before[0] + yuan(12), before[1] + yuan(18))
    assert balance_of(group) == held(world, group) == 0


@pytest.mark.parametrize("verb", ["concede", "withdraw"])
def test_dissolved_the_two_can_still_agree(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, dissolved: Dispute, verb: str
) -> None:
    actor, winner = (member, owner) if verb == "concede" else (owner, member)
    before = paid_to(world, winner)
    actor.api.post(f"/groups/{group.pk}/disputes/{dissolved.pk}/{verb}").expect(200)
    assert world.send_late_money() == 1
    assert paid_to(world, winner) == before + yuan(30)
    assert dissolved.payment is not None
    # What the shop gives back to a group that is no more: 30.00 once, to whom it is missing.
    shop.refund(dissolved.payment.out_trade_no, yuan(40)).expect(201)
    world.send_late_money()
    assert balance_of(group) == held(world, group) == 0
    assert paid_out(world) == yuan(400)


def test_dissolved_nothing_new_is_contested(group: Group, owner: Person, dissolved: Dispute) -> None:
    asked = {"payment": str(dissolved.payment_id), "reason": "这不是家用"}
    owner.api.post(f"/groups/{group.pk}/disputes", asked).expect(422, "group_archived")
