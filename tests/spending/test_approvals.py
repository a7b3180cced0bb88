"""Large payments: refused at the till until others approve; then paid with a fresh code, once, within a quarter hour.

What was approved is one payment of one member at one merchant, up to an amount. The money and every limit are judged
again when it is paid.
"""

from typing import Any

import pytest

from groups.members.models import Group
from groups.proposals.models import Proposal
from groups.proposals.services import expire_proposals
from groups.spending.models import ApprovedPayment, Payment
from tests.cast import (
    Answer,
    Person,
    Shop,
    World,
    agree,
    balance_of,
    found,
    join,
    kinds_since,
    meet,
    money,
    open_shop,
    pay_in,
    sequence_of,
    settle_on,
    show_code,
    stakes_of,
    yuan,
)

QUARTER = 15 * 60


@pytest.fixture(autouse=True)
def _money(world: World, group: Group, owner: Person, member: Person) -> None:
    """The owner has 3,000.00 in the group, the member 1,000.00. Above 500.00 one must approve, above 2,000.00 two."""
    pay_in(world, owner, group, yuan(3_000))
    pay_in(world, member, group, yuan(1_000))
    have_tiers(owner, group, (500, 1), (2_000, 2))


@pytest.fixture
def third(world: World, group: Group, owner: Person) -> Person:
    """赵敏, who may spend as well."""
    person = meet("赵敏", "+8613800000005", now=world.now)
    join(group, owner, person, now=world.now)
    return person


def have_tiers(owner: Person, group: Group, *tiers: tuple[float, int]) -> None:
    shown = [{"above": money(yuan(above)), "approvals": approvals} for above, approvals in tiers]
    settle_on(owner, group, "change_voting", {"tiers": shown, "part_percent": 50, "objection_hours": 24})


def try_to_pay(person: Person, group: Group, shop: Shop, amount: float, **asked: Any) -> str:
    """Let somebody try to pay with a fresh code (yuan); say `paid`, or why not."""
    answer = shop.charge(show_code(person, group), yuan(amount), **asked)
    return "paid" if answer.status == 201 else str(answer.expect(422)["code"])


def open_one(group: Group) -> Proposal:
    return Proposal.objects.get(group=group, kind="approve_payment", status="open")


def vote(person: Person, group: Group, choice: str = "approve") -> Answer:
    path = f"/groups/{group.pk}/proposals/{open_one(group).pk}/votes"
    return person.api.post(path, {"choice": choice}, proof=True)


def propose(person: Person, group: Group, amount: float, shop: Shop | None = None) -> Answer:
    """Let somebody ask before they go shopping (yuan); at any merchant, where none is named."""
    payload = {"amount": money(yuan(amount)), "subject": "冰箱"} | ({"merchant": str(shop.merchant.pk)} if shop else {})
    return person.api.post(f"/groups/{group.pk}/proposals", {"kind": "approve_payment", "payload": payload}, proof=True)


# --- refused, asked, approved, paid -----------------------------------------------------------------------------------
def test_up_to_the_threshold_nobody_is_asked(group: Group, member: Person, shop: Shop) -> None:
    assert try_to_pay(member, group, shop, 500) == "paid"
    assert not Proposal.objects.filter(kind="approve_payment").exists()


