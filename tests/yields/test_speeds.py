"""Fast up to ¥10,000 an owner and day over all their groups; the ordinary way without a bound, on a later trading day.

Who asks for fast and cannot have it is refused; what leaves by itself takes the ordinary way then, and says so.
"""

import importlib
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from groups.autotransfers.models import AutoTransfer
from groups.exits.services import pay_out_former_members
from groups.funding.errors import ArrivalUnknown
from groups.funding.models import Withdrawal
from groups.funding.services import send_waiting
from groups.members.models import Group
from tests import books
from tests.autotransfers.conftest import order_out, sweep
from tests.cast import (
    Person,
    Shop,
    World,
    balance_of,
    buy,
    found,
    join,
    link,
    meet,
    money,
    pay_in,
    sequence_of,
    settle_on,
    shop,
    stakes_of,
)
from tests.yields.conftest import at, switch_on
from tests.yields.speeds import CAP, day_of, in_transit, take, taken, way_of
from wallet.ledger.models import Event
from yields.models import FastAllowance, FastCashOut, Fund
from yields.services import end_enrollment
from yields.services.allowances import say_arrival

__all__ = ["shop"]
TODAY, TOMORROW = "2026-11-02", "2026-11-03"  # Monday and Tuesday


@pytest.fixture(autouse=True)
def _no_other_limits(settings: Any) -> None:
    settings.CONTRIBUTION_MAX_FEN = settings.CONTRIBUTION_DAY_MAX_FEN = settings.AUTO_TRANSFER_MAX_FEN = 10_000_000_00


@pytest.fixture
def earning(world: World, group: Group, owner: Person, member: Person, fund: Fund) -> Group:
    """A group that earns: ¥30,000 are the owner's, ¥20,000 the member's."""
    pay_in(world, owner, group, 30_000_00)
    pay_in(world, member, group, 20_000_00)
    switch_on(group, owner, fund, world.now)
    return group


def last_told(group: Group, kind: str) -> dict[str, Any]:
    data: dict[str, Any] = Event.objects.filter(wallet=group.pk, kind=kind).latest("sequence").data
    return data


# --- fast -------------------------------------------------------------------------------------------------------------
def test_fast_goes_at_once_while_something_is_left(world: World, earning: Group, owner: Person) -> None:
    made = take(owner, earning, 6_000_00, speed=None).expect(201)
    assert (made["speed"], made["slowed"], made["expected_at"]) == ("fast", False, None)
    told = last_told(earning, "withdrawal_requested")
    assert (told["speed"], told["slowed"], told["expected_at"]) == ("fast", False, None)
    assert taken(owner) == {TODAY: 6_000_00}
    world.wait()
    assert world.bank.book.get_totals().paid_out == 6_000_00
    take(owner, earning, 4_000_00).expect(201)
    assert taken(owner) == {TODAY: CAP}


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_a_fen_more_is_refused_and_nothing_has_changed(earning: Group, owner: Person, language: str) -> None:
    take(owner, earning, 6_000_00).expect(201)
    before = (stakes_of(earning), sequence_of(earning), taken(owner))
    owner.api.language = language
    refused = take(owner, earning, 4_000_01).expect(422, "fast_allowance_exceeded")
    assert refused["data"] == {"limit": CAP, "left": 4_000_00}
    assert (refused["title"] + refused["detail"]).replace("¥", "").isascii() is (language == "en")
    assert "¥4,000.00" in refused["detail"]
    assert ("no limit" if language == "en" else "没有限额") in refused["detail"]
    assert (stakes_of(earning), sequence_of(earning), taken(owner)) == before
    take(owner, earning, 4_000_01, "ordinary").expect(201)
    assert taken(owner) == {TODAY: 6_000_00}


