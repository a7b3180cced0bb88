"""Out of everybody's money to one member's card, as for rent advanced: borne by the sharing rule, kept to the rules.

The drain guard: more than the own stake, or more than a part of the pool within a day, is announced and leaves when its
hours are over, unless somebody objects. When it leaves, everything is judged again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from groups.funding.models import Withdrawal
from groups.funding.services import send_waiting
from groups.members.models import Group
from groups.proposals.models import Proposal
from tests.cast import (
    Answer,
    Person,
    Shop,
    World,
    balance_of,
    found,
    join,
    kinds_since,
    link,
    meet,
    money,
    pay_in,
    sequence_of,
    settle_on,
    show_code,
    stakes_of,
    yuan,
)
from tests.rules.test_windows import TICK, at
from wallet.ledger.models import Account, Event
from wallet.ledger.selectors import balance_as_of, system_account

HOURS = timedelta(hours=24)


@pytest.fixture(autouse=True)
def _money(world: World, group: Group, owner: Person, member: Person, viewer: Person) -> None:
    """Of 1,000.00 in the group, 600.00 are the owner's, 300.00 the member's, 100.00 the viewer's."""
    for person, amount in ((owner, 600), (member, 300), (viewer, 100)):
        pay_in(world, person, group, yuan(amount))


def take(person: Person, group: Group, amount: float, memo: str = "房租", key: str | None = None) -> Answer:
    """Let somebody ask for an amount (yuan) that all shall bear."""
    assert person.source is not None
    asked = {"source": str(person.source.pk), "amount": money(yuan(amount)), "borne_by": "group", "memo": memo}
    return person.api.post(f"/groups/{group.pk}/withdrawals", asked, key=key, proof=True)


def announce(person: Person, group: Group, amount: float = 400) -> str:
    """Let somebody ask for so much that it has to wait."""
    made = take(person, group, amount).expect(201)
    assert made["status"] == "waiting"
    return str(made["id"])


def tell(person: Person, group: Group, withdrawal: str, what: str) -> Answer:
    return person.api.post(f"/groups/{group.pk}/withdrawals/{withdrawal}/{what}")


def look(person: Person, group: Group, withdrawal: str) -> tuple[str, str]:
    """What has become of it, and why."""
    seen = person.api.get(f"/groups/{group.pk}/withdrawals/{withdrawal}").expect(200)
    return seen["status"], seen["failure_code"]


def set_limit(owner: Person, group: Group, amount: float | None, limit: str = "member_month") -> None:
    payload = {"limit": limit, "amount": None if amount is None else money(yuan(amount)), "user": None}
    assert settle_on(owner, group, "set_limit", payload).status == "approved"


def set_voting(owner: Person, group: Group, *tiers: tuple[float, int], part: int = 50, hours: int = 24) -> Proposal:
    shown = [{"above": money(yuan(above)), "approvals": approvals} for above, approvals in tiers]
    return settle_on(owner, group, "change_voting", {"tiers": shown, "part_percent": part, "objection_hours": hours})


def in_transit(world: World, group: Group) -> int:
    return balance_as_of(system_account(group.wallet, Account.Kind.IN_TRANSIT), world.now)


@pytest.fixture
def untouched(group: Group) -> Callable[[], bool]:
    """Say whether everybody still has what they had."""
    before = stakes_of(group)
    return lambda: stakes_of(group) == before


# --- at once ----------------------------------------------------------------------------------------------------------
def test_a_small_one_leaves_at_once_and_all_bear_it(world: World, group: Group, member: Person) -> None:
    before = sequence_of(group)
    taken = take(member, group, 100).expect(201)
    assert (taken["status"], taken["borne_by"], taken["executes_at"]) == ("requested", "group", None)
    assert stakes_of(group) == {"张伟": yuan(540), "王芳": yuan(270), "李梅": yuan(90)}
    assert in_transit(world, group) == yuan(100)
    world.wait()
    assert kinds_since(group, before) == ["transfer_requested", "transfer_submitted", "transfer_settled"]
    assert in_transit(world, group) == 0
    assert look(member, group, taken["id"]) == ("settled", "")
    event = Event.objects.get(wallet=group.pk, kind="transfer_requested")
    assert event.data["shares"][str(member.id)] == yuan(30)
    totals = world.bank.book.get_totals()
    assert totals.collected - totals.paid_out == balance_of(group) == yuan(900)