def test_refused_asked_approved_and_paid_with_a_fresh_code(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    before = sequence_of(group)
    code = show_code(member, group)
    shop.charge(code, yuan(500.01), "trade-a").expect(422, "approval_required")
    assert kinds_since(group, before) == ["proposal_made", "payment_refused"]
    assert stakes_of(group) == {"张伟": yuan(3_000), "王芳": yuan(1_000), "李梅": 0}

    proposal = owner.api.get(f"/groups/{group.pk}/proposals/{open_one(group).pk}").expect(200)
    assert (proposal["proposer"], proposal["voters"], proposal["needed"]) == (str(member.id), [str(owner.id)], 1)
    asked = {"amount": money(yuan(500.01)), "merchant": str(shop.merchant.pk), "subject": "蔬菜水果"}
    assert proposal["payload"] == asked | {"sharing_rule": None, "participants": []}
    assert proposal["effect"]["shares"] == {str(owner.id): money(37501), str(member.id): money(12500)}

    decided = vote(owner, group).expect(200)
    assert (decided["status"], decided["outcome"]) == ("approved", {"pay_until": "2026-11-02T02:15:06Z"})
    assert balance_of(group) == yuan(4_000), "approved is not paid"
    # The old code is used up, and the number stays refused.
    shop.charge(code, yuan(500.01), "trade-a").expect(422, "approval_required")
    shop.charge(code, yuan(500.01), "trade-b").expect(422, "payment_code_used")
    assert try_to_pay(member, group, shop, 500.01) == "paid"
    assert balance_of(group) == yuan(3_499.99)
    told = ["proposal_made", "payment_refused", "vote_cast", "proposal_ended", "payment_settled"]
    assert kinds_since(group, before) == told


def test_the_merchant_learns_no_number_of_the_group(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    answer = shop.charge(show_code(member, group), yuan(777.77), "trade-a")
    refused = answer.expect(422, "approval_required")
    assert "data" not in refused
    for secret in (str(group.pk), str(member.id), str(owner.id), "50000", "500", str(open_one(group).pk)):
        assert secret not in answer.raw.decode().replace(refused["request_id"], "")
    seen = shop.look_up("trade-a").expect(200)
    assert (seen["status"], seen["refusal_code"]) == ("refused", "approval_required")


def test_the_same_again_is_not_asked_twice(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    code = show_code(member, group)
    shop.charge(code, yuan(600), "trade-a").expect(422, "approval_required")
    before = sequence_of(group)
    again = shop.charge(code, yuan(600), "trade-a")
    again.expect(422, "approval_required")
    assert sequence_of(group) == before, "the same request again is the same answer"
    assert try_to_pay(member, group, shop, 600) == "approval_required"
    assert kinds_since(group, before) == ["payment_refused"]
    assert try_to_pay(member, group, shop, 601) == "approval_required"
    assert kinds_since(group, before)[1:] == ["proposal_made", "payment_refused"]


def test_without_the_money_nobody_is_asked(group: Group, member: Person, shop: Shop) -> None:
    assert try_to_pay(member, group, shop, 4_000.01) == "insufficient_funds"
    assert not Proposal.objects.filter(kind="approve_payment").exists()


def test_above_a_limit_nobody_is_asked(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    settle_on(owner, group, "set_limit", {"limit": "payment", "amount": money(yuan(600)), "user": None})
    assert try_to_pay(member, group, shop, 600.01) == "limit_exceeded"
    assert not Proposal.objects.filter(kind="approve_payment").exists()
    assert try_to_pay(member, group, shop, 600) == "approval_required"


def test_rejected(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    assert try_to_pay(member, group, shop, 600) == "approval_required"
    assert vote(owner, group, "reject").expect(200)["status"] == "rejected"
    assert try_to_pay(member, group, shop, 600) == "approval_required"
    assert not ApprovedPayment.objects.exists()


def test_silence_approves_nothing(world: World, group: Group, member: Person, shop: Shop) -> None:
    assert try_to_pay(member, group, shop, 600) == "approval_required"
    world.wait(24 * 3600)
    assert expire_proposals(now=world.now) == 1
    assert try_to_pay(member, group, shop, 600) == "approval_required"
    assert Proposal.objects.filter(kind="approve_payment", status="open").count() == 1, "and it can be asked again"


# --- one payment of one member at one merchant, up to the amount, in time ---------------------------------------------
@pytest.fixture
def approved(group: Group, owner: Person, member: Person, shop: Shop) -> ApprovedPayment:
    """The member may pay up to 600.00 at the shop."""
    assert try_to_pay(member, group, shop, 600) == "approval_required"
    agree(group)
    return ApprovedPayment.objects.get()


@pytest.mark.parametrize(("seconds", "passes"), [(QUARTER - 0.001, True), (QUARTER, False), (QUARTER + 1, False)])
def test_it_is_good_for_a_quarter_of_an_hour(
    world: World, group: Group, member: Person, shop: Shop, approved: ApprovedPayment, seconds: float, passes: bool
) -> None:
    world.wait(seconds)
    assert try_to_pay(member, group, shop, 600) == ("paid" if passes else "approval_required")


def test_once(group: Group, member: Person, shop: Shop, approved: ApprovedPayment) -> None:
    assert try_to_pay(member, group, shop, 600) == "paid"
    assert try_to_pay(member, group, shop, 600) == "approval_required"
    approved.refresh_from_db()
    assert approved.payment == Payment.objects.get(status="settled")


def test_up_to_the_amount(group: Group, member: Person, shop: Shop, approved: ApprovedPayment) -> None:
    assert try_to_pay(member, group, shop, 600.01) == "approval_required"
    assert try_to_pay(member, group, shop, 599.99) == "paid"
    assert try_to_pay(member, group, shop, 501) == "approval_required", "the rest is not another payment"


def test_a_smaller_payment_leaves_it_alone(group: Group, member: Person, shop: Shop, approved: ApprovedPayment) -> None:
    assert try_to_pay(member, group, shop, 500) == "paid"
    assert try_to_pay(member, group, shop, 600) == "paid"


def test_only_there(world: World, group: Group, member: Person, shop: Shop, approved: ApprovedPayment) -> None:
    other = open_shop("电器行", now=world.now)
    assert try_to_pay(member, group, other, 600) == "approval_required"
    assert try_to_pay(member, group, shop, 600) == "paid"


def test_only_by_whoever_asked(
    group: Group, owner: Person, member: Person, shop: Shop, approved: ApprovedPayment
) -> None:
    assert try_to_pay(owner, group, shop, 600) == "approval_required"
    assert try_to_pay(member, group, shop, 600) == "paid"


def test_a_refused_attempt_does_not_use_it_up(
    group: Group, owner: Person, member: Person, shop: Shop, approved: ApprovedPayment
) -> None:
    owner.api.put(f"/groups/{group.pk}/pauses", {"user": None, "paused": True}).expect(200)
    assert try_to_pay(member, group, shop, 600) == "spending_paused"
    settle_on(owner, group, "resume_spending", {"user": None})
    assert try_to_pay(member, group, shop, 600) == "paid"


def test_limits_and_money_are_judged_again(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, approved: ApprovedPayment
) -> None:
    settle_on(owner, group, "set_limit", {"limit": "member_month", "amount": money(yuan(599.99)), "user": None})
    assert try_to_pay(member, group, shop, 600) == "limit_exceeded"
    settle_on(owner, group, "set_limit", {"limit": "member_month", "amount": None, "user": None})
    for person, amount in ((owner, 2_600), (member, 900)):
        assert person.source is not None
        asked = {"source": str(person.source.pk), "amount": money(yuan(amount))}
        person.api.post(f"/groups/{group.pk}/withdrawals", asked, proof=True).expect(201)
    assert try_to_pay(member, group, shop, 600) == "insufficient_funds"
    pay_in(world, member, group, yuan(100))
    assert try_to_pay(member, group, shop, 600) == "paid"
    assert balance_of(group) == 0


def test_it_counts_in_the_month_like_every_payment(
    group: Group, owner: Person, member: Person, shop: Shop, approved: ApprovedPayment
) -> None:
    settle_on(owner, group, "set_limit", {"limit": "group_month", "amount": money(yuan(700)), "user": None})
    assert try_to_pay(member, group, shop, 600) == "paid"
    assert try_to_pay(owner, group, shop, 100.01) == "limit_exceeded"
    assert try_to_pay(owner, group, shop, 100) == "paid"


def test_whoever_may_not_spend_any_more_does_not_by_an_approval(
    group: Group, owner: Person, member: Person, shop: Shop, approved: ApprovedPayment
) -> None:
    code = show_code(member, group)
    member.api.patch(f"/groups/{group.pk}/members/{member.id}", {"role": "viewer"}).expect(200)
    shop.charge(code, yuan(600)).expect(422, "payer_not_allowed")
    assert balance_of(group) == yuan(4_000)


def test_the_smallest_that_is_enough_is_used(group: Group, member: Person, shop: Shop) -> None:
    for amount in (800, 600, 700):
        propose(member, group, amount, shop).expect(201)
    agree(group)
    assert try_to_pay(member, group, shop, 550) == "paid"
    assert ApprovedPayment.objects.get(payment__isnull=False).amount_max == yuan(600)


# --- how many ---------------------------------------------------------------------------------------------------------
def test_one_of_several(group: Group, owner: Person, member: Person, third: Person, shop: Shop) -> None:
    assert try_to_pay(member, group, shop, 2_000) == "approval_required"
    assert open_one(group).electorate == sorted([owner.id, third.id])
    vote(third, group).expect(200)
    assert try_to_pay(member, group, shop, 2_000) == "paid"


def test_two_of_several(
    world: World, group: Group, owner: Person, member: Person, third: Person, viewer: Person, shop: Shop
) -> None:
    pay_in(world, viewer, group, yuan(1))
    assert try_to_pay(member, group, shop, 2_000.01) == "approval_required"
    shown = vote(third, group).expect(200)
    assert (shown["status"], shown["approvals"], shown["needed"]) == ("open", 1, 2)
    assert str(viewer.id) not in shown["voters"], "where a number is enough, those decide who may spend"
    assert try_to_pay(member, group, shop, 2_000.01) == "approval_required"
    assert vote(owner, group).expect(200)["status"] == "approved"
    assert try_to_pay(member, group, shop, 2_000.01) == "paid"


def test_where_there_are_fewer_all_of_them_must(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    assert try_to_pay(member, group, shop, 3_000) == "approval_required"
    assert vote(owner, group).expect(200)["status"] == "approved"
    assert try_to_pay(member, group, shop, 3_000) == "paid"


def test_alone_nobody_has_to(world: World, owner: Person, shop: Shop) -> None:
    mine = found(owner, now=world.now)
    have_tiers(owner, mine, (100, 1))
    pay_in(world, owner, mine, yuan(1_000))
    assert try_to_pay(owner, mine, shop, 1_000) == "paid"
    assert not Proposal.objects.filter(group=mine, kind="approve_payment").exists()


def test_those_whose_money_it_is_decide_where_nobody_else_may_spend(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    """An owner who is the last to spend does not spend the others' money alone."""
    member.api.patch(f"/groups/{group.pk}/members/{member.id}", {"role": "viewer"}).expect(200)
    assert try_to_pay(owner, group, shop, 600) == "approval_required"
    assert open_one(group).electorate == [member.id], "the other viewer has nothing in the pool"
    vote(member, group).expect(200)
    assert try_to_pay(owner, group, shop, 600) == "paid"


def test_when_the_only_other_leaves_nobody_has_to(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    assert try_to_pay(owner, group, shop, 600) == "approval_required"
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(200)
    assert try_to_pay(owner, group, shop, 600) == "paid"
    assert not Proposal.objects.filter(group=group, status="open").exists()


# --- asked before -----------------------------------------------------------------------------------------------------
def test_asked_before_going_shopping(
    world: World, group: Group, owner: Person, member: Person, stranger: Person, shop: Shop
) -> None:
    before = sequence_of(group)
    asked = propose(member, group, 2_500).expect(201)
    assert (asked["status"], asked["voters"]) == ("open", [str(owner.id)])
    vote(owner, group).expect(200)
    assert kinds_since(group, before) == ["proposal_made", "vote_cast", "proposal_ended"]
    anywhere = open_shop("电器行", now=world.now)
    assert try_to_pay(member, group, anywhere, 2_500) == "paid"
    assert try_to_pay(member, group, shop, 600) == "approval_required"


def test_who_may_ask(group: Group, viewer: Person, stranger: Person, member: Person, shop: Shop) -> None:
    propose(viewer, group, 600).expect(403, "not_allowed")
    propose(stranger, group, 600).expect(404, "group_not_found")
    shop.merchant.is_active = False
    shop.merchant.save()
    propose(member, group, 600, shop).expect(404, "merchant_not_found")
    assert not Proposal.objects.filter(kind="approve_payment").exists()


# --- how it is shared -------------------------------------------------------------------------------------------------
def test_what_was_approved_is_shared_as_it_was_asked(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    """Asked for out of the own pocket and approved; borne by all it would be another payment."""
    asked = {"amount": money(yuan(600)), "merchant": None, "subject": "大衣", "sharing_rule": "payer"}
    made = member.api.post(f"/groups/{group.pk}/proposals", {"kind": "approve_payment", "payload": asked}, proof=True)
    assert made.expect(201)["effect"]["shares"] == {str(member.id): money(yuan(600))}
    vote(owner, group).expect(200)
    assert try_to_pay(member, group, shop, 600) == "approval_required"
    shop.charge(show_code(member, group, sharing_rule="payer"), yuan(600), "own").expect(201)
    assert stakes_of(group)["张伟"] == yuan(3_000)


def test_who_is_named_is_approved_too(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    named = {"sharing_rule": "equal", "participants": [str(member.id), str(owner.id)]}
    shop.charge(show_code(member, group, **named), yuan(600), "both").expect(422, "approval_required")
    payload = open_one(group).payload
    assert (payload["sharing_rule"], payload["participants"]) == ("equal", sorted(named["participants"]))
    vote(owner, group).expect(200)
    shop.charge(show_code(member, group, sharing_rule="payer"), yuan(600), "own").expect(422, "approval_required")
    shop.charge(show_code(member, group, **named), yuan(600), "again").expect(201)
    assert stakes_of(group) == {"张伟": yuan(2_700), "王芳": yuan(700), "李梅": 0}


def test_others_are_not_asked_for_what_may_not_be(group: Group, member: Person, owner: Person, shop: Shop) -> None:
    payload = {"amount": money(yuan(600)), "merchant": None, "subject": "大衣", "sharing_rule": "equal"}
    path = f"/groups/{group.pk}/proposals"
    for wrong, code in (
        (payload | {"participants": [str(member.id)]}, "payer_must_share"),
        (payload | {"participants": [str(shop.merchant.pk), str(owner.id)]}, "participant_unknown"),
    ):
        owner.api.post(path, {"kind": "approve_payment", "payload": wrong}, proof=True).expect(422, code)
    nameless = payload | {"sharing_rule": None, "participants": [str(owner.id)]}
    owner.api.post(path, {"kind": "approve_payment", "payload": nameless}, proof=True).expect(400, "invalid")


def test_when_the_payer_has_asked_too_often_the_refusal_says_so(group: Group, member: Person, shop: Shop) -> None:
    for number in range(5):
        assert try_to_pay(member, group, shop, 600 + number) == "approval_required"
    before = sequence_of(group)
    assert try_to_pay(member, group, shop, 700) == "too_many_proposals"
    assert kinds_since(group, before) == ["payment_refused"]
    assert try_to_pay(member, group, shop, 600) == "approval_required", "that one has been asked"


# --- where only one may spend -----------------------------------------------------------------------------------------
def test_viewers_are_weighed_by_their_money(world: World, owner: Person, shop: Shop) -> None:
    """A treasurer brings three friends with a fen each; two parents have 30.00 and 50.00. The money decides."""
    mine = found(owner, now=world.now)
    have_tiers(owner, mine, (10, 3))
    people = [meet(f"家长{n}", f"+861380000010{n}", now=world.now) for n in range(5)]
    for person, amount in zip(people, (3_000, 5_000, 1, 1, 1), strict=True):
        join(mine, owner, person, now=world.now, role="viewer")
        pay_in(world, person, mine, amount)
    assert try_to_pay(owner, mine, shop, 20) == "approval_required"
    for friend in people[2:]:
        told = vote(friend, mine).expect(200)
    assert (told["approvals"], told["needed"], told["status"]) == (3, 3, "open"), "enough heads, and not the money"
    assert (told["money_approving"], told["money_needed"]) == (money(3), money(4_002))
    assert vote(people[1], mine, "reject").expect(200)["status"] == "rejected", "more than half can never come"

    assert try_to_pay(owner, mine, shop, 21) == "approval_required"
    for person in (people[0], people[2]):
        assert vote(person, mine).expect(200)["status"] == "open"
    assert vote(people[1], mine).expect(200)["status"] == "approved"
    assert try_to_pay(owner, mine, shop, 21) == "paid"