def test_more_than_a_day_has_is_refused_on_a_fresh_day(earning: Group, owner: Person, settings: Any) -> None:
    assert take(owner, earning, CAP + 1).expect(422, "fast_allowance_exceeded")["data"]["left"] == CAP
    assert taken(owner) == {}
    settings.FAST_CASH_OUT_DAY_MAX_FEN = CAP + 1
    take(owner, earning, CAP + 1).expect(201)


def test_all_groups_of_an_owner_share_a_day_and_another_owner_has_an_own_one(
    world: World, earning: Group, owner: Person, member: Person, fund: Fund
) -> None:
    second, others = found(owner, now=world.now, name="班费"), found(member, now=world.now, name="小家")
    for person, group in ((owner, second), (member, others)):
        pay_in(world, person, group, 20_000_00)
        switch_on(group, person, fund, world.now)
    take(member, earning, 7_000_00).expect(201)  # of the owner's account at the fund, whoever takes it
    assert take(owner, second, 3_000_01).expect(422, "fast_allowance_exceeded")["data"]["left"] == 3_000_00
    take(owner, second, 3_000_00).expect(201)
    take(member, others, CAP).expect(201)
    assert (taken(owner), taken(member)) == ({TODAY: CAP}, {TODAY: CAP})


def test_a_day_is_shanghais(world: World, earning: Group, owner: Person) -> None:
    world.go_to(at(date(2026, 11, 2), "23:59"))
    take(owner, earning, CAP).expect(201)
    world.go_to(at(date(2026, 11, 3), "00:00"))
    take(owner, earning, CAP).expect(201)
    assert taken(owner) == {TODAY: CAP, TOMORROW: CAP}


def test_what_fails_gives_back_the_money_and_the_day_that_it_was_taken_of(
    world: World, earning: Group, owner: Person
) -> None:
    world.go_to(at(date(2026, 11, 2), "23:59:50"))
    owner.source = link(owner, "late_failed", now=world.now)
    take(owner, earning, 8_000_00).expect(201)
    world.wait(60)
    assert day_of(world.now) == TOMORROW
    assert (stakes_of(earning)["张伟"], taken(owner)) == (30_000_00, {TODAY: 0})


def test_what_fails_today_can_go_again_today(world: World, earning: Group, owner: Person) -> None:
    first, owner.source = owner.source, link(owner, "late_failed", now=world.now)
    take(owner, earning, CAP).expect(201)
    world.wait(60)
    owner.source = first
    take(owner, earning, CAP).expect(201)
    assert taken(owner) == {TODAY: CAP}


def test_what_arrives_after_it_had_failed_counts_again_even_above_the_bound(
    world: World, earning: Group, owner: Person
) -> None:
    first, owner.source = owner.source, link(owner, "late_success", now=world.now)
    take(owner, earning, 7_000_00).expect(201)
    world.wait(10)
    assert taken(owner) == {TODAY: 0}
    owner.source = first
    take(owner, earning, 7_000_01).expect(201)
    world.wait(70)
    assert taken(owner) == {TODAY: 14_000_01}
    take(owner, earning, 1).expect(422, "fast_allowance_exceeded")


def test_a_payment_is_no_cash_out(earning: Group, owner: Person, shop: Shop) -> None:
    take(owner, earning, CAP).expect(201)
    buy(owner, earning, shop, 500_00)
    assert taken(owner) == {TODAY: CAP}


def test_switching_off_is_no_way_round(world: World, earning: Group, owner: Person) -> None:
    """Until the fund has paid out, it is the fund's money; from then on nothing is taken of anybody's day."""
    end_enrollment(actor=owner.user, group_id=earning.pk, now=world.now)
    take(owner, earning, CAP + 1).expect(422, "fast_allowance_exceeded")
    take(owner, earning, 1_000_00).expect(201)
    assert taken(owner) == {TODAY: 1_000_00}
    world.go_to(at(date(2026, 11, 3), "00:00"))
    take(owner, earning, CAP + 1).expect(201)
    assert taken(owner) == {TODAY: 1_000_00}
    assert owner.api.get(f"/groups/{earning.pk}/exit").expect(200)["fast_left"] is None