def test_by_the_groups_own_rule(group: Group, owner: Person, member: Person) -> None:
    settle_on(owner, group, "change_sharing", {"sharing_rule": "equal"})
    take(member, group, 300).expect(201)
    assert stakes_of(group) == {"张伟": yuan(500), "王芳": yuan(200), "李梅": 0}
    refused = take(owner, group, 0.03).expect(422, "insufficient_funds")
    assert refused["data"] == {"available": yuan(700)}, "a third is more than the viewer has"


def test_a_bank_that_refuses(world: World, group: Group, member: Person, untouched: Callable[[], bool]) -> None:
    before = sequence_of(group)
    member.source = link(member, "late_failed", now=world.now)
    taken = take(member, group, 100).expect(201)
    assert not untouched()
    world.wait(60)
    assert untouched(), "it is back with those who bore it"
    assert look(member, group, taken["id"]) == ("failed", "card_blocked")
    assert kinds_since(group, before) == ["transfer_requested", "transfer_submitted", "transfer_failed"]
    assert in_transit(world, group) == 0


def test_who_may_not(group: Group, viewer: Person, stranger: Person, owner: Person, member: Person) -> None:
    before = sequence_of(group)
    take(viewer, group, 1).expect(403, "not_allowed")
    take(stranger, group, 1).expect(404, "group_not_found")
    take(member, group, 1_000.01).expect(422, "insufficient_funds")
    member.source, mine = owner.source, member.source
    take(member, group, 1).expect(404, "source_not_found")
    member.source = mine
    assert sequence_of(group) == before


def test_the_same_key_takes_once(group: Group, member: Person) -> None:
    for amount in (100, 400):
        first, again = (take(member, group, amount, key=f"out-{amount:020}") for _ in range(2))
        assert first.expect(201) == again.expect(201)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert Withdrawal.objects.count() == 2


def test_alone_nobody_has_to_be_waited_for(world: World, owner: Person) -> None:
    mine = found(owner, now=world.now)
    pay_in(world, owner, mine, yuan(100))
    assert take(owner, mine, 100).expect(201)["status"] == "requested"


# --- what has to wait -------------------------------------------------------------------------------------------------
# who        yuan    own stake 600 or 300, half of the pool 500
EDGES = [
    ("member", 300, "requested"),
    ("member", 300.01, "waiting"),
    ("owner", 500, "requested"),
    ("owner", 500.01, "waiting"),
]


@pytest.mark.parametrize(("who", "amount", "status"), EDGES)
def test_more_than_ones_own_or_than_a_part_of_the_pool(
    group: Group, owner: Person, member: Person, who: str, amount: float, status: str
) -> None:
    person = {"owner": owner, "member": member}[who]
    assert take(person, group, amount).expect(201)["status"] == status


def test_announced_nothing_has_left_yet(
    world: World, group: Group, member: Person, untouched: Callable[[], bool]
) -> None:
    before = sequence_of(group)
    announced = take(member, group, 400).expect(201)
    assert announced["executes_at"] == f"{world.now + HOURS:%Y-%m-%dT%H:%M:%SZ}"
    assert untouched()
    assert kinds_since(group, before) == ["transfer_announced"]
    event = Event.objects.get(wallet=group.pk, kind="transfer_announced")
    assert (event.data["amount"], event.data["memo"], event.data["user"]) == (yuan(400), "房租", str(member.id))
    world.wait(3600)
    assert kinds_since(group, before) == ["transfer_announced"]


def test_in_parts_it_is_as_much(group: Group, member: Person) -> None:
    """After 100.00 the others bear 70.00 and the member has 270.00: 200.00 more make it 210.00 against 210.00."""
    take(member, group, 100).expect(201)
    assert take(member, group, 200.01).expect(201)["status"] == "waiting"
    assert take(member, group, 200).expect(201)["status"] == "requested"
    assert take(member, group, 0.02).expect(201)["status"] == "waiting"


