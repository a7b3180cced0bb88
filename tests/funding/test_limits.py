"""How much may come in by hand: at a time, and in a day of the group's time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from groups.funding.errors import ContributionDayLimit, ContributionTooLarge
from groups.funding.services import contribute
from groups.members.models import Group
from groups.members.services import change_group
from tests.cast import Person, World, found, link, money, pay_in, sequence_of, yuan

MAX = yuan(5_000)
DAY_MAX = yuan(20_000)

# Six zones: ahead of everybody, behind, with half and quarter hours, and where an hour is skipped or comes twice.
ZONES = [
    "Asia/Shanghai",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Europe/Berlin",
]


def fill(world: World, person: Person, group: Group, amount: int = DAY_MAX) -> None:
    """Contribute up to an amount, as much as may be at a time."""
    for _ in range(amount // MAX):
        ask(world, person, group, MAX)


def ask(world: World, person: Person, group: Group, amount: int) -> None:
    assert person.source is not None
    contribute(actor=person.user, group_id=group.pk, source_id=person.source.pk, amount=amount, now=world.now)


def test_at_a_time(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    before = sequence_of(group)
    body = {"source": str(member.source.pk), "amount": money(MAX + 1)}
    refused = member.api.post(f"/groups/{group.pk}/contributions", body).expect(422, "contribution_too_large")
    assert refused["data"] == {"limit": MAX}
    assert sequence_of(group) == before
    ask(world, member, group, MAX)


def test_in_a_day(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    fill(world, member, group, DAY_MAX - MAX)
    ask(world, member, group, MAX - 1)
    body = {"source": str(member.source.pk), "amount": money(2)}
    refused = member.api.post(f"/groups/{group.pk}/contributions", body).expect(422, "contribution_day_limit")
    assert refused["data"] == {"limit": DAY_MAX, "left": 1}
    ask(world, member, group, 1)
    with pytest.raises(ContributionDayLimit):
        ask(world, member, group, 1)


def test_the_day_is_each_members_own(world: World, group: Group, owner: Person, member: Person) -> None:
    fill(world, member, group)
    ask(world, owner, group, MAX)


def test_what_failed_gives_its_room_back(world: World, group: Group, member: Person) -> None:
    member.source = link(member, "insufficient", now=world.now)
    fill(world, member, group)
    with pytest.raises(ContributionDayLimit):
        ask(world, member, group, 1)
    world.wait()
    ask(world, member, group, MAX)


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_turns_at_the_groups_midnight(world: World, owner: Person, zone: str) -> None:
    group = found(owner, now=world.now)
    change_group(actor=owner.user, group_id=group.pk, now=world.now, time_zone=zone)
    midnight = datetime(2026, 11, 10, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    world.go_to(midnight - timedelta(seconds=2))
    fill(world, owner, group)
    world.bank.now = midnight - timedelta(microseconds=1)
    with pytest.raises(ContributionDayLimit):
        ask(world, owner, group, 1)
    world.bank.now = midnight
    fill(world, owner, group)
    with pytest.raises(ContributionDayLimit):
        ask(world, owner, group, 1)


@pytest.mark.parametrize(("day", "hours"), [((2027, 3, 14), 23), ((2026, 11, 1), 25)], ids=["skipped", "twice"])
def test_a_day_of_23_or_25_hours(world: World, owner: Person, day: tuple[int, int, int], hours: int) -> None:
    zone = ZoneInfo("America/New_York")
    start = datetime(*day, tzinfo=zone).astimezone(UTC)
    world.bank.now = start - timedelta(days=3)
    group = found(owner, now=world.now)
    change_group(actor=owner.user, group_id=group.pk, now=world.now, time_zone=zone.key)
    world.bank.now = start
    fill(world, owner, group)
    world.bank.now = start + timedelta(hours=hours, seconds=-1)
    with pytest.raises(ContributionDayLimit):
        ask(world, owner, group, 1)
    world.bank.now = start + timedelta(hours=hours)
    ask(world, owner, group, MAX)


def test_too_large_says_so_before_the_day_does(world: World, group: Group, member: Person) -> None:
    fill(world, member, group)
    with pytest.raises(ContributionTooLarge):
        ask(world, member, group, MAX + 1)


def test_what_was_paid_in_counts_as_what_is_under_way(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, MAX)
    fill(world, member, group, DAY_MAX - MAX)
    with pytest.raises(ContributionDayLimit):
        ask(world, member, group, 1)


def test_another_zone_does_not_begin_another_day(world: World, group: Group, owner: Person, member: Person) -> None:
    """Where it is tomorrow already, what was paid in today still counts, and for as long as a day lasts anywhere."""
    fill(world, member, group)
    change_group(actor=owner.user, group_id=group.pk, now=world.now, time_zone="Pacific/Kiritimati")
    began = world.now
    for hours in (0, 12, 23.9):
        world.go_to(began + timedelta(hours=hours))
        with pytest.raises(ContributionDayLimit):
            ask(world, member, group, 1)
    world.wait(600)
    ask(world, member, group, 1)
