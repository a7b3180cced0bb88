"""Two, fifty and a hundred at once: for the last money, for one code, for one refund.

Each race is run three times. As it is, nothing is lost. Without the wallet's lock, the database still holds what money
depends on. With that guard gone too, the same race loses money: which is what shows that the race is one.
"""

from collections import Counter
from functools import partial

import pytest
from django.utils import timezone

from groups.exits.services import leave_group, pay_out_former_members
from groups.members.models import Group
from groups.spending.errors import CodeUsed, RefundTooLarge
from groups.spending.models import Payment, Refund
from groups.spending.services import Charge, Charged, Refunded, charge, refund, show_code
from groups.spending.till import read_till
from tests.cast import Person, Shop, World, balance_of, join, meet, pay_in, stakes_of
from tests.proofs.crowd import (
    MeetingPoint,
    at_once,
    kinds,
    take_lock_off,
    values,
    without_constraints,
    without_laws_of_postings,
)
from wallet.ledger.checks import check_books
from wallet.ledger.errors import InsufficientFunds
from wallet.ledger.services import reverse_entry

pytestmark = pytest.mark.django_db(transaction=True)
MONEY = ("ledger_account_floor", "ledger_wallet_balance")


@pytest.fixture
def hundred(world: World, group: Group, owner: Person, member: Person) -> Group:
    """A group with 100.00, 75.00 of it 张伟's."""
    pay_in(world, owner, group, 75_00)
    pay_in(world, member, group, 25_00)
    return group


def show(person: Person, group: Group) -> str:
    return show_code(actor=person.user, group_id=group.pk, now=timezone.now()).digits


def ask(code: str, amount: int, number: str) -> Charge:
    return Charge(code, amount, number, "蔬菜水果", "groceries")


def statuses(outcomes: list[Charged | Exception]) -> dict[str, int]:
    return Counter(each.payment.status if isinstance(each, Charged) else type(each).__name__ for each in outcomes)