def test_in_small_bites_day_after_day_it_is_as_much(world: World, group: Group, member: Person) -> None:
    """The own stake's worth a day, borne by all, would leave with everything in a week."""
    begun, told = world.now, []
    for day in range(4):
        world.go_to(begun + day * (HOURS + timedelta(hours=1)))
        told.append(take(member, group, 130).expect(201)["status"])
    assert told == ["requested", "requested", "waiting", "waiting"]
    world.go_to(begun + timedelta(days=31, hours=1))
    assert take(member, group, 130).expect(201)["status"] == "requested", "a month later it begins anew"


def test_what_others_could_object_to_is_not_counted_again(world: World, group: Group, member: Person) -> None:
    announce(member, group)
    world.wait(HOURS.total_seconds())
    assert send_waiting(now=world.now) == 1
    world.wait(HOURS.total_seconds())
    assert take(member, group, 100).expect(201)["status"] == "requested"


# --- the own stake stands for it --------------------------------------------------------------------------------------
def take_own(person: Person, group: Group, amount: float) -> Answer:
    assert person.source is not None
    asked = {"source": str(person.source.pk), "amount": money(yuan(amount))}
    return person.api.post(f"/groups/{group.pk}/withdrawals", asked, proof=True)


def test_nobody_takes_of_all_and_then_the_rest_of_the_own(world: World, group: Group, member: Person) -> None:
    """Of 300.00 the others bear 210.00; as much of the member's 210.00 stays until the hours to object are over."""
    taken = world.now
    take(member, group, 300).expect(201)
    assert what_stays(member, group) == ["stake_covers"]
    refused = take_own(member, group, 0.01).expect(422, "stake_covers")
    assert refused["data"] == {"cover": yuan(210), "until": f"{taken + HOURS:%Y-%m-%dT%H:%M:%SZ}"}
    member.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(422, "stake_covers")
    world.go_to(taken + HOURS)
    assert what_stays(member, group) == []
    take_own(member, group, 10).expect(201)
    member.api.post(f"/groups/{group.pk}/exit", {}, proof=True).expect(200)


def what_stays(person: Person, group: Group) -> Any:
    return person.api.get(f"/groups/{group.pk}/exit").expect(200)["obstacles"]


def test_what_is_more_than_the_cover_leaves(group: Group, member: Person) -> None:
    take(member, group, 100).expect(201)
    take_own(member, group, 200.01).expect(422, "stake_covers")
    take_own(member, group, 200).expect(201)


def test_whoever_contests_it_in_time_finds_the_cover(world: World, group: Group, owner: Person, member: Person) -> None:
    taken = take(member, group, 300).expect(201)["id"]
    world.wait()
    asked = {"withdrawal": taken, "reason": "不是房租"}
    assert owner.api.post(f"/groups/{group.pk}/disputes", asked).expect(201)["held"] == money(yuan(180))


def test_no_more_than_so_many_wait(group: Group, member: Person) -> None:
    for _ in range(5):
        announce(member, group)
    before = sequence_of(group)
    take(member, group, 400).expect(422, "too_many_waiting")
    assert sequence_of(group) == before
    assert take(member, group, 10).expect(201)["status"] == "requested"


def test_all_of_them_together_take_no_more_than_the_part(group: Group, owner: Person, member: Person) -> None:
    """Half of what there was, 500.00: each of them within the own stake, and not both of them more than that."""
    take(owner, group, 300).expect(201)
    assert take(member, group, 200.01).expect(201)["status"] == "waiting"
    assert take(member, group, 200).expect(201)["status"] == "requested"


def test_a_day_later_it_is_another_day(world: World, group: Group, owner: Person) -> None:
    taken = world.now
    take(owner, group, 300).expect(201)  # of the other 700.00 are 420.00 the owner's, and the others bear 120.00
    world.go_to(taken + HOURS - TICK)
    assert take(owner, group, 200.01).expect(201)["status"] == "waiting"
    world.go_to(taken + HOURS)
    assert take(owner, group, 200.01).expect(201)["status"] == "requested"


