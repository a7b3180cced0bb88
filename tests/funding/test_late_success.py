"""The rail says that it failed, and has made it after all: the books follow its last word, once.

A contribution is credited then. Of a payout, what had come back is taken again; what was spent meanwhile is owed.
"""

from typing import Any

import pytest

from groups.exits.services import leave_group, pay_out_former_members
from groups.funding.errors import ClaimNotFound, NothingToCollect
from groups.funding.models import Claim, Contribution, Withdrawal
from groups.funding.services import collect_claim, contribute, late, withdraw, withdraw_shared
from groups.members.models import Group
from tests.cast import (
    Person,
    Shop,
    World,
    balance_of,
    buy,
    kinds_since,
    link,
    pay_in,
    sequence_of,
    settle_on,
    stakes_of,
    yuan,
)
from tests.rails.bank import SECRET
from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User
from wallet.ledger.checks import check_books
from wallet.ledger.errors import InsufficientFunds
from wallet.ledger.models import Account, Entry, Event, Wallet
from wallet.ledger.selectors import balance_as_of, system_account
from wallet.ledger.services import lock_wallet, post_entry
from wallet.rails.adapters import base
from wallet.rails.models import Transfer
from wallet.rails.sandbox.signing import SIGNATURE_HEADER, sign_notice
from wallet.rails.services import ask_again

FAILED_FOR = 5
RELENTED = 70


def at_the_bank(world: World) -> int:
    """What the bank says that we have collected, less what it has paid out for us."""
    totals = world.bank.book.get_totals()
    return totals.collected - totals.paid_out


def follow_the_bank(world: World, group: Group) -> None:
    """Our account at the rail is the bank's own book."""
    assert -balance_as_of(system_account(group.wallet, Account.Kind.RAIL), world.now) == at_the_bank(world)


def in_transit(world: World, group: Group) -> int:
    return balance_as_of(system_account(group.wallet, Account.Kind.IN_TRANSIT), world.now)


def take(world: World, person: Person, group: Group, amount: int, card: str = "late_success") -> Withdrawal:
    source = link(person, card, now=world.now)
    return withdraw(actor=person.user, group_id=group.pk, source_id=source.pk, amount=amount, now=world.now)


@pytest.fixture
def clerk(db: None) -> User:
    return User.objects.create_superuser("clerk")


def test_a_contribution_is_credited_when_it_has_come_after_all(world: World, group: Group, member: Person) -> None:
    before = sequence_of(group)
    source = link(member, "late_success", now=world.now)
    asked = contribute(actor=member.user, group_id=group.pk, source_id=source.pk, amount=yuan(100), now=world.now)
    world.wait(FAILED_FOR)
    asked.refresh_from_db()
    assert (asked.status, asked.failure_code, stakes_of(group)["王芳"]) == ("failed", "bank_busy", 0)
    world.wait(RELENTED)
    asked.refresh_from_db()
    assert (asked.status, asked.failure_code, stakes_of(group)["王芳"]) == ("settled", "", yuan(100))
    assert kinds_since(group, before) == [
        "contribution_requested",
        "transfer_submitted",
        "contribution_failed",
        "contribution_settled",
    ]
    assert Transfer.objects.get().late_at is not None
    follow_the_bank(world, group)
    # Whatever the bank repeats changes nothing.
    for heard in world.bank.heard:
        world.take_notice(heard.body, heard.headers)
    ask_again(Transfer.objects.get(), world.now)
    assert kinds_since(group, before)[-1] == "contribution_settled"
    assert Entry.objects.filter(wallet=group.pk).count() == 1


def test_a_payout_that_arrived_after_all_is_taken_again(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, yuan(100))
    before = sequence_of(group)
    taken = take(world, member, group, yuan(60))
    world.wait(FAILED_FOR)
    assert stakes_of(group)["王芳"] == yuan(100), "the money is back"
    world.wait(RELENTED)
    taken.refresh_from_db()
    assert (taken.status, taken.late_at is not None, stakes_of(group)["王芳"]) == ("settled", True, yuan(40))
    assert kinds_since(group, before) == [
        "withdrawal_requested",
        "transfer_submitted",
        "withdrawal_failed",
        "withdrawal_settled_late",
    ]
    assert (in_transit(world, group), Claim.objects.count()) == (0, 0)
    follow_the_bank(world, group)
    world.wait(3600)
    assert Entry.objects.filter(wallet=group.pk, kind="withdrawal_settled_late").count() == 1


