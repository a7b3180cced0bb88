"""A wallet that closes gets its open days first; what is published later still finds its people."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from groups.exits.models import Dissolution
from groups.exits.services import dissolve
from groups.funding.models import Withdrawal
from groups.members.models import Group
from tests.cast import Person, World, found, link, meet, stakes_of
from tests.yields.conftest import Desk, at, pay, run, switch_on
from wallet.ledger.services import lock_wallet
from yields.models import Fund, YieldDay

pytestmark = pytest.mark.django_db
START = date(2026, 11, 2)


@pytest.fixture
def alone(world: World, fund: Fund, desk: Desk) -> tuple[Group, Person]:
    """Somebody's own group with 10,000.00 that earns from Tuesday on; Tuesday is published, Wednesday is not yet."""
    world.go_to(at(START, "08:00"))
    person = meet("周洁", "+8613800000042", now=world.now)
    person.source = link(person, "settles", now=world.now)
    group = found(person, now=world.now)
    pay(group, person, 10_000_00, at(START, "09:00"))
    switch_on(group, person, fund, at(START, "10:00"))
    desk.publish_days(fund, START, 2)
    run(fund, START)
    return group, person


def close(world: World, group: Group) -> Dissolution:
    with transaction.atomic():
        wallet = lock_wallet(group.pk)
        return dissolve(wallet=wallet, group=group, reason=Dissolution.Reason.LAST_DAY, now=world.now)


def days_of(group: Group) -> list[tuple[date, int]]:
    return list(YieldDay.objects.filter(group=group).order_by("date").values_list("date", "income"))


def test_open_days_are_credited_before_everybody_is_paid(world: World, alone: tuple[Group, Person], fund: Fund) -> None:
    group, person = alone
    world.go_to(at(START + timedelta(days=2), "09:00"))
    dissolution = close(world, group)
    assert days_of(group) == [(START, 0), (START + timedelta(days=1), 123)]
    assert dissolution.shares == {str(person.id): 10_001_23}
    assert Withdrawal.objects.get(group=group).amount == 10_001_23
    # The run of that day finds it done.
    assert run(fund, START + timedelta(days=1), "10:00").state == "finished"
    assert stakes_of(group) == {person.name: 0}


def test_a_day_that_is_published_later_comes_as_late_money(
    world: World, alone: tuple[Group, Person], fund: Fund, desk: Desk
) -> None:
    group, person = alone
    world.go_to(at(START + timedelta(days=3), "00:30"))
    close(world, group)
    desk.publish(fund, START + timedelta(days=2))
    assert run(fund, START + timedelta(days=1), "10:00").state == "finished"
    assert run(fund, START + timedelta(days=2), "10:00").state == "finished"
    assert stakes_of(group) == {person.name: 123}
    assert world.send_late_money() == 1
    assert stakes_of(group) == {person.name: 0}


def test_after_the_end_it_earns_nothing(world: World, alone: tuple[Group, Person], fund: Fund, desk: Desk) -> None:
    group, _ = alone
    world.go_to(at(START + timedelta(days=2), "09:00"))
    close(world, group)
    desk.publish(fund, START + timedelta(days=2))
    run(fund, START + timedelta(days=1), "10:00")
    run(fund, START + timedelta(days=2), "10:00")
    assert [day for day, _ in days_of(group)] == [START, START + timedelta(days=1)]