def test_what_was_announced_is_of_the_day_on_which_it_leaves(world: World, group: Group, owner: Person) -> None:
    """Announced yesterday, gone this minute: as much again does not follow it in the next."""
    announce(owner, group, 500.01)
    world.wait(HOURS.total_seconds())
    assert send_waiting(now=world.now) == 1
    assert take(owner, group, 100).expect(201)["status"] == "waiting"
    world.wait(HOURS.total_seconds())
    assert send_waiting(now=world.now) == 1


def test_what_came_back_does_not_count(world: World, group: Group, member: Person) -> None:
    card, member.source = member.source, link(member, "late_failed", now=world.now)
    take(member, group, 300).expect(201)
    world.wait(60)
    member.source = card
    assert take(member, group, 300).expect(201)["status"] == "requested"


def test_payments_at_the_till_are_not_held_up(group: Group, member: Person, shop: Shop) -> None:
    shop.charge(show_code(member, group), yuan(1_000)).expect(201)


# --- objecting, taking back -------------------------------------------------------------------------------------------
def test_an_objection_stops_it(
    world: World, group: Group, member: Person, viewer: Person, untouched: Callable[[], bool]
) -> None:
    waiting, before = announce(member, group), sequence_of(group)
    stopped = tell(viewer, group, waiting, "objections").expect(200)
    assert (stopped["status"], stopped["objector"]) == ("stopped", str(viewer.id))
    tell(viewer, group, waiting, "objections").expect(200)
    assert kinds_since(group, before) == ["transfer_stopped"]
    world.wait(2 * HOURS.total_seconds())
    assert send_waiting(now=world.now) == 0
    assert look(member, group, waiting) == ("stopped", "")
    assert untouched()


def test_who_objects(world: World, group: Group, member: Person, stranger: Person, owner: Person) -> None:
    penniless = meet("赵敏", "+8613800000005", now=world.now)
    join(group, owner, penniless, now=world.now, role="viewer")
    waiting, before = announce(member, group), sequence_of(group)
    tell(member, group, waiting, "objections").expect(403, "not_eligible")
    tell(penniless, group, waiting, "objections").expect(403, "not_eligible")
    tell(stranger, group, waiting, "objections").expect(404, "group_not_found")
    assert sequence_of(group) == before
    tell(owner, group, waiting, "objections").expect(200)
    tell(owner, group, str(member.id), "objections").expect(404, "withdrawal_not_found")


def test_until_the_last_moment(world: World, group: Group, owner: Person, member: Person) -> None:
    first, second = announce(member, group), announce(member, group, 401)
    ends = world.now + HOURS
    world.bank.now = ends - TICK
    tell(owner, group, first, "objections").expect(200)
    world.bank.now = ends
    tell(owner, group, second, "objections").expect(409, "not_waiting")
    tell(member, group, second, "cancel").expect(409, "not_waiting")
    assert send_waiting(now=world.now) == 1


def test_an_own_withdrawal_is_nobodys_to_stop(group: Group, owner: Person, member: Person) -> None:
    assert member.source is not None
    asked = {"source": str(member.source.pk), "amount": money(yuan(300))}
    mine = member.api.post(f"/groups/{group.pk}/withdrawals", asked, proof=True).expect(201)["id"]
    tell(owner, group, mine, "objections").expect(404, "withdrawal_not_found")
    left_at_once = take(member, group, 0.01)
    assert left_at_once.expect(201)["status"] == "waiting", "nothing is left of the own stake"


def test_taken_back(group: Group, owner: Person, member: Person, untouched: Callable[[], bool]) -> None:
    waiting, before = announce(member, group), sequence_of(group)
    tell(owner, group, waiting, "cancel").expect(403, "not_allowed")
    assert tell(member, group, waiting, "cancel").expect(200)["status"] == "cancelled"
    tell(member, group, waiting, "cancel").expect(200)
    tell(owner, group, waiting, "objections").expect(409, "not_waiting")
    assert kinds_since(group, before) == ["transfer_stopped"]
    assert untouched()


