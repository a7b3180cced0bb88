"""Limits: set, raised and lifted by everybody together, lowered at once, and kept to the fen at the till.

A month is one of the group's time zone. What is given back in it can be spent again in it, and in no other.
"""

from datetime import timedelta
from typing import Any

import pytest

from groups.members.models import Group
from groups.members.services import accept_invitation, change_group, invite
from groups.proposals.selectors import list_open
from groups.proposals.services import expire_proposals
from groups.rules.models import SpendingCounter
from groups.spending.models import Payment
from tests.cast import (
    Answer,
    Person,
    Shop,
    World,
    agree,
    balance_of,
    buy,
    found,
    join,
    kinds_since,
    meet,
    money,
    pay_in,
    sequence_of,
    settle_on,
    show_code,
    yuan,
)
from tests.rules.test_windows import TICK, at

SHANGHAI = "Asia/Shanghai"
DECEMBER = at(SHANGHAI, 2026, 12)


@pytest.fixture(autouse=True)
def _money(world: World, group: Group, owner: Person, member: Person) -> None:
    """The owner has 4,000.00 in the group, the member 1,000.00; the viewer has nothing, and so no say."""
    pay_in(world, owner, group, yuan(4_000))
    pay_in(world, member, group, yuan(1_000))


def put(person: Person, group: Group, limit: str, amount: float | None, user: Person | None = None) -> Answer:
    """Let somebody ask for a limit (yuan); None takes it away."""
    asked = {"limit": limit, "amount": None if amount is None else money(yuan(amount))}
    return person.api.put(f"/groups/{group.pk}/limits", {**asked, "user": str(user.id) if user else None})


def have(owner: Person, group: Group, limit: str, amount: float, user: Person | None = None) -> None:
    """Let everybody agree on a limit (yuan)."""
    payload = {"limit": limit, "amount": money(yuan(amount)), "user": str(user.id) if user else None}
    assert settle_on(owner, group, "set_limit", payload).status == "approved"


def rules(person: Person, group: Group) -> Any:
    return person.api.get(f"/groups/{group.pk}/limits").expect(200)


def limits(person: Person, group: Group) -> list[tuple[str, str | None, float, float]]:
    """Each limit as one sees it: which, whose, how much and what is left of it (yuan)."""
    return [
        (row["limit"], row["user"], row["amount"]["amount"] / 100, row["left"]["amount"] / 100)
        for row in rules(person, group)["limits"]
    ]


def left(person: Person, group: Group) -> float | None:
    """What somebody is shown that they can still pay (yuan)."""
    shown = rules(person, group)["mine"]["left"]
    return None if shown is None else float(shown["amount"] / 100)


def pay(person: Person, group: Group, shop: Shop, amount: float) -> str:
    """Let somebody try to pay (yuan); say `paid`, or why not."""
    answer = shop.charge(show_code(person, group), yuan(amount))
    return "paid" if answer.status == 201 else str(answer.expect(422)["code"])


def vote(person: Person, group: Group, proposal: Any, choice: str) -> Answer:
    return person.api.post(f"/groups/{group.pk}/proposals/{proposal['id']}/votes", {"choice": choice})