# --- the ordinary way -------------------------------------------------------------------------------------------------
def test_ordinary_money_is_in_transit_at_once_and_arrives_on_the_next_trading_day(
    world: World, earning: Group, owner: Person
) -> None:
    made = take(owner, earning, 15_000_00, "ordinary").expect(201)
    assert (made["status"], made["speed"], made["slowed"]) == ("requested", "ordinary", False)
    assert made["expected_at"] == "2026-11-03T02:00:00Z"  # 10:00 in Shanghai
    assert last_told(earning, "withdrawal_requested")["expected_at"] == made["expected_at"]
    assert (stakes_of(earning)["张伟"], in_transit(world, earning)) == (15_000_00, 15_000_00)
    world.go_to(at(date(2026, 11, 3), "09:59:59"))
    assert (world.bank.book.get_totals().paid_out, in_transit(world, earning)) == (0, 15_000_00)
    world.go_to(at(date(2026, 11, 3), "10:00:03"))
    assert (world.bank.book.get_totals().paid_out, in_transit(world, earning)) == (15_000_00, 0)
    assert owner.api.get(f"/groups/{earning.pk}/withdrawals/{made['id']}").expect(200)["status"] == "settled"
    assert taken(owner) == {}


@pytest.mark.parametrize("is_enrolled", [True, False])
@pytest.mark.parametrize(
    ("day", "clock", "arrives"),
    [
        ("2026-11-04", "14:59:59", "2026-11-05"),
        ("2026-11-04", "15:00:00", "2026-11-06"),
        ("2026-11-06", "14:59:59", "2026-11-09"),  # Friday
        ("2026-11-06", "15:00:00", "2026-11-10"),
        ("2026-11-07", "10:00:00", "2026-11-10"),  # Saturday
        ("2026-09-29", "15:00:00", "2026-10-08"),  # before National Day
        ("2026-09-30", "15:00:00", "2026-10-09"),
        ("2026-10-10", "10:00:00", "2026-10-13"),  # a make-up working day
        ("2024-02-09", "10:00:00", "2024-02-20"),  # exchange shut, no statutory holiday
    ],
)
def test_the_day_after_t(
    group: Group, owner: Person, fund: Fund, day: str, clock: str, arrives: str, is_enrolled: bool
) -> None:
    moment = at(date.fromisoformat(day), clock)
    if is_enrolled:
        switch_on(group, owner, fund, moment)
    assert say_arrival(group, moment) == at(date.fromisoformat(arrives), "10:00")


def test_over_a_weekend(world: World, earning: Group, owner: Person, settings: Any) -> None:
    settings.ORDINARY_PAYOUT_AT = datetime(2026, 1, 1, 8, 30).time()  # noqa: DTZ001
    world.go_to(at(date(2026, 11, 6), "15:00"))
    assert take(owner, earning, 20_000_00, "ordinary").expect(201)["expected_at"] == "2026-11-10T00:30:00Z"
    world.go_to(at(date(2026, 11, 9), "23:00"))
    assert in_transit(world, earning) == 20_000_00
    world.go_to(at(date(2026, 11, 10), "08:31"))
    assert in_transit(world, earning) == 0


def test_over_a_holiday_week(world: World, fund: Fund) -> None:
    world.bank.now = at(date(2026, 9, 30), "15:00")
    wei = meet("张伟", "+8613800000001", now=world.now)
    home = found(wei, now=world.now)
    pay_in(world, wei, home, 20_000_00)
    switch_on(home, wei, fund, world.now)
    assert day_of(take(wei, home, 12_000_00, "ordinary").expect(201)["expected_at"]) == "2026-10-09"
    world.go_to(at(date(2026, 10, 9), "09:59"))
    assert in_transit(world, home) == 12_000_00
    world.go_to(at(date(2026, 10, 9), "10:01"))
    assert (in_transit(world, home), balance_of(home)) == (0, 8_000_00)