def test_what_left_at_once_is_not_stopped(group: Group, owner: Person, member: Person) -> None:
    gone = take(member, group, 10).expect(201)["id"]
    tell(owner, group, gone, "objections").expect(409, "not_waiting")
    tell(member, group, gone, "cancel").expect(409, "not_waiting")


# --- when its hours are over ------------------------------------------------------------------------------------------
def test_it_leaves_when_its_hours_are_over(world: World, group: Group, member: Person) -> None:
    waiting, before, ends = announce(member, group), sequence_of(group), world.now + HOURS
    world.bank.now = ends - TICK
    assert send_waiting(now=world.now) == 0
    world.bank.now = ends
    assert send_waiting(now=world.now) == 1
    assert send_waiting(now=world.now) == 0
    assert stakes_of(group) == {"张伟": yuan(360), "王芳": yuan(180), "李梅": yuan(60)}
    world.wait()
    assert kinds_since(group, before) == ["transfer_requested", "transfer_submitted", "transfer_settled"]
    assert look(member, group, waiting) == ("settled", "")


def _pause(group: Group, owner: Person, member: Person) -> None:
    owner.api.put(f"/groups/{group.pk}/pauses", {"user": None, "paused": True}).expect(200)


def _limit(group: Group, owner: Person, member: Person) -> None:
    set_limit(owner, group, 399.99)


def _empty(group: Group, owner: Person, member: Person) -> None:
    assert owner.source is not None
    asked = {"source": str(owner.source.pk), "amount": money(yuan(600))}
    owner.api.post(f"/groups/{group.pk}/withdrawals", asked, proof=True).expect(201)
    assert balance_of(group) == yuan(400)
    assert member.source is not None
    asked = {"source": str(member.source.pk), "amount": money(1)}
    member.api.post(f"/groups/{group.pk}/withdrawals", asked, proof=True).expect(201)


def _look_on(group: Group, owner: Person, member: Person) -> None:
    member.api.patch(f"/groups/{group.pk}/members/{member.id}", {"role": "viewer"}).expect(200)


def _unlink(group: Group, owner: Person, member: Person) -> None:
    assert member.source is not None
    member.api.delete(f"/me/sources/{member.source.pk}", proof=True).expect(204)


CHANGES = [
    (_pause, "spending_paused"),
    (_limit, "limit_exceeded"),
    (_empty, "insufficient_funds"),
    (_look_on, "not_allowed"),
    (_unlink, "source_not_found"),
]


@pytest.mark.parametrize(("change", "code"), CHANGES, ids=lambda given: getattr(given, "__name__", ""))
def test_it_is_judged_again_when_it_leaves(
    world: World, group: Group, owner: Person, member: Person, change: Callable[..., None], code: str
) -> None:
    waiting = announce(member, group)
    change(group, owner, member)
    world.wait(HOURS.total_seconds())
    before, stakes = sequence_of(group), stakes_of(group)
    assert send_waiting(now=world.now) == 1
    assert look(owner, group, waiting) == ("refused", code)
    assert kinds_since(group, before) == ["transfer_refused"]
    assert stakes_of(group) == stakes
    assert send_waiting(now=world.now) == 0


def test_one_that_is_refused_does_not_hold_up_the_others(world: World, group: Group, owner: Person) -> None:
    first, second = announce(owner, group, 900), announce(owner, group, 800)
    world.wait(HOURS.total_seconds())
    assert send_waiting(now=world.now) == 2
    assert look(owner, group, first)[0] == "requested"
    assert look(owner, group, second) == ("refused", "insufficient_funds")


