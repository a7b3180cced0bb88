"""Who bears what of a spend, to the fen. The shares equal the amount, and nobody bears more than is theirs."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.members.models import Group, SharingRule
from groups.rules.sharing import Stake, share
from tests.cast import Answer, Person, Shop, World, buy, money, pay_in, settle_on, show_code, stakes_of, yuan
from wallet.ledger.errors import InsufficientFunds


@pytest.fixture
def rich(world: World, group: Group, owner: Person, member: Person, viewer: Person) -> Group:
    """The owner has 300.00, the member 100.00, the viewer 50.00."""
    for person, amount in ((owner, 300), (member, 100), (viewer, 50)):
        pay_in(world, person, group, yuan(amount))
    return group


def left(group: Group) -> tuple[float, ...]:
    """What is left of the three stakes, in yuan."""
    stakes = stakes_of(group)
    return tuple(stakes[name] / 100 for name in ("张伟", "王芳", "李梅"))


# rule       amount  what is left of 300.00, 100.00 and 50.00
SHARES = [
    ("pro_rata", 45.00, (270.00, 90.00, 45.00)),
    ("pro_rata", 0.01, (299.99, 100.00, 50.00)),  # the largest fraction bears the only fen
    ("pro_rata", 1.00, (299.33, 99.78, 49.89)),  # 66.67, 22.22 and 11.11 fen: 67, 22, 11
    ("pro_rata", 450.00, (0.00, 0.00, 0.00)),
    ("equal", 30.00, (290.00, 90.00, 40.00)),
    ("equal", 150.00, (250.00, 50.00, 0.00)),
    ("payer", 100.00, (300.00, 0.00, 50.00)),
    ("weights", 30.00, (285.00, 90.00, 45.00)),  # the owner's weight is 3, the member's 2, the viewer's 1
    ("weights", 0.06, (299.97, 99.98, 49.99)),
]


@pytest.mark.parametrize(("rule", "amount", "expected"), SHARES)
def test_a_rule_shares_to_the_fen(
    rich: Group, owner: Person, member: Person, shop: Shop, rule: str, amount: float, expected: tuple[float, ...]
) -> None:
    weights = [{"user": str(owner.id), "weight": 3}, {"user": str(member.id), "weight": 2}]
    settle_on(owner, rich, "change_sharing", {"weights": weights, "payers_choose": True})
    buy(member, rich, shop, yuan(amount), sharing_rule=rule)
    assert left(rich) == expected


# rule       amount  why there is not enough, though the group has 450.00
TOO_MUCH = [
    ("pro_rata", 450.01, "more than everybody has"),
    ("equal", 150.03, "a third is more than the viewer has"),
    ("payer", 100.01, "more than the payer has"),
    ("weights", 150.03, "a third is more than the viewer has"),
]


@pytest.mark.parametrize(("rule", "amount", "why"), TOO_MUCH)
def test_nobody_bears_more_than_is_theirs(
    rich: Group, owner: Person, member: Person, shop: Shop, rule: str, amount: float, why: str
) -> None:
    settle_on(owner, rich, "change_sharing", {"payers_choose": True})
    code = show_code(member, rich, sharing_rule=rule)
    shop.charge(code, yuan(amount)).expect(422, "insufficient_funds")
    assert left(rich) == (300.00, 100.00, 50.00), why


def test_the_named_bear_it_alone(rich: Group, owner: Person, member: Person, shop: Shop) -> None:
    named = [str(owner.id), str(member.id)]
    buy(member, rich, shop, yuan(10.01), sharing_rule="equal", participants=named)
    assert sum(left(rich)) == 450 - 10.01
    assert left(rich)[2] == 50.00


def test_without_a_rule_the_groups_holds(rich: Group, owner: Person, member: Person, shop: Shop) -> None:
    settle_on(owner, rich, "change_sharing", {"sharing_rule": "payer"})
    buy(member, rich, shop, yuan(20))
    assert left(rich) == (300.00, 80.00, 50.00)


def test_somebody_named_who_is_not_in_the_group(rich: Group, member: Person, stranger: Person) -> None:
    asked = {"sharing_rule": "equal", "participants": [str(stranger.id)]}
    member.api.post(f"/groups/{rich.pk}/payment-codes", asked, proof=True).expect(422, "participant_unknown")


def test_somebody_named_who_leaves_meanwhile(
    world: World, rich: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    settle_on(owner, rich, "change_sharing", {"payers_choose": True})
    code = show_code(member, rich, sharing_rule="equal", participants=[str(viewer.id), str(member.id)])
    viewer.api.delete(f"/groups/{rich.pk}/members/{viewer.id}", proof=True).expect(200)
    shop.charge(code, yuan(10)).expect(422, "participant_unknown")
    world.wait()
    assert stakes_of(rich) == {"张伟": yuan(300), "王芳": yuan(100)}


# --- who may choose it ------------------------------------------------------------------------------------------------
def ask(person: Person, group: Group, rule: str, *named: Person) -> Answer:
    asked = {"sharing_rule": rule, "participants": [str(one.id) for one in named]}
    return person.api.post(f"/groups/{group.pk}/payment-codes", asked, proof=True)


def test_nobody_makes_another_bear_more_than_was_agreed(
    rich: Group, owner: Person, member: Person, viewer: Person
) -> None:
    """By stake the owner bears two thirds, the viewer a ninth."""
    ask(member, rich, "equal").expect(422, "sharing_not_agreed")  # a third for the viewer
    ask(member, rich, "weights", member, viewer).expect(422, "sharing_not_agreed")
    ask(member, rich, "equal", member, owner).expect(201)  # half for the owner, who would bear more
    ask(member, rich, "payer").expect(201)
    ask(member, rich, "pro_rata", viewer).expect(201)  # by stake nobody is named


def test_whoever_pays_is_among_those_who_bear_it(rich: Group, owner: Person, member: Person) -> None:
    ask(member, rich, "equal", owner).expect(422, "payer_must_share")
    settle_on(owner, rich, "change_sharing", {"payers_choose": True})
    ask(member, rich, "equal", owner).expect(422, "payer_must_share")
    ask(member, rich, "equal").expect(201)


def test_it_is_judged_again_at_the_till(world: World, rich: Group, owner: Person, member: Person, shop: Shop) -> None:
    code = ask(member, rich, "equal", member, owner).expect(201)["code"]
    assert owner.source is not None
    asked = {"source": str(owner.source.pk), "amount": money(yuan(290))}
    owner.api.post(f"/groups/{rich.pk}/withdrawals", asked, proof=True).expect(201)
    refused = shop.charge(code, yuan(10)).expect(422, "sharing_not_agreed")
    assert "data" not in refused
    assert left(rich) == (10.00, 100.00, 50.00)


def test_in_a_group_that_shares_equally_the_payer_may_bear_more(
    rich: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    settle_on(owner, rich, "change_sharing", {"sharing_rule": "equal"})
    ask(member, rich, "equal", member, owner).expect(422, "sharing_not_agreed")  # half is more than a third
    ask(member, rich, "equal", member, owner, viewer).expect(201)
    buy(member, rich, shop, yuan(9), sharing_rule="payer")
    assert left(rich) == (300.00, 91.00, 50.00)


STAKES = st.lists(st.integers(0, 10**7), min_size=1, max_size=8)


@given(balances=STAKES, amount=st.integers(1, 10**8), rule=st.sampled_from(SharingRule.values), payer=st.integers(0, 7))
def test_parts_equal_the_whole_or_it_is_refused(balances: list[int], amount: int, rule: str, payer: int) -> None:
    stakes = [Stake(uuid.uuid4(), uuid.uuid4(), balance, 0, 1 + balance % 5, "member") for balance in balances]
    by_user = {stake.user_id: stake for stake in stakes}
    try:
        parts = share(amount, rule=rule, stakes=stakes, payer_id=stakes[payer % len(stakes)].user_id)
    except InsufficientFunds:
        # By stake, it is refused only where all of them together have too little.
        assert rule != SharingRule.PRO_RATA or amount > sum(balances)
        return
    assert sum(parts.values()) == amount
    assert all(0 < part <= by_user[user_id].balance for user_id, part in parts.items())