def test_what_was_spent_meanwhile_is_owed(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, clerk: User
) -> None:
    pay_in(world, owner, group, yuan(100))
    pay_in(world, member, group, yuan(100))
    take(world, member, group, yuan(60))
    world.wait(FAILED_FOR)
    buy(member, group, shop, yuan(75), sharing_rule="payer")
    world.wait(RELENTED)
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": 0, "李梅": 0}, "nobody else pays for it"
    claim = Claim.objects.get()
    assert (claim.user_id, claim.amount, claim.outstanding) == (member.id, yuan(35), yuan(35))
    event = Event.objects.get(wallet=group.pk, kind="withdrawal_settled_late")
    assert (event.data["amount"], event.data["claimed"]) == (yuan(60), yuan(35))
    assert in_transit(world, group) == -yuan(35)
    follow_the_bank(world, group)

    collect = {"operator": clerk, "group_id": group.pk, "claim_id": claim.pk, "now": world.now}
    with pytest.raises(NothingToCollect):
        collect_claim(**collect)
    pay_in(world, member, group, yuan(20))
    with pytest.raises(OperatorNotAllowed):
        collect_claim(**collect | {"operator": owner.user})
    with pytest.raises(ClaimNotFound):
        collect_claim(**collect | {"claim_id": group.pk})
    assert collect_claim(**collect) == yuan(20)
    pay_in(world, member, group, yuan(20))
    assert collect_claim(**collect | {"now": world.now}) == yuan(15)
    claim.refresh_from_db()
    assert (claim.outstanding, claim.closed_at) == (0, world.now)
    assert (stakes_of(group)["王芳"], in_transit(world, group)) == (yuan(5), 0)
    with pytest.raises(NothingToCollect):
        collect_claim(**collect)


def test_all_of_it_was_spent(world: World, group: Group, member: Person, shop: Shop) -> None:
    pay_in(world, member, group, yuan(60))
    take(world, member, group, yuan(60))
    world.wait(FAILED_FOR)
    buy(member, group, shop, yuan(60))
    world.wait(RELENTED)
    assert (balance_of(group), Claim.objects.get().outstanding, in_transit(world, group)) == (0, yuan(60), -yuan(60))


def owing(world: World, group: Group, member: Person, amount: int) -> Claim:
    """Let a member take out an amount twice: the first payout fails, and arrives when the second has left."""
    take(world, member, group, amount)
    world.wait(FAILED_FOR)
    take(world, member, group, amount, "settles")
    world.wait(RELENTED)
    return Claim.objects.get(group=group)


def test_a_withdrawal_pays_what_is_owed_first(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, yuan(60))
    claim = owing(world, group, member, yuan(60))
    pay_in(world, member, group, yuan(80))
    with pytest.raises(InsufficientFunds) as refused:
        take(world, member, group, yuan(30), "settles")
    assert refused.value.data == {"available": yuan(20)}
    claim.refresh_from_db()
    assert claim.outstanding == yuan(60), "what is refused changes nothing"
    take(world, member, group, yuan(20), "settles")
    world.wait()
    claim.refresh_from_db()
    assert (claim.outstanding, claim.closed_at is None) == (0, False)
    assert (stakes_of(group)["王芳"], in_transit(world, group), at_the_bank(world)) == (0, 0, 0)
    assert Event.objects.get(wallet=group.pk, kind="claim_collected").actor_id is None
    follow_the_bank(world, group)