def test_what_fails_on_its_day_is_back(world: World, earning: Group, owner: Person) -> None:
    owner.source = link(owner, "late_failed", now=world.now)
    take(owner, earning, 15_000_00, "ordinary").expect(201)
    world.wait(timedelta(days=1).total_seconds() + 60)
    assert (stakes_of(earning)["张伟"], in_transit(world, earning), taken(owner)) == (30_000_00, 0, {})


def test_ordinary_of_what_does_not_earn(world: World, group: Group, owner: Person) -> None:
    pay_in(world, owner, group, 100_00)
    assert day_of(take(owner, group, 60_00, "ordinary").expect(201)["expected_at"]) == TOMORROW
    world.wait(timedelta(days=1).total_seconds())
    assert (balance_of(group), in_transit(world, group)) == (40_00, 0)


def test_a_card_stays_linked_until_its_money_has_arrived(world: World, earning: Group, owner: Person) -> None:
    assert owner.source is not None
    take(owner, earning, 15_000_00, "ordinary").expect(201)
    owner.api.delete(f"/me/sources/{owner.source.pk}", proof=True).expect(422, "source_in_use")


def test_no_other_speed(earning: Group, owner: Person) -> None:
    take(owner, earning, 1_00, "instant").expect(400)


# --- what leaves by itself --------------------------------------------------------------------------------------------
def test_leaving_above_the_bound_takes_the_ordinary_way_as_was_foreseen(
    world: World, earning: Group, member: Person
) -> None:
    foreseen = member.api.get(f"/groups/{earning.pk}/exit").expect(200)
    assert (foreseen["speed"], foreseen["fast_left"]) == ("ordinary", money(CAP))
    assert (foreseen["expected_at"], foreseen["arrives_by"]) == ("2026-11-03T02:00:00Z", "2026-11-04T02:00:00Z")
    parting = member.api.post(f"/groups/{earning.pk}/exit", {}, proof=True).expect(200)
    paid = parting["withdrawal"]
    assert (paid["amount"], paid["speed"], paid["slowed"]) == (money(20_000_00), "ordinary", True)
    assert (paid["expected_at"], parting["left_at"] is not None) == (foreseen["expected_at"], True)
    assert last_told(earning, "withdrawal_requested")["slowed"] is True
    world.wait(timedelta(days=1).total_seconds())
    assert world.bank.book.get_totals().paid_out == 20_000_00


def test_leaving_within_the_bound_goes_fast(world: World, earning: Group, member: Person) -> None:
    take(member, earning, 12_000_00, "ordinary").expect(201)
    foreseen = member.api.get(f"/groups/{earning.pk}/exit").expect(200)
    assert (foreseen["speed"], foreseen["expected_at"]) == ("fast", None)
    paid = member.api.post(f"/groups/{earning.pk}/exit", {}, proof=True).expect(200)["withdrawal"]
    assert (paid["speed"], paid["slowed"]) == ("fast", False)
    assert taken(member) == {}


def test_a_discreet_leaving_ends_when_the_ordinary_money_has_arrived(
    world: World, earning: Group, member: Person
) -> None:
    parting = member.api.post(f"/groups/{earning.pk}/exit", {"discreet": True}, proof=True).expect(200)
    assert (parting["left_at"], parting["withdrawal"]["slowed"]) == (None, True)
    world.wait(3600)
    member.api.get(f"/groups/{earning.pk}").expect(200)
    world.wait(timedelta(days=1).total_seconds())
    member.api.get(f"/groups/{earning.pk}").expect(404)


