"""What members read: every movement, a month in the group's time zone, the state of one moment, and page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from uuid6 import uuid7

from groups.funding.models import Contribution
from groups.members.models import Group
from groups.members.services import change_group
from tests.cast import Person, Shop, World, buy, found, money, pay_in, sequence_of, yuan


def test_entries_say_what_changed_for_whom(
    world: World, group: Group, owner: Person, member: Person, shop: Shop
) -> None:
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    number = buy(member, group, shop, yuan(40))
    shop.refund(number, yuan(4)).expect(201)
    rows = owner.api.get(f"/groups/{group.pk}/entries").expect(200)["data"]
    assert [row["kind"] for row in rows] == ["refund", "payment", "contribution", "contribution"]
    assert rows[0]["reverses"] == rows[1]["id"]
    changes = {row["user"]: row for row in rows[1]["changes"]}
    assert changes[str(owner.id)]["direction"] == "out"
    assert changes[str(owner.id)]["amount"] == money(yuan(30))
    assert changes[str(owner.id)]["stake_after"] == money(yuan(270))
    assert changes[str(member.id)]["stake_after"] == money(yuan(90))
    assert {row["direction"] for row in rows[0]["changes"]} == {"in"}


def test_a_months_statement(world: World, group: Group, owner: Person, shop: Shop) -> None:
    pay_in(world, owner, group, yuan(300))
    number = buy(owner, group, shop, yuan(40))
    world.go_to(datetime(2026, 12, 5, tzinfo=UTC))
    shop.refund(number, yuan(10)).expect(201)
    path = f"/groups/{group.pk}/statement"
    assert owner.api.get(path, month="2026-11").expect(200) == {
        "month": "2026-11",
        "opening": money(0),
        "money_in": {"contribution": money(yuan(300))},
        "money_out": {"payment": money(yuan(40))},
        "closing": money(yuan(260)),
    }
    december = owner.api.get(path, month="2026-12").expect(200)
    assert december["opening"] == money(yuan(260))
    assert december["money_in"] == {"refund": money(yuan(10))}
    assert december["closing"] == money(yuan(270))
    assert owner.api.get(path, month="2026-10").expect(200)["closing"] == money(0)


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-1", "1999-01", "2026-11-01", "２０２６-11"])
def test_a_month_that_is_none(group: Group, owner: Person, month: str) -> None:
    owner.api.get(f"/groups/{group.pk}/statement", month=month).expect(400, "invalid")
    owner.api.get(f"/groups/{group.pk}/statement").expect(400, "invalid")


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Asia/Shanghai", datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 12, 1, 5, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 11, 30, 18, 15, tzinfo=UTC)),
    ],
)
def test_a_month_ends_at_the_groups_midnight(
    world: World, owner: Person, shop: Shop, zone: str, midnight: datetime
) -> None:
    group = found(owner, now=world.now)
    change_group(actor=owner.user, group_id=group.pk, now=world.now, time_zone=zone)
    pay_in(world, owner, group, yuan(100))
    world.go_to(midnight - timedelta(milliseconds=1))
    buy(owner, group, shop, yuan(1))
    world.go_to(midnight)
    buy(owner, group, shop, yuan(2))
    path = f"/groups/{group.pk}/statement"
    assert owner.api.get(path, month="2026-11").expect(200)["money_out"] == {"payment": money(yuan(1))}
    assert owner.api.get(path, month="2026-12").expect(200)["money_out"] == {"payment": money(yuan(2))}


def test_a_snapshot_is_of_one_moment(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, member, group, yuan(12))
    snapshot = member.api.get(f"/groups/{group.pk}/snapshot").expect(200)
    assert snapshot["sequence"] == snapshot["group"]["sequence"] == sequence_of(group)
    assert snapshot["group"]["my_stake"] == snapshot["group"]["balance"] == money(yuan(12))
    assert sum(row["stake"]["amount"] for row in snapshot["members"]) == yuan(12)
    assert snapshot["group"] == member.api.get(f"/groups/{group.pk}").expect(200)


def test_the_home_screen_needs_a_constant_number_of_queries(
    world: World, group: Group, owner: Person, django_assert_max_num_queries: Any, shop: Shop
) -> None:
    pay_in(world, owner, group, yuan(300))
    for _ in range(5):
        buy(owner, group, shop, yuan(1))
    with django_assert_max_num_queries(6):
        owner.api.get(f"/groups/{group.pk}").expect(200)
    with django_assert_max_num_queries(10):
        owner.api.get(f"/groups/{group.pk}/snapshot").expect(200)
    with django_assert_max_num_queries(6):
        owner.api.get(f"/groups/{group.pk}/entries").expect(200)


ROWS = 2_500


@pytest.fixture
def crowd(world: World, group: Group, member: Person) -> Group:
    """So many contributions, all of one instant."""
    add(world, group, member, ROWS)
    return group


def add(world: World, group: Group, person: Person, count: int) -> None:
    assert person.source is not None
    fields = {"group": group, "user": person.user, "source": person.source, "amount": 1, "status": "failed"}
    moment = {"created_at": world.now, "final_at": world.now, "failure_code": "planted"}
    Contribution.objects.bulk_create(Contribution(id=uuid7(), **fields, **moment) for _ in range(count))


@pytest.mark.plants_a_fault(reason="contributions without transfers, for their number")
@pytest.mark.parametrize("limit", [100, 97, 1])
def test_pages_have_every_row_once_while_rows_are_added(world: World, crowd: Group, member: Person, limit: int) -> None:
    expected = [str(pk) for pk in Contribution.objects.order_by("-id").values_list("pk", flat=True)]
    if limit == 1:
        expected = expected[:60]
    found_ids: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    while len(found_ids) < len(expected):
        page = member.api.get(f"/groups/{crowd.pk}/contributions", **query).expect(200)
        assert len(page["data"]) <= limit
        found_ids += [row["id"] for row in page["data"]]
        add(world, crowd, member, 3)  # of the same instant; newer, so before the first page
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert found_ids == expected
    assert page["next"] is None or limit == 1


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"limit": 1.5}, {"after": "x"}, {"after": "0" * 65}],
    ids=str,
)
def test_a_page_that_is_none(group: Group, owner: Person, query: dict[str, Any]) -> None:
    for path in ("contributions", "entries", "payments", "members", "invitations", "events"):
        if path == "events" and query == {"after": "0" * 65}:
            continue  # a sequence, and it is zero
        problem = owner.api.get(f"/groups/{group.pk}/{path}", **query).expect(400, "invalid")
        assert problem["errors"][0]["pointer"] == "/" + next(iter(query))


@pytest.mark.parametrize("after", ["-1", "9223372036854775808", "1e3", "٣x"])
def test_a_sequence_that_is_none(group: Group, owner: Person, after: str) -> None:
    for path in ("entries", "events"):
        owner.api.get(f"/groups/{group.pk}/{path}", after=after).expect(400, "invalid")


def test_entries_are_paged_by_their_number(world: World, group: Group, owner: Person, shop: Shop) -> None:
    pay_in(world, owner, group, yuan(10))
    for _ in range(7):
        buy(owner, group, shop, 1)
    found_numbers: list[int] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        page = owner.api.get(f"/groups/{group.pk}/entries", **query).expect(200)
        found_numbers += [row["sequence"] for row in page["data"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert found_numbers == sorted(found_numbers, reverse=True)
    assert len(found_numbers) == 8
