"""A group that is older than its limits: what it has paid before is counted, once, and its books are right."""

from importlib import import_module

import pytest

from groups.members.models import Group
from groups.rules.models import Rulebook, SpendingCounter
from groups.spending.models import Payment, Refund
from tests.books import as_owner, run
from tests.cast import Person, Shop, World, buy, pay_in, show_code, yuan
from wallet.ledger.checks import check_books

COUNT = import_module("groups.spending.migrations.0006_counted_before").COUNT


@pytest.fixture
def old(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> Group:
    """A group as it was before anything was counted; 40.00 and 10.00 are paid, 15.00 of them given back."""
    pay_in(world, owner, group, yuan(300))
    shop.refund(buy(owner, group, shop, yuan(40)), yuan(15)).expect(201)
    buy(member, group, shop, yuan(10))
    shop.charge(show_code(member, group), yuan(500)).expect(422)
    with as_owner():
        for statement in (
            "UPDATE spending_payment SET counted_in = NULL",
            "UPDATE spending_refund SET counted_in = NULL",
            "DELETE FROM rules_spendingcounter",
            "UPDATE rules_rulebook r SET window_starts_at = g.created_at, window_ends_at = g.created_at"
            " FROM members_group g WHERE g.wallet_id = r.wallet_id",
        ):
            run(statement)
    assert {finding.code for finding in check_books()} == {"payment_uncounted"}
    return group


def upgrade() -> None:
    with as_owner():
        run(COUNT)


def test_what_was_paid_before_is_counted(old: Group, owner: Person, member: Person) -> None:
    upgrade()
    assert check_books() == []
    spent = dict(SpendingCounter.objects.filter(group=old).values_list("member", "spent"))
    assert spent == {None: yuan(35), owner.id: yuan(25), member.id: yuan(10)}
    assert not Payment.objects.filter(status="refused", counted_in__isnull=False).exists()
    assert Refund.objects.get().counted_in == old.created_at


def test_again_changes_nothing(old: Group) -> None:
    upgrade()
    before = list(SpendingCounter.objects.order_by("id").values())
    upgrade()
    assert list(SpendingCounter.objects.order_by("id").values()) == before


def test_a_group_of_this_month_goes_on_counting(old: Group, owner: Person, member: Person, shop: Shop) -> None:
    upgrade()
    buy(member, old, shop, yuan(5))
    spent = dict(SpendingCounter.objects.filter(group=old).values_list("member", "spent"))
    assert spent == {None: yuan(40), owner.id: yuan(25), member.id: yuan(15)}
    assert Rulebook.objects.get(group=old).window_starts_at == old.created_at