def test_what_all_bear_is_refused_at_the_door_and_slowed_when_it_leaves_later(
    world: World, earning: Group, owner: Person, member: Person
) -> None:
    take(owner, earning, 25_000_00, "ordinary").expect(201)
    take(member, earning, 9_000_00).expect(201)
    at_once = {"borne_by": "group", "memo": "房租"}
    take(owner, earning, 5_000_00, **at_once).expect(422, "fast_allowance_exceeded")
    assert take(owner, earning, 5_000_00, "ordinary", **at_once).expect(201)["slowed"] is False
    waiting = take(owner, earning, 9_999_00, **at_once).expect(201)
    assert (waiting["status"], waiting["speed"]) == ("waiting", "fast")
    assert last_told(earning, "transfer_announced")["speed"] == "fast"
    world.go_to(at(date(2026, 11, 3), "09:00"))
    take(member, earning, 2_00).expect(201)
    world.go_to(at(date(2026, 11, 3), "10:30"))
    assert send_waiting(now=world.now) == 1
    assert way_of(earning, 9_999_00) == ("ordinary", True, "2026-11-04")
    assert last_told(earning, "transfer_requested")["slowed"] is True
    world.go_to(at(date(2026, 11, 4), "10:01"))
    assert in_transit(world, earning) == 0


def test_what_is_approved_goes_as_it_may_when_it_is(
    world: World, earning: Group, owner: Person, member: Person
) -> None:
    assert owner.source is not None
    asked = {"source": str(owner.source.pk), "memo": "车"}
    for amount in (9_000_00, 9_001_00):
        settle_on(owner, earning, "approve_transfer", {**asked, "amount": money(amount)})
    settle_on(owner, earning, "approve_transfer", {**asked, "amount": money(9_00), "speed": "ordinary"})
    assert way_of(earning, 9_000_00) == ("fast", False, None)
    assert way_of(earning, 9_001_00) == ("ordinary", True, TOMORROW)
    assert way_of(earning, 9_00) == ("ordinary", False, TOMORROW)
    assert taken(owner) == {TODAY: 9_000_00}


def test_a_payee_is_no_way_round_the_bound(world: World, earning: Group, owner: Person) -> None:
    orders: list[AutoTransfer] = [order_out(world, earning, owner, amount=fen, at="10:05") for fen in (6_000_00, 7_00)]
    take(owner, earning, 4_000_00).expect(201)
    world.go_to(at(date(2026, 11, 2), "10:05"))
    assert sweep(world) == len(orders)
    assert sorted([way_of(earning, 6_000_00)[0], way_of(earning, 7_00)[0]]) == ["fast", "ordinary"]
    (day,) = taken(owner).values()
    assert day in (CAP, 4_000_00 + 7_00)


def test_what_a_payee_did_not_get_gives_its_day_back(world: World, earning: Group, owner: Person) -> None:
    order_out(world, earning, owner, "late_failed", amount=6_000_00, at="10:05")
    world.go_to(at(date(2026, 11, 2), "10:05"))
    sweep(world)
    assert taken(owner) == {TODAY: 6_000_00}
    world.wait(60)
    assert taken(owner) == {TODAY: 0}


def test_when_a_group_dissolves_the_first_go_fast_and_the_rest_follow(
    world: World, earning: Group, owner: Person, member: Person
) -> None:
    take(owner, earning, 24_000_00, "ordinary").expect(201)
    settle_on(owner, earning, "dissolve", {"version": "1", "text": "好聚好散"})
    assert way_of(earning, 6_000_00) == ("fast", False, None)
    assert way_of(earning, 20_000_00) == ("ordinary", True, TOMORROW)
    assert taken(owner) == {TODAY: 6_000_00}
    world.wait(timedelta(days=1).total_seconds())
    assert world.bank.book.get_totals().paid_out == 50_000_00