def test_whoever_leaves_takes_no_more_than_is_theirs(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    """What is left of the claim stays open, and a refund that comes later goes to it."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    bought = buy(member, group, shop, yuan(40))  # of which the member bears 10.00
    claim = owing(world, group, member, yuan(90))
    pay_in(world, member, group, yuan(85))
    assert member.api.get(f"/groups/{group.pk}/exit").expect(200)["pays_out"]["amount"] == 0
    assert leave_group(actor=member.user, group_id=group.pk, now=world.now).withdrawal is None
    claim.refresh_from_db()
    assert (claim.outstanding, balance_of(group)) == (yuan(5), yuan(270))
    shop.refund(bought, yuan(40)).expect(201)
    assert balance_of(group) == yuan(310)
    paid_out = world.bank.book.get_totals().paid_out
    pay_out_former_members(now=world.now)
    world.wait()
    claim.refresh_from_db()
    assert (claim.outstanding, balance_of(group)) == (0, yuan(300))
    assert world.bank.book.get_totals().paid_out == paid_out + yuan(5)
    follow_the_bank(world, group)


def test_a_group_that_parts_pays_out_what_is_theirs(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, owner, group, yuan(100))
    pay_in(world, member, group, yuan(60))
    claim = owing(world, group, member, yuan(60))
    pay_in(world, member, group, yuan(80))
    paid_out = world.bank.book.get_totals().paid_out
    weights = [{"user": str(person.id), "weight": 1} for person in (owner, member)]
    settle_on(owner, group, "dissolve", {"version": "1", "text": "好聚好散", "weights": weights})
    world.wait()
    claim.refresh_from_db()
    assert claim.outstanding == 0
    assert world.bank.book.get_totals().paid_out == paid_out + yuan(120)


def test_what_all_bore_is_taken_again_of_each(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    limit = {"limit": "group_month", "amount": {"amount": yuan(500), "currency": "CNY"}, "user": None}
    settle_on(owner, group, "set_limit", limit)
    source = link(member, "late_success", now=world.now)
    before = sequence_of(group)
    withdraw_shared(
        actor=member.user, group_id=group.pk, source_id=source.pk, amount=yuan(80), memo="房租", now=world.now
    )
    assert stakes_of(group) == {"张伟": yuan(240), "王芳": yuan(80), "李梅": 0}
    world.wait(FAILED_FOR)
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(100), "李梅": 0}
    assert _left_of_the_month(member, group) == yuan(500)
    buy(member, group, shop, yuan(90), sharing_rule="payer")
    world.wait(RELENTED)
    assert stakes_of(group) == {"张伟": yuan(240), "王芳": 0, "李梅": 0}
    claim = Claim.objects.get()
    assert (claim.user_id, claim.outstanding) == (member.id, yuan(10))
    assert _left_of_the_month(member, group) == yuan(500 - 90 - 80), "it counts again"
    assert kinds_since(group, before).count("transfer_settled_late") == 1
    shares = Event.objects.get(wallet=group.pk, kind="transfer_settled_late").data["shares"]
    assert shares == {str(owner.id): yuan(60), str(member.id): yuan(10)}
    follow_the_bank(world, group)


def _left_of_the_month(person: Person, group: Group) -> Any:
    return person.api.get(f"/groups/{group.pk}/limits").expect(200)["limits"][0]["left"]["amount"]


def test_the_older_word_is_not_followed(world: World, group: Group, member: Person) -> None:
    """The notice of the failure comes after that of the success: nothing was taken back."""
    kept: list[Any] = []

    def keep(body: bytes, headers: dict[str, str]) -> int:
        kept.append((body, headers))
        return 200

    world.bank.take = keep
    source = link(member, "late_success", now=world.now)
    contribute(actor=member.user, group_id=group.pk, source_id=source.pk, amount=yuan(100), now=world.now)
    world.sweep()
    world.bank.wait(100)
    assert len(kept) == 2
    for body, _headers in reversed(kept):
        signature = sign_notice(SECRET.encode(), world.now, body)
        assert world.take_notice(body, {SIGNATURE_HEADER: signature}) == 204
    assert stakes_of(group)["王芳"] == yuan(100)
    assert kinds_since(group)[-1] == "contribution_settled"
    assert Transfer.objects.get().late_at is None


def test_a_silent_rail_is_given_up_and_its_late_success_booked(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    before = sequence_of(group)
    source = link(member, "unknown_settled", now=world.now)
    with monkeypatch.context() as patch:
        patch.setattr(type(world.bank.adapter), "query", lambda *_: base.Unknown("away"))
        contribute(actor=member.user, group_id=group.pk, source_id=source.pk, amount=yuan(100), now=world.now)
        world.wait(71 * 3600)
        assert Contribution.objects.get().status == "requested"
        world.wait(3 * 3600)
        asked = Contribution.objects.get()
        assert (asked.status, asked.failure_code) == ("failed", "no_answer")
        assert not Transfer.objects.filter(next_step_at__isnull=False).exists()
    ask_again(Transfer.objects.get(), world.now)
    assert (Contribution.objects.get().status, stakes_of(group)["王芳"]) == ("settled", yuan(100))
    assert kinds_since(group, before) == [
        "contribution_requested",
        "transfer_submitted",
        "transfer_unknown",
        "contribution_failed",
        "contribution_settled",
    ]
    follow_the_bank(world, group)


def test_money_on_its_way_out_is_never_given_up(
    world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay_in(world, member, group, yuan(100))
    with monkeypatch.context() as patch:
        patch.setattr(type(world.bank.adapter), "query", lambda *_: base.Unknown("away"))
        taken = take(world, member, group, yuan(60), "unknown_settled")
        world.wait(5 * 24 * 3600)
        assert Withdrawal.objects.get().status == "requested"
        assert (stakes_of(group)["王芳"], in_transit(world, group)) == (yuan(40), yuan(60))
    world.wait(3600)
    taken.refresh_from_db()
    assert (taken.status, taken.late_at, in_transit(world, group)) == ("settled", None, 0)


@pytest.mark.plants_a_fault
def test_without_the_reference_it_would_be_taken_twice(world: World, group: Group, member: Person) -> None:
    """The transfer is forgotten to be over, and the books do not know the entry: the checks see it."""
    pay_in(world, member, group, yuan(200))
    taken = take(world, member, group, yuan(60))
    world.wait(FAILED_FOR + RELENTED)
    entry = Entry.objects.get(kind="withdrawal_settled_late")
    taken.refresh_from_db()
    late.settle_late(_locked(group), taken, world.now)
    assert Entry.objects.get(kind="withdrawal_settled_late") == entry, "the reference holds it"
    assert check_books() == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            late, "post_entry", lambda **given: post_entry(**given | {"reference": f"{given['reference']}-2"})
        )
        late.settle_late(_locked(group), taken, world.now)
    assert stakes_of(group)["王芳"] == yuan(80)
    assert {"movement_entry"} <= {finding.code for finding in check_books()}


def _locked(group: Group) -> Wallet:
    return lock_wallet(group.pk)