def test_who_leaves_takes_nothing_along(world: World, group: Group, owner: Person, member: Person) -> None:
    waiting, before = announce(member, group), sequence_of(group)
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(200)
    assert sorted(kinds_since(group, before)) == ["member_left", "transfer_stopped", "withdrawal_requested"]
    world.wait(2 * HOURS.total_seconds())
    assert send_waiting(now=world.now) == 0
    assert look(owner, group, waiting) == ("cancelled", "")
    assert stakes_of(group) == {"张伟": yuan(600), "李梅": yuan(100)}


def test_what_comes_back_finds_who_has_left(world: World, group: Group, owner: Person, member: Person) -> None:
    """The member bore 30.00 of it and left with 270.00; the bank refuses it, and 30.00 go after them."""
    owner.source = link(owner, "late_failed", now=world.now)
    take(owner, group, 100).expect(201)
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(200)
    world.wait(60)
    assert stakes_of(group) == {"张伟": yuan(600), "王芳": yuan(30), "李梅": yuan(100)}
    assert world.send_late_money() == 1
    assert stakes_of(group) == {"张伟": yuan(600), "李梅": yuan(100)}


# --- above a tier -----------------------------------------------------------------------------------------------------
def approve(person: Person, group: Group, proposal: Any, choice: str = "approve") -> Any:
    path = f"/groups/{group.pk}/proposals/{proposal['id']}/votes"
    return person.api.post(path, {"choice": choice}, proof=True).expect(200)


def test_above_a_tier_it_is_proposed(world: World, group: Group, owner: Person, member: Person) -> None:
    set_voting(owner, group, (200, 1))
    before = sequence_of(group)
    assert take(member, group, 200).expect(201)["status"] == "requested"
    proposed = take(member, group, 200.01).expect(202)
    assert (proposed["kind"], proposed["voters"], proposed["needed"]) == ("approve_transfer", [str(owner.id)], 1)
    assert proposed["effect"]["stakes"][str(owner.id)] == money(35_999)
    assert balance_of(group) == yuan(800)
    decided = approve(owner, group, proposed)
    assert decided["status"] == "approved"
    assert look(member, group, decided["outcome"]["withdrawal"])[0] == "requested"
    world.wait()
    assert look(member, group, decided["outcome"]["withdrawal"])[0] == "settled"
    assert balance_of(group) == yuan(599.99)
    told = ["transfer_requested", "proposal_made", "vote_cast", "transfer_requested", "proposal_ended"]
    assert kinds_since(group, before)[:5] == told


def test_rejected_nothing_leaves(group: Group, owner: Person, member: Person, untouched: Callable[[], bool]) -> None:
    set_voting(owner, group, (200, 1))
    proposed = take(member, group, 250).expect(202)
    assert approve(owner, group, proposed, "reject")["status"] == "rejected"
    assert untouched()
    assert not Withdrawal.objects.exists()


def test_approved_it_is_judged_again(
    group: Group, owner: Person, member: Person, untouched: Callable[[], bool]
) -> None:
    set_voting(owner, group, (200, 1))
    set_limit(owner, group, 300)
    proposed = take(member, group, 250).expect(202)
    owner.api.put(f"/groups/{group.pk}/limits", {"limit": "member_month", "amount": money(yuan(249.99)), "user": None})
    decided = approve(owner, group, proposed)
    assert (decided["status"], decided["outcome"]) == ("failed", {"code": "limit_exceeded"})
    assert untouched()
    assert not Withdrawal.objects.exists()


def test_after_an_objection_the_others_can_approve_it(
    world: World, group: Group, owner: Person, member: Person, viewer: Person
) -> None:
    waiting = announce(member, group)
    tell(viewer, group, waiting, "objections").expect(200)
    assert member.source is not None
    payload = {"source": str(member.source.pk), "amount": money(yuan(400)), "memo": "房租"}
    assert settle_on(member, group, "approve_transfer", payload).status == "approved"
    assert balance_of(group) == yuan(600)
    assert Withdrawal.objects.get(status="requested").memo == "房租"


# --- it counts like every spend ---------------------------------------------------------------------------------------
def left(person: Person, group: Group) -> float:
    shown = person.api.get(f"/groups/{group.pk}/limits").expect(200)["mine"]["left"]["amount"]
    return float(shown / 100)


