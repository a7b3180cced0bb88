"""Who pays whom so that everybody is even, with the fewest transfers: against a slow search, and on random balances."""

from functools import cache
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groups.exits.settling import EXACT_MAX, Settlement, settle
from groups.members.models import Group
from tests.cast import Person, Shop, World, buy, kinds_since, money, pay_in, sequence_of, settle_on, stakes_of, yuan


def after(balances: dict[str, int], transfers: list[Settlement[str]]) -> dict[str, int]:
    """What everybody has after all transfers."""
    left = dict(balances)
    for step in transfers:
        left[step.debtor] += step.amount
        left[step.creditor] -= step.amount
    return left


def fewest(balances: dict[str, int]) -> int:
    """Search: people less the most groups that are even among themselves."""
    uneven = tuple(sorted(amount for amount in balances.values() if amount))

    @cache
    def groups(rest: tuple[int, ...]) -> int:
        if not rest:
            return 0
        first, others = rest[0], rest[1:]
        best = 0
        for size in range(len(others) + 1):
            for chosen in combinations(range(len(others)), size):
                if first + sum(others[index] for index in chosen) == 0:
                    left = tuple(amount for index, amount in enumerate(others) if index not in chosen)
                    best = max(best, 1 + groups(left))
        return best

    return len(uneven) - groups(uneven)


even = st.lists(st.integers(-300, 300), min_size=0, max_size=8).map(
    lambda amounts: {f"p{n}": amount for n, amount in enumerate([*amounts, -sum(amounts)])}
)


@given(even)
@settings(max_examples=200, deadline=None)
def test_everybody_is_even_and_nobody_pays_more_often_than_needed(balances: dict[str, int]) -> None:
    transfers = settle(balances)
    assert set(after(balances, transfers).values()) <= {0}
    assert all(step.amount > 0 for step in transfers)
    assert len(transfers) == fewest(balances)


@given(st.lists(st.integers(-10_000_00, 10_000_00), min_size=EXACT_MAX + 1, max_size=100))
@settings(max_examples=50, deadline=None)
def test_a_large_group_is_even_after_one_transfer_fewer_than_people(amounts: list[int]) -> None:
    balances = {f"p{n:03}": amount for n, amount in enumerate([*amounts, -sum(amounts)])}
    transfers = settle(balances)
    assert set(after(balances, transfers).values()) <= {0}
    assert len(transfers) <= max(0, sum(1 for amount in balances.values() if amount) - 1)


def test_nobody_pays_who_owes_nothing() -> None:
    assert settle({"a": 0, "b": 0}) == []
    assert settle({}) == []


def test_two_pairs_need_two_transfers_and_not_three() -> None:
    balances = {"a": 30, "b": -30, "c": 7, "d": -7}
    assert len(settle(balances)) == 2


def test_what_does_not_sum_to_zero_cannot_be_settled() -> None:
    with pytest.raises(ValueError):
        settle({"a": 1})


# --- in a group -------------------------------------------------------------------------------------------------------
@pytest.fixture
def owing(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> Group:
    """张伟 has 80.00; 王芳 and 李梅 owe 20.00 each."""
    pay_in(world, owner, group, yuan(100))
    settle_on(owner, group, "change_sharing", {"owe_max": money(yuan(50)), "payers_choose": True})
    buy(owner, group, shop, yuan(60), sharing_rule="equal")
    assert stakes_of(group) == {"张伟": yuan(80), "王芳": yuan(-20), "李梅": yuan(-20)}
    return group


def propose_debt(person: Person, group: Group, to: Person, amount: int) -> Any:
    asked = {"kind": "settle_debt", "payload": {"user": str(to.id), "amount": money(amount)}}
    return person.api.post(f"/groups/{group.pk}/proposals", asked, proof=True)


def test_the_pool_is_one_of_the_parties(owing: Group, owner: Person) -> None:
    plan = owner.api.get(f"/groups/{owing.pk}/settle-up").expect(200)["transfers"]
    assert sorted((step["debtor"] is None, step["amount"]["amount"]) for step in plan) == [
        (False, yuan(20)),
        (False, yuan(20)),
        (True, yuan(40)),
    ]
    assert {step["creditor"] for step in plan} == {str(owner.id)}


def test_whoever_was_paid_in_cash_confirms_it(owing: Group, owner: Person, viewer: Person, member: Person) -> None:
    made = propose_debt(viewer, owing, owner, yuan(15)).expect(201)
    assert made["voters"] == [str(owner.id)]
    before = sequence_of(owing)
    path = f"/groups/{owing.pk}/proposals/{made['id']}/votes"
    owner.api.post(path, {"choice": "approve"}, proof=True).expect(200)
    assert kinds_since(owing, before) == ["vote_cast", "debt_settled", "proposal_ended"]
    assert stakes_of(owing) == {"张伟": yuan(65), "王芳": yuan(-20), "李梅": yuan(-5)}


def test_no_more_than_is_owed_and_only_to_whom_it_is_owed(
    owing: Group, owner: Person, viewer: Person, member: Person
) -> None:
    refused = propose_debt(viewer, owing, owner, yuan(20) + 1).expect(422, "not_owed")
    assert refused["data"] == {"owed": yuan(20)}
    propose_debt(viewer, owing, member, 1).expect(422, "not_owed")
    propose_debt(owner, owing, member, 1).expect(422, "not_owed")


def test_what_was_paid_in_meanwhile_is_not_settled_twice(
    world: World, owing: Group, owner: Person, member: Person
) -> None:
    made = propose_debt(member, owing, owner, yuan(20)).expect(201)
    pay_in(world, member, owing, yuan(20))
    path = f"/groups/{owing.pk}/proposals/{made['id']}/votes"
    ended = owner.api.post(path, {"choice": "approve"}, proof=True).expect(200)
    assert (ended["status"], ended["outcome"]) == ("failed", {"code": "not_owed"})
    assert stakes_of(owing) == {"张伟": yuan(80), "王芳": 0, "李梅": yuan(-20)}