# --- setting, raising, lifting: everybody -----------------------------------------------------------------------------
def test_a_limit_holds_when_everybody_has_agreed(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    before = sequence_of(group)
    proposed = put(owner, group, "member_month", 300).expect(202)
    assert (proposed["kind"], proposed["voters"], proposed["status"]) == ("set_limit", [str(member.id)], "open")
    assert proposed["payload"] == {"limit": "member_month", "user": None, "amount": money(yuan(300))}
    assert limits(owner, group) == []
    assert pay(member, group, shop, 400) == "paid", "until then nothing has changed"

    assert vote(member, group, proposed, "approve").expect(200)["status"] == "approved"
    assert limits(owner, group) == [("member_month", None, 300, 300)]
    assert limits(member, group) == [("member_month", None, 300, 0)], "what was spent before counts as well"
    told = ["proposal_made", "payment_settled", "vote_cast", "limit_changed", "proposal_ended"]
    assert kinds_since(group, before) == told


def test_everybody_is_who_may_spend_and_whose_money_it_is(
    world: World, group: Group, owner: Person, member: Person, viewer: Person
) -> None:
    pay_in(world, viewer, group, yuan(1))
    proposed = put(member, group, "payment", 100).expect(202)
    assert set(proposed["voters"]) == {str(owner.id), str(viewer.id)}
    vote(owner, group, proposed, "approve").expect(200)
    assert limits(owner, group) == []
    assert vote(viewer, group, proposed, "reject").expect(200)["status"] == "rejected"
    assert limits(owner, group) == []


def test_whoever_comes_meanwhile_is_asked_too(world: World, group: Group, owner: Person, member: Person) -> None:
    proposed = put(owner, group, "payment", 5).expect(202)
    guest = meet("赵敏", "+8613800000005", now=world.now)
    code = invite(actor=owner.user, group_id=group.pk, now=world.now).code
    accept_invitation(user=guest.user, code=code, now=world.now)
    (may_spend,) = (row for row in list_open(group.pk) if row.kind == "add_spender")
    vote(member, group, {"id": may_spend.pk}, "approve").expect(200)
    shown = vote(member, group, proposed, "approve").expect(200)
    assert (shown["status"], set(shown["voters"])) == ("open", {str(member.id), str(guest.id)})
    assert vote(guest, group, proposed, "approve").expect(200)["status"] == "approved"
    assert limits(owner, group) == [("payment", None, 5, 5)]


def test_silence_is_no_consent(world: World, group: Group, owner: Person, member: Person) -> None:
    have(owner, group, "payment", 100)
    proposed = put(owner, group, "payment", 200).expect(202)
    world.wait(timedelta(days=7).total_seconds())
    vote(member, group, proposed, "approve").expect(409, "proposal_closed")
    assert expire_proposals(now=world.now) == 1
    assert limits(owner, group) == [("payment", None, 100, 100)]


def test_raised_when_everybody_has_agreed(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "payment", 100)
    proposed = put(owner, group, "payment", 200).expect(202)
    assert pay(owner, group, shop, 100.01) == "limit_exceeded"
    vote(member, group, proposed, "approve").expect(200)
    assert pay(owner, group, shop, 200) == "paid"
    assert pay(owner, group, shop, 200.01) == "limit_exceeded"


def test_lifted_when_everybody_has_agreed(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "payment", 100)
    proposed = put(member, group, "payment", None).expect(202)
    assert limits(owner, group) == [("payment", None, 100, 100)]
    vote(owner, group, proposed, "approve").expect(200)
    assert (limits(owner, group), left(owner, group)) == ([], None)
    assert pay(member, group, shop, 1_000) == "paid"


def test_a_lowered_limit_is_raised_by_everybody_again(group: Group, owner: Person, member: Person) -> None:
    """Lowering and raising again is no way around the others."""
    have(owner, group, "payment", 100)
    put(owner, group, "payment", 50).expect(200)
    put(owner, group, "payment", 100).expect(202)
    assert limits(owner, group) == [("payment", None, 50, 50)]


def test_alone_one_is_everybody(world: World, owner: Person, shop: Shop) -> None:
    mine = found(owner, now=world.now)
    pay_in(world, owner, mine, yuan(100))
    assert put(owner, mine, "payment", 10).expect(200)["limits"][0]["amount"] == money(yuan(10))
    assert pay(owner, mine, shop, 10.01) == "limit_exceeded"
    put(owner, mine, "payment", 20).expect(200)
    assert pay(owner, mine, shop, 20) == "paid"


# --- lowering: at once ------------------------------------------------------------------------------------------------
def test_the_owner_lowers_at_once(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "group_month", 500)
    before = sequence_of(group)
    put(owner, group, "group_month", 499.99).expect(200)
    assert kinds_since(group, before) == ["limit_changed"]
    assert pay(member, group, shop, 500) == "limit_exceeded"
    assert pay(member, group, shop, 499.99) == "paid"


def test_everybody_lowers_for_themselves(
    group: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    for person in (member, viewer):
        have(owner, group, "member_month", 300, user=person)
        put(person, group, "member_month", 200, user=person).expect(200)
    assert pay(member, group, shop, 200.01) == "limit_exceeded"
    assert pay(owner, group, shop, 200.01) == "paid"


def test_who_may_not_lower(group: Group, owner: Person, member: Person, viewer: Person, stranger: Person) -> None:
    have(owner, group, "member_month", 300)
    have(owner, group, "member_month", 300, user=owner)
    before = sequence_of(group)
    for person in (member, viewer):
        put(person, group, "member_month", 200).expect(403, "not_allowed")
        put(person, group, "member_month", 200, user=owner).expect(403, "not_allowed")
    put(viewer, group, "member_month", 400).expect(403, "not_allowed")  # a viewer does not propose either
    put(stranger, group, "member_month", 200).expect(404, "group_not_found")
    assert sequence_of(group) == before


def test_what_makes_no_sense(group: Group, owner: Person, stranger: Person) -> None:
    have(owner, group, "payment", 100)
    before = sequence_of(group)
    put(owner, group, "payment", 100).expect(422, "nothing_to_change")
    put(owner, group, "group_month", None).expect(422, "nothing_to_change")
    put(owner, group, "payment", 50, user=stranger).expect(404, "member_not_found")
    put(owner, group, "group_month", 50, user=owner).expect(400, "invalid")
    put(owner, group, "payment", -1).expect(400, "invalid")
    put(owner, group, "year", 50).expect(400, "invalid")
    put(owner, group, "payment", 80).expect(200)
    put(owner, group, "payment", 90).expect(202)
    put(owner, group, "payment", 90).expect(409, "proposal_open_already")
    assert kinds_since(group, before) == ["limit_changed", "proposal_made"]


# --- at the till ------------------------------------------------------------------------------------------------------
def test_a_payment(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "payment", 100)
    assert pay(member, group, shop, 100.01) == "limit_exceeded"
    assert pay(member, group, shop, 100) == "paid"
    assert pay(member, group, shop, 100) == "paid", "as often as one likes"
    assert balance_of(group) == yuan(4_800)


def test_a_member_and_month(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "member_month", 300)
    assert pay(member, group, shop, 299.99) == "paid"
    assert pay(member, group, shop, 0.02) == "limit_exceeded"
    assert pay(member, group, shop, 0.01) == "paid"
    assert pay(member, group, shop, 0.01) == "limit_exceeded"
    assert (left(member, group), left(owner, group)) == (0, 300)
    assert pay(owner, group, shop, 300) == "paid", "what one member spends is not what another does"


def test_the_group_and_month(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "group_month", 300)
    assert pay(member, group, shop, 100) == "paid"
    assert pay(owner, group, shop, 200.01) == "limit_exceeded"
    assert pay(owner, group, shop, 200) == "paid"
    for person in (owner, member):
        assert pay(person, group, shop, 0.01) == "limit_exceeded"
        assert limits(person, group) == [("group_month", None, 300, 0)]


def test_anothers_limit_does_not_bind_me(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "member_month", 50, user=owner)
    have(owner, group, "payment", 20, user=owner)
    assert left(member, group) is None
    assert pay(member, group, shop, 500) == "paid"
    assert pay(owner, group, shop, 20.01) == "limit_exceeded"
    assert pay(owner, group, shop, 20) == "paid"
    assert limits(member, group) == [("member_month", str(owner.id), 50, 30), ("payment", str(owner.id), 20, 20)]


@pytest.mark.parametrize(("of_all", "of_one", "holds"), [(300, 200, 200), (200, 300, 200)])
def test_one_members_limit_stands_beside_everybodys(
    group: Group, owner: Person, member: Person, shop: Shop, of_all: float, of_one: float, holds: float
) -> None:
    have(owner, group, "member_month", of_all)
    have(owner, group, "member_month", of_one, user=member)
    assert (left(member, group), left(owner, group)) == (holds, of_all)
    assert pay(member, group, shop, holds + 0.01) == "limit_exceeded"
    assert pay(member, group, shop, holds) == "paid"
    assert pay(owner, group, shop, of_all) == "paid"


def test_all_of_them_hold_at_once(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    """100 a payment, 150 a member, 220 the group: what remains is shown before paying, and is what can be paid."""
    have(owner, group, "payment", 100)
    have(owner, group, "member_month", 150)
    have(owner, group, "group_month", 220)
    shown = [left(member, group)]
    for person, amount in ((member, 100), (member, 50), (owner, 70)):
        assert pay(person, group, shop, amount + 0.01) == "limit_exceeded"
        assert pay(person, group, shop, amount) == "paid"
        shown += [left(member, group), left(owner, group)]
    assert shown == [100, 50, 100, 0, 70, 0, 0]
    assert balance_of(group) == yuan(5_000 - 220)


def test_a_limit_of_nothing(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "payment", 0)
    assert pay(member, group, shop, 0.01) == "limit_exceeded"
    assert left(member, group) == 0


def test_lower_than_what_is_spent(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "group_month", 500)
    assert pay(member, group, shop, 400) == "paid"
    put(owner, group, "group_month", 300).expect(200)
    assert limits(owner, group) == [("group_month", None, 300, 0)]
    assert pay(member, group, shop, 0.01) == "limit_exceeded"


def test_what_was_refused_does_not_count(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "member_month", 6_000)
    assert pay(member, group, shop, 5_000.01) == "insufficient_funds"
    assert left(member, group) == 6_000
    assert not SpendingCounter.objects.exists()


def test_a_merchant_learns_that_it_is_too_much_and_no_number(
    group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    have(owner, group, "member_month", 123.45)
    before = sequence_of(group)
    code = show_code(member, group)
    first = shop.charge(code, yuan(678.9), "trade-a")
    refused = first.expect(422, "limit_exceeded")
    assert "data" not in refused
    assert "123" not in first.raw.decode().replace(refused["request_id"], "")
    assert kinds_since(group, before) == ["payment_refused"]
    # It stays refused under its number, also when the limit would let it through.
    settle_on(owner, group, "set_limit", {"limit": "member_month", "amount": None, "user": None})
    shop.charge(code, yuan(678.9), "trade-a").expect(422, "limit_exceeded")
    assert shop.look_up("trade-a").expect(200)["refusal_code"] == "limit_exceeded"
    assert pay(member, group, shop, 678.9) == "paid"


# --- giving back ------------------------------------------------------------------------------------------------------
def test_what_is_given_back_can_be_spent_again(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    have(owner, group, "member_month", 300)
    have(owner, group, "group_month", 400)
    number = buy(member, group, shop, yuan(300))
    assert (left(member, group), left(owner, group)) == (0, 100)
    shop.refund(number, yuan(100), "r1").expect(201)
    assert (left(member, group), left(owner, group)) == (100, 200)
    shop.refund(number, yuan(100), "r1").expect(201)  # the same refund again
    assert left(member, group) == 100
    shop.refund(number, yuan(200), "r2").expect(201)
    assert (left(member, group), left(owner, group)) == (300, 300)
    assert pay(member, group, shop, 300) == "paid"
    assert pay(member, group, shop, 0.01) == "limit_exceeded"


def test_what_is_given_back_next_month_buys_nothing(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    have(owner, group, "member_month", 300)
    number = buy(member, group, shop, yuan(300))
    world.go_to(DECEMBER)
    shop.refund(number, yuan(100), "r1").expect(201)  # before anything was spent in December
    assert left(member, group) == 300
    assert pay(member, group, shop, 200) == "paid"
    shop.refund(number, yuan(200), "r2").expect(201)  # and after
    assert left(member, group) == 100
    assert pay(member, group, shop, 100.01) == "limit_exceeded"
    assert pay(member, group, shop, 100) == "paid"
    spent = SpendingCounter.objects.filter(group=group, member=member.id).order_by("starts_at")
    assert [counter.spent for counter in spent] == [yuan(300), yuan(300)]


def test_a_refund_on_both_sides_of_midnight(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    have(owner, group, "group_month", 300)
    number = buy(member, group, shop, yuan(300))
    world.bank.now = DECEMBER - TICK
    shop.refund(number, yuan(100), "before").expect(201)
    assert left(member, group) == 100
    world.bank.now = DECEMBER
    shop.refund(number, yuan(100), "after").expect(201)
    assert left(member, group) == 300


# --- months -----------------------------------------------------------------------------------------------------------
def test_a_month_ends_at_the_groups_midnight(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    have(owner, group, "member_month", 300)
    world.go_to(DECEMBER - timedelta(seconds=30))
    assert pay(member, group, shop, 300) == "paid"
    world.bank.now = DECEMBER - TICK
    assert pay(member, group, shop, 0.01) == "limit_exceeded"
    assert rules(member, group)["month_ends_at"] == "2026-11-30T16:00:00Z"
    world.bank.now = DECEMBER
    assert left(member, group) == 300, "the new month is shown before anything is spent in it"
    assert pay(member, group, shop, 300) == "paid"
    assert pay(member, group, shop, 0.01) == "limit_exceeded"
    spent = SpendingCounter.objects.filter(group=group, member=None).order_by("starts_at")
    assert [counter.spent for counter in spent] == [yuan(300), yuan(300)]
    assert list(Payment.objects.filter(status="settled").order_by("id").values_list("counted_in", flat=True)) == [
        at(SHANGHAI, 2026, 11),
        DECEMBER,
    ]


def test_months_in_which_nothing_is_spent_are_not_saved_up(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    have(owner, group, "member_month", 300)
    assert pay(member, group, shop, 300) == "paid"
    world.bank.now = at(SHANGHAI, 2027, 3, 17)
    assert (rules(member, group)["month_starts_at"], left(member, group)) == ("2027-02-28T16:00:00Z", 300)
    assert pay(member, group, shop, 300.01) == "limit_exceeded"
    assert pay(member, group, shop, 300) == "paid"


def test_the_first_month_is_that_of_the_founding(world: World, owner: Person, member: Person, shop: Shop) -> None:
    """Founded on the 20th, a group has what is left of November for November, and a December of its own."""
    world.bank.now = at(SHANGHAI, 2026, 11, 20)
    late = found(owner, now=world.now)
    join(late, owner, member, now=world.now)
    pay_in(world, owner, late, yuan(1_000))
    have(owner, late, "group_month", 300)
    shown = rules(owner, late)
    assert (shown["month_starts_at"], shown["month_ends_at"]) == ("2026-10-31T16:00:00Z", "2026-11-30T16:00:00Z")
    assert pay(member, late, shop, 300) == "paid"
    world.go_to(DECEMBER)
    assert pay(member, late, shop, 300) == "paid"


#: The first goes to where December has come already, the second to where November goes on; the third asks for both.
MOVES = [["Pacific/Kiritimati"], ["Pacific/Niue"], ["Pacific/Niue", "Pacific/Kiritimati", "America/New_York"]]


@pytest.mark.parametrize("moves", MOVES, ids=len)
@pytest.mark.parametrize("hours", [-1, 0, 20])
def test_another_zone_buys_no_second_allowance(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, moves: list[str], hours: float
) -> None:
    """November is spent, then the zone is changed around its end: one more month's money at the most, in December."""
    have(owner, group, "group_month", 300)
    assert pay(member, group, shop, 300) == "paid"
    world.bank.now = DECEMBER + timedelta(hours=hours)
    came_of_it = []
    for zone in moves:
        change_group(actor=owner.user, group_id=group.pk, now=world.now, time_zone=zone)
        came_of_it += [pay(member, group, shop, 300), pay(member, group, shop, 0.01)]
    allowed = ["paid"] if hours >= 0 else []
    assert came_of_it == allowed + ["limit_exceeded"] * (2 * len(moves) - len(allowed))
    for day in range(3, 29):
        world.bank.now = at("UTC", 2026, 12, day)
        assert left(member, group) == (0 if allowed else 300)
    world.bank.now = at("UTC", 2027, 1, 2)
    assert left(member, group) == 300


def test_a_founder_who_travels_at_once_gains_no_month(world: World, owner: Person, member: Person, shop: Shop) -> None:
    """Founded in the first minutes of December; where it still is November, that would be a month to spend first."""
    world.bank.now = DECEMBER + timedelta(minutes=10)
    fresh = found(owner, now=world.now)
    join(fresh, owner, member, now=world.now)
    pay_in(world, owner, fresh, yuan(1_000))
    have(owner, fresh, "group_month", 300)
    change_group(actor=owner.user, group_id=fresh.pk, now=world.now, time_zone="Pacific/Niue")
    assert pay(member, fresh, shop, 300) == "paid"
    world.bank.now = at("Pacific/Niue", 2026, 12, 1, 1)
    assert pay(member, fresh, shop, 0.01) == "limit_exceeded"


def test_leaving_and_coming_back_is_no_new_month(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    have(owner, group, "member_month", 300)
    assert pay(member, group, shop, 300) == "paid"
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(200)
    world.wait()
    join(group, owner, member, now=world.now)
    assert pay(member, group, shop, 0.01) == "limit_exceeded"


# --- what is shown ----------------------------------------------------------------------------------------------------
def test_without_any_limit(group: Group, member: Person) -> None:
    shown = rules(member, group)
    assert shown["mine"] == {"left": None, "free_up_to": money(yuan(10_000)), "paused": False}
    assert shown["limits"] == shown["blocked"] == shown["paused"] == []
    assert shown["tiers"] == [{"above": money(yuan(10_000)), "approvals": 1}]
    assert (shown["part_percent"], shown["objection_hours"], shown["owe_max"]) == (50, 24, money(0))


def test_alone_nobody_has_to_approve_anything(world: World, owner: Person) -> None:
    mine = found(owner, now=world.now)
    assert rules(owner, mine)["mine"]["free_up_to"] is None


def test_a_viewer_sees_them_and_a_stranger_does_not(
    group: Group, owner: Person, viewer: Person, stranger: Person
) -> None:
    have(owner, group, "group_month", 300)
    assert limits(viewer, group) == [("group_month", None, 300, 300)]
    stranger.api.get(f"/groups/{group.pk}/limits").expect(404, "group_not_found")


def test_a_limit_of_somebody_who_is_asked_about_shows_what_is_left_to_them(
    group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    have(owner, group, "member_month", 300)
    have(owner, group, "member_month", 200, user=member)
    buy(member, group, shop, yuan(50))
    of_member = str(member.id)
    assert limits(owner, group) == [("member_month", None, 300, 300), ("member_month", of_member, 200, 150)]
    assert limits(member, group) == [("member_month", None, 300, 250), ("member_month", of_member, 200, 150)]


def test_everything_that_was_agreed_is_told(world: World, group: Group, owner: Person) -> None:
    assert put(owner, group, "payment", 10).expect(202)["status"] == "open"
    before = sequence_of(group)
    (decided,) = agree(group)
    assert decided.status == "approved"
    assert kinds_since(group, before) == ["vote_cast", "limit_changed", "proposal_ended"]