def test_it_counts_in_every_limit(group: Group, owner: Person, member: Person, shop: Shop) -> None:
    set_limit(owner, group, 100)
    refused = take(member, group, 100.01).expect(422, "limit_exceeded")
    assert refused["data"] == {"limit": "member_month", "amount": yuan(100), "left": yuan(100)}
    take(member, group, 60).expect(201)
    assert left(member, group) == 40
    shop.charge(show_code(member, group), yuan(40.01)).expect(422, "limit_exceeded")
    shop.charge(show_code(member, group), yuan(40)).expect(201)
    refused = take(member, group, 0.01).expect(422, "limit_exceeded")
    assert refused["data"] == {"limit": "member_month", "amount": yuan(100), "left": 0}
    set_limit(owner, group, 200, limit="group_month")
    set_limit(owner, group, 50, limit="payment")
    refused = take(owner, group, 50.01).expect(422, "limit_exceeded")
    assert refused["data"] == {"limit": "payment", "amount": yuan(50), "left": yuan(50)}
    take(owner, group, 50).expect(201)
    take(owner, group, 50).expect(201)


def test_what_waits_counts_when_it_leaves(world: World, group: Group, owner: Person, member: Person) -> None:
    """Announced in November, gone in December: it is December's."""
    set_limit(owner, group, 500)
    world.go_to(at("Asia/Shanghai", 2026, 11, 30, 12))
    announce(member, group)
    assert left(member, group) == 500
    world.wait(HOURS.total_seconds())
    assert send_waiting(now=world.now) == 1
    assert left(member, group) == 100
    assert Withdrawal.objects.get().counted_in == at("Asia/Shanghai", 2026, 12)


@pytest.mark.parametrize(("asked_at", "given_back"), [((11, 20), True), ((11, 30), False)], ids=["same", "next"])
def test_what_came_back_can_be_spent_again_in_the_same_month(
    world: World, group: Group, owner: Person, member: Person, asked_at: tuple[int, int], given_back: bool
) -> None:
    set_limit(owner, group, 100)
    world.go_to(at("Asia/Shanghai", 2026, *asked_at, 23) + timedelta(minutes=59, seconds=45))
    member.source = link(member, "late_failed", now=world.now)
    take(member, group, 60).expect(201)
    assert left(member, group) == 40
    world.wait(60)
    assert balance_of(group) == yuan(1_000)
    assert left(member, group) == 100
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.status, withdrawal.counted_in is None) == ("failed", given_back)


# --- the guard itself -------------------------------------------------------------------------------------------------
def test_the_part_and_the_hours_are_the_groups_own(world: World, group: Group, owner: Person, member: Person) -> None:
    assert set_voting(owner, group, part=10, hours=48).status == "approved"
    assert take(member, group, 100).expect(201)["status"] == "requested"
    announced = take(member, group, 0.01).expect(201)
    assert datetime.fromisoformat(announced["executes_at"]) == world.now + 2 * HOURS


def test_shrinking_the_hours_needs_everybody_and_holds_for_what_comes(
    world: World, group: Group, owner: Person, member: Person, viewer: Person
) -> None:
    waiting = announce(member, group)
    payload = {"tiers": [], "part_percent": 50, "objection_hours": 1}
    asked = {"kind": "change_voting", "payload": payload}
    proposed = owner.api.post(f"/groups/{group.pk}/proposals", asked).expect(201)
    assert set(proposed["voters"]) == {str(member.id), str(viewer.id)}
    approve(member, group, proposed)
    assert owner.api.get(f"/groups/{group.pk}/limits").expect(200)["objection_hours"] == 24
    approve(viewer, group, proposed)
    assert owner.api.get(f"/groups/{group.pk}/limits").expect(200)["objection_hours"] == 1
    world.wait(3600)
    assert send_waiting(now=world.now) == 0, "what was announced for a day waits for a day"
    tell(viewer, group, waiting, "objections").expect(200)
    assert datetime.fromisoformat(take(member, group, 400).expect(201)["executes_at"]) == world.now + timedelta(hours=1)