# --- the last money ---------------------------------------------------------------------------------------------------
def race_for_the_last_money(
    group: Group, owner: Person, member: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> dict[str, int]:
    """Two payments of 60.00 out of 100.00, each of which has read the stakes before the other one writes."""
    monkeypatch.setattr("groups.spending.services.charging.read_till", MeetingPoint(2).after(read_till))
    asked = [ask(show(person, group), 60_00, f"n-{person.name}") for person in (owner, member)]
    pays = [partial(charge, merchant=shop.merchant, asked=each, now=timezone.now()) for each in asked]
    return statuses(at_once(pays))


def test_two_payments_never_overdraw(
    hundred: Group, owner: Person, member: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    came_of_it = race_for_the_last_money(hundred, owner, member, shop, monkeypatch)
    assert came_of_it == {"settled": 1, "refused": 1}
    assert stakes_of(hundred) == {"张伟": 30_00, "王芳": 10_00, "李梅": 0}


def test_without_the_lock_the_database_holds_the_floor(
    hundred: Group, owner: Person, member: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    came_of_it = race_for_the_last_money(hundred, owner, member, shop, monkeypatch)
    assert came_of_it == {"settled": 1, InsufficientFunds.__name__: 1}
    assert balance_of(hundred) == 40_00


@pytest.mark.plants_a_fault
def test_without_the_lock_and_the_floors_they_overdraw(
    hundred: Group, owner: Person, member: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    with without_constraints(*MONEY):
        came_of_it = race_for_the_last_money(hundred, owner, member, shop, monkeypatch)
        assert came_of_it == {"settled": 2}
        assert balance_of(hundred) == -20_00
        assert {finding.code for finding in check_books()} == {"stake_floor", "wallet_balance"}


def test_many_payments_spend_what_there_is(hundred: Group, owner: Person, member: Person, shop: Shop) -> None:
    """Twenty of 7.00 out of 100.00, each with the code of somebody else of the group: fourteen go through."""
    people = [meet(f"客{n}", f"+86138111100{n:02}", now=timezone.now(), card=None) for n in range(17)]
    for person in people:
        join(hundred, owner, person, now=timezone.now())
    asked = [ask(show(person, hundred), 7_00, f"n{n}") for n, person in enumerate([owner, member, *people, owner])]
    pays = [partial(charge, merchant=shop.merchant, asked=each, now=timezone.now()) for each in asked[1:]]
    came_of_it = statuses(at_once(pays, threads=10))
    assert came_of_it == {"settled": 14, "refused": 5}
    assert balance_of(hundred) == 2_00


# --- one code ---------------------------------------------------------------------------------------------------------
def redeem_at_once(
    group: Group, person: Person, shop: Shop, times: int, threads: int, numbers: int
) -> list[Charged | Exception]:
    code, now = show(person, group), timezone.now()
    asked = [ask(code, 1_00, f"number-{n % numbers}") for n in range(times)]
    return at_once([partial(charge, merchant=shop.merchant, asked=each, now=now) for each in asked], threads=threads)


def test_a_hundred_redemptions_of_one_code_pay_once(hundred: Group, owner: Person, shop: Shop) -> None:
    outcomes = redeem_at_once(hundred, owner, shop, times=100, threads=20, numbers=100)
    assert kinds(outcomes) == {Charged.__name__: 1, CodeUsed.__name__: 99}
    assert balance_of(hundred) == 99_00


def test_a_hundred_repetitions_of_one_charge_are_answered_alike(hundred: Group, owner: Person, shop: Shop) -> None:
    outcomes = redeem_at_once(hundred, owner, shop, times=100, threads=20, numbers=1)
    charges = values(outcomes)
    assert len(charges) == 100
    assert len({charged.payment.pk for charged in charges}) == 1
    assert sum(not charged.replayed for charged in charges) == 1
    assert balance_of(hundred) == 99_00


def test_without_the_lock_the_database_has_one_payment_a_code(
    hundred: Group, owner: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    monkeypatch.setattr("groups.spending.services.charging.read_till", MeetingPoint(4).after(read_till))
    outcomes = redeem_at_once(hundred, owner, shop, times=4, threads=4, numbers=4)
    assert len(values(outcomes)) == 1
    assert balance_of(hundred) == 99_00


@pytest.mark.plants_a_fault
def test_without_the_lock_and_the_constraint_a_code_pays_more_than_once(
    hundred: Group, owner: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    monkeypatch.setattr("groups.spending.services.charging.read_till", MeetingPoint(4).after(read_till))
    with without_constraints("spending_payment_one_per_code"):
        outcomes = redeem_at_once(hundred, owner, shop, times=4, threads=4, numbers=4)
        assert len(values(outcomes)) == 4
        assert balance_of(hundred) == 96_00
        assert {finding.code for finding in check_books()} == {"code_use"}


# --- refunds ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def paid(hundred: Group, owner: Person, shop: Shop) -> Group:
    """The group after a payment of 90.00, number `dinner`, borne 67.50 to 22.50."""
    charge(merchant=shop.merchant, asked=ask(show(owner, hundred), 90_00, "dinner"), now=timezone.now())
    assert balance_of(hundred) == 10_00
    return hundred


def give_back(shop: Shop, amount: int, number: str) -> Refunded:
    return refund(
        merchant=shop.merchant, out_trade_no="dinner", amount=amount, out_request_no=number, now=timezone.now()
    )


def test_fifty_refunds_at_once_never_exceed_the_payment(paid: Group, shop: Shop) -> None:
    outcomes = at_once([partial(give_back, shop, 7_00, f"r{n}") for n in range(50)], threads=10)
    assert kinds(outcomes) == {Refunded.__name__: 12, RefundTooLarge.__name__: 38}
    assert balance_of(paid) == 94_00
    give_back(shop, 6_00, "rest")
    assert stakes_of(paid) == {"张伟": 75_00, "王芳": 25_00, "李梅": 0}


def test_fifty_repetitions_of_one_refund_give_back_once(paid: Group, shop: Shop) -> None:
    outcomes = values(at_once([partial(give_back, shop, 7_00, "r") for _ in range(50)], threads=10))
    assert len(outcomes) == 50
    assert sum(not each.replayed for each in outcomes) == 1
    assert balance_of(paid) == 17_00


def race_to_give_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Refunded | Exception]:
    """Two refunds of 60.00 of a payment of 90.00, both judged before either is booked."""
    monkeypatch.setattr("groups.spending.services.refunds.reverse_entry", MeetingPoint(2).before(reverse_entry))
    return at_once([partial(give_back, shop, 60_00, number) for number in ("a", "b")])


def test_two_refunds_that_are_too_much_together(paid: Group, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kinds(race_to_give_back(shop, monkeypatch)) == {Refunded.__name__: 1, RefundTooLarge.__name__: 1}
    assert balance_of(paid) == 70_00


def test_without_the_lock_the_database_counts_what_is_reversed(
    paid: Group, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    assert len(values(race_to_give_back(shop, monkeypatch))) == 1
    assert balance_of(paid) == 70_00


@pytest.mark.plants_a_fault
def test_without_the_lock_and_the_law_more_is_given_back_than_was_paid(
    paid: Group, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    entry = Payment.objects.get().entry
    assert entry is not None
    whole = dict(entry.postings.values_list("account_id", "amount"))
    monkeypatch.setattr("wallet.ledger.services.remaining_lines", lambda **_: dict(whole))
    # What is given back is taken off the month's counter, which does not fall below nothing either.
    with without_laws_of_postings(), without_constraints("rules_spendingcounter_spent"):
        assert len(values(race_to_give_back(shop, monkeypatch))) == 2
        assert balance_of(paid) == 130_00
        assert "reversal_too_large" in {finding.code for finding in check_books()}


def test_a_refund_reaches_who_has_left_by_the_original_sharing(
    world: World, paid: Group, owner: Person, member: Person, shop: Shop
) -> None:
    leave_group(actor=member.user, group_id=paid.pk, now=timezone.now())
    world.wait()
    amounts = [1, 2_99, 10_00, 1, 33_33]
    outcomes = at_once([partial(give_back, shop, amount, f"r{n}") for n, amount in enumerate(amounts)])
    assert len(values(outcomes)) == len(amounts)
    back = sum(amounts)
    got = stakes_of(paid)
    assert got["王芳"] == pytest.approx(back * 0.25, abs=1)
    assert got["张伟"] + got["王芳"] == 7_50 + back
    late = at_once([partial(pay_out_former_members, now=timezone.now()) for _ in range(5)])
    assert sum(values(late)) == 1, "five beats at once send the late money once"
    give_back(shop, 90_00 - back, "rest")
    assert stakes_of(paid)["张伟"] == 75_00
    assert Refund.objects.filter(group=paid).count() == len(amounts) + 1
