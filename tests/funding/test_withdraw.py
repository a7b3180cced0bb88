"""Out of the own stake: at once, to the own card, and nobody is asked. Never more than the stake."""

from typing import Any

import pytest

from groups.funding.models import Withdrawal
from groups.members.models import Group
from tests.cast import (
    Answer,
    Person,
    Shop,
    World,
    balance_of,
    buy,
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


@pytest.fixture(autouse=True)
def _money(world: World, group: Group, owner: Person, member: Person) -> None:
    """The owner has 300.00 in the group, the member 100.00."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))


def take(person: Person, group: Group, amount: float, source: Any = None, key: str | None = None) -> Answer:
    """Let somebody ask for an amount (yuan) of the own stake."""
    source = source or person.source
    asked = {"source": str(source.pk), "amount": money(yuan(amount))}
    return person.api.post(f"/groups/{group.pk}/withdrawals", asked, key=key, proof=True)


def in_transit(world: World, group: Group) -> int:
    return balance_as_of(system_account(group.wallet, Account.Kind.IN_TRANSIT), world.now)


def test_it_leaves_at_once_and_nobody_is_asked(world: World, group: Group, member: Person) -> None:
    before = sequence_of(group)
    taken = take(member, group, 60).expect(201)
    assert (taken["status"], taken["borne_by"], taken["executes_at"]) == ("requested", "own", None)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(40), "李梅": 0}
    assert in_transit(world, group) == yuan(60)
    world.wait()
    assert kinds_since(group, before) == ["withdrawal_requested", "transfer_submitted", "withdrawal_settled"]
    assert (in_transit(world, group), balance_of(group)) == (0, yuan(340))
    seen = member.api.get(f"/groups/{group.pk}/withdrawals/{taken['id']}").expect(200)
    assert seen["status"] == "settled"
    assert world.bank.book.get_totals().paid_out == yuan(60)


def test_to_the_last_fen_and_no_further(group: Group, member: Person) -> None:
    before = sequence_of(group)
    refused = take(member, group, 100.01).expect(422, "insufficient_funds")
    assert refused["data"] == {"available": yuan(100)}
    assert sequence_of(group) == before
    take(member, group, 100).expect(201)
    take(member, group, 0.01).expect(422, "insufficient_funds")
    assert stakes_of(group)["王芳"] == 0


def test_not_more_than_the_stake_even_where_debts_are_allowed(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    """A spend may make a debt where all have agreed to it; cash out of the pool never does."""
    settle_on(owner, group, "change_sharing", {"owe_max": money(yuan(50))})
    take(member, group, 100.01).expect(422, "insufficient_funds")
    take(member, group, 100).expect(201)
    take(member, group, 0.01).expect(422, "insufficient_funds")
    buy(member, group, shop, yuan(20), sharing_rule="payer")
    assert stakes_of(group)["王芳"] == -yuan(20)
    refused = take(member, group, 0.01).expect(422, "insufficient_funds")
    assert refused["data"] == {"available": 0}


def test_no_rule_of_spending_stops_it(world: World, group: Group, owner: Person, member: Person) -> None:
    """It is nobody's but one's own: no limit, no pause, no tier, no hours to wait; and it counts in no month."""
    settle_on(owner, group, "set_limit", {"limit": "member_month", "amount": money(yuan(1)), "user": None})
    tiers = [{"above": money(yuan(1)), "approvals": 1}]
    settle_on(owner, group, "change_voting", {"tiers": tiers, "part_percent": 1, "objection_hours": 168})
    owner.api.put(f"/groups/{group.pk}/pauses", {"user": None, "paused": True}).expect(200)
    assert take(member, group, 100).expect(201)["status"] == "requested"
    assert take(owner, group, 300).expect(201)["status"] == "requested"
    assert balance_of(group) == 0
    shown = member.api.get(f"/groups/{group.pk}/limits").expect(200)["limits"]
    assert shown[0]["left"] == money(yuan(1))


def test_a_viewer_takes_out_what_is_theirs(world: World, group: Group, viewer: Person) -> None:
    pay_in(world, viewer, group, yuan(20))
    take(viewer, group, 20).expect(201)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}


def test_the_same_key_takes_once(world: World, group: Group, member: Person) -> None:
    first = take(member, group, 60, key="out-" + "0" * 20)
    again = take(member, group, 60, key="out-" + "0" * 20)
    assert first.expect(201) == again.expect(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    take(member, group, 61, key="out-" + "0" * 20).expect(422, "idempotency_key_reused")
    assert (Withdrawal.objects.count(), stakes_of(group)["王芳"]) == (1, yuan(40))


def test_the_same_key_after_the_stake_is_empty(group: Group, member: Person) -> None:
    first = take(member, group, 100, key="out-" + "1" * 20)
    again = take(member, group, 100, key="out-" + "1" * 20)
    assert first.expect(201) == again.expect(201), "known before it is judged"


def test_somebody_elses_card(group: Group, owner: Person, member: Person) -> None:
    before = sequence_of(group)
    take(member, group, 10, source=owner.source).expect(404, "source_not_found")
    assert sequence_of(group) == before


def test_a_bank_that_refuses(world: World, group: Group, member: Person) -> None:
    before = sequence_of(group)
    blocked = link(member, "late_failed", now=world.now)
    taken = take(member, group, 60, source=blocked).expect(201)
    assert stakes_of(group)["王芳"] == yuan(40)
    world.wait(60)
    assert stakes_of(group)["王芳"] == yuan(100)
    assert kinds_since(group, before) == ["withdrawal_requested", "transfer_submitted", "withdrawal_failed"]
    seen = member.api.get(f"/groups/{group.pk}/withdrawals/{taken['id']}").expect(200)
    assert (seen["status"], seen["failure_code"]) == ("failed", "card_blocked")
    assert in_transit(world, group) == 0


def test_a_stranger_and_somebody_without_a_stake(world: World, group: Group, owner: Person, stranger: Person) -> None:
    take(stranger, group, 1).expect(404, "group_not_found")
    nobody = meet("周杰", "+8613800000006", now=world.now)
    take(nobody, group, 1, source=owner.source).expect(404, "group_not_found")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": money(0)}, "/amount"),
        ({"amount": {"amount": 1.0, "currency": "CNY"}}, "/amount"),
        ({"source": "card"}, "/source"),
        ({"borne_by": "others"}, "/borne_by"),
        ({"memo": "a\u202eb"}, "/memo"),
        ({"memo": "x" * 121}, "/memo"),
    ],
    ids=str,
)
def test_bad_input(group: Group, member: Person, change: dict[str, Any], pointer: str) -> None:
    assert member.source is not None
    asked = {"source": str(member.source.pk), "amount": money(1), **change}
    problem = member.api.post(f"/groups/{group.pk}/withdrawals", asked, proof=True).expect(400, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert not Withdrawal.objects.exists()