def test_a_removed_member_and_late_money(
    world: World, earning: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    join(earning, owner, meet("赵六", "+8613800000066", now=world.now), now=world.now)
    first, second = (buy(member, earning, shop, 9_000_00, sharing_rule="payer") for _ in range(2))
    take(owner, earning, 9_000_00).expect(201)
    settle_on(owner, earning, "remove_member", {"user": str(member.id)})
    assert way_of(earning, 2_000_00) == ("ordinary", True, TOMORROW)
    world.wait(timedelta(days=1).total_seconds())
    shop.refund(first, 9_000_00).expect(201)
    shop.refund(second, 2_000_00).expect(201)
    assert world.send_late_money() == 1
    assert way_of(earning, 11_000_00) == ("ordinary", True, "2026-11-04")


# --- the calendar ends ------------------------------------------------------------------------------------------------
@pytest.fixture
def year_end(world: World, earning: Group) -> Group:
    """The last afternoon whose money would arrive in a year that is not loaded."""
    world.go_to(at(date(2026, 12, 31), "15:00"))
    return earning


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_past_the_last_loaded_year_the_ordinary_way_is_refused(
    year_end: Group, owner: Person, member: Person, language: str
) -> None:
    member.api.language = language
    refused = take(member, year_end, 20_000_00, "ordinary").expect(409, "arrival_unknown")
    assert (refused["title"] + refused["detail"]).isascii() is (language == "en")
    foreseen = member.api.get(f"/groups/{year_end.pk}/exit").expect(200)
    assert (foreseen["speed"], foreseen["expected_at"], foreseen["arrives_by"]) == ("ordinary", None, None)
    assert foreseen["obstacles"] == ["arrival_unknown"]
    member.api.post(f"/groups/{year_end.pk}/exit", {}, proof=True).expect(409, "arrival_unknown")
    take(member, year_end, CAP).expect(201)
    made = settle_on(owner, year_end, "dissolve", {"version": "1", "text": "好聚好散"})
    assert (made.status, made.outcome["code"]) == ("failed", "arrival_unknown")


def test_late_money_waits_until_there_is_a_day(world: World, earning: Group, member: Person, shop: Shop) -> None:
    numbers = [buy(member, earning, shop, 9_000_00, sharing_rule="payer") for _ in range(2)]
    member.api.post(f"/groups/{earning.pk}/exit", {}, proof=True).expect(200)
    world.go_to(at(date(2026, 12, 31), "15:00"))
    for number in numbers:
        shop.refund(number, 9_000_00).expect(201)
    assert pay_out_former_members(now=world.now) == 0
    assert stakes_of(earning)["王芳"] == 18_000_00
    assert not Withdrawal.objects.filter(group=earning, amount=18_000_00).exists()


def test_play_money_never_runs_out_of_days(world: World, group: Group) -> None:
    moment = at(date(2031, 1, 3), "10:00")
    with pytest.raises(ArrivalUnknown):
        say_arrival(group, moment)
    group.is_sandbox = True
    assert say_arrival(group, moment) == at(date(2031, 1, 6), "10:00")


# --- the books --------------------------------------------------------------------------------------------------------
def test_what_left_before_there_were_speeds_counts_of_its_day(
    world: World, earning: Group, owner: Person, member: Person
) -> None:
    first, owner.source = owner.source, link(owner, "late_failed", now=world.now)
    take(owner, earning, 3_000_00).expect(201)
    world.wait(60)
    owner.source = first
    take(owner, earning, 5_000_00).expect(201)
    world.go_to(at(date(2026, 11, 3), "09:00"))
    take(member, earning, 2_000_00, borne_by="group").expect(201)
    end_enrollment(actor=owner.user, group_id=earning.pk, now=world.now)
    world.go_to(at(date(2026, 11, 4), "09:00"))
    take(owner, earning, 1_000_00).expect(201)
    known, days = read_cash_outs(), taken(owner)
    FastCashOut.objects.all().delete()
    FastAllowance.objects.all().delete()
    books.run(importlib.import_module("yields.migrations.0004_fast_so_far").COUNT)
    assert (read_cash_outs(), taken(owner)) == (known, days)
    assert days == {TODAY: 5_000_00, TOMORROW: 2_000_00}


def read_cash_outs() -> set[tuple[Any, ...]]:
    return set(FastCashOut.objects.values_list("withdrawal", "holder", "date", "amount", "given_back_at"))
