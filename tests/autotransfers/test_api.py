"""The doors to standing orders: what they take, what they refuse, what they show."""

from typing import Any

import pytest

from groups.autotransfers.models import AutoTransfer
from groups.members.models import Group
from tests.autotransfers.conftest import live, order_in
from tests.cast import Person, World, money

TERMS = {"amount": money(200_00), "every": "month", "day": 31, "at": "09:00"}


def write(person: Person, **told: Any) -> dict[str, Any]:
    assert person.source is not None
    return {"source": str(person.source.pk), **TERMS, **told}


def test_an_order_as_it_is_shown(group: Group, member: Person, viewer: Person) -> None:
    path = f"/groups/{group.pk}/auto-transfers"
    made = member.api.post(path, write(member, goal=money(1_000_00), memo="房租")).expect(201)
    assert made["source"] == member.source.label if member.source else None
    assert (made["next_on"], made["due_at"]) == ("2026-11-30", "2026-11-30T01:00:00Z")
    assert (made["at"], made["day"], made["catch_up"], made["end_reason"]) == ("09:00", 31, "latest", "")
    assert viewer.api.get(f"{path}/{made['id']}").expect(200) == made
    assert viewer.api.get(path).expect(200)["data"] == [made]


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"payee": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b11"}, "/source"),
        ({"source": None}, "/source"),
        ({"at": "9 Uhr"}, "/at"),
        ({"at": "09:00:01"}, "/at"),
        ({"day": 32}, "/day"),
        ({"day": "31"}, "/day"),
        ({"every": "year"}, "/every"),
        ({"runs_max": 0}, "/runs_max"),
        ({"goal": money(0)}, "/goal"),
        ({"amount": {"amount": 0.5, "currency": "CNY"}}, "/amount"),
        ({"memo": "a\nb"}, "/memo"),
        ({"starts_on": "31.11.2026"}, "/starts_on"),
        ({"starts_on": "2025-11-01"}, "/starts_on"),
        ({"starts_on": "0001-01-01"}, "/starts_on"),
        ({"starts_on": "9999-12-31"}, "/starts_on"),
        ({"ends_on": "9999-12-31"}, "/ends_on"),
    ],
)
def test_bad_input_points_to_where(group: Group, member: Person, told: dict[str, Any], pointer: str) -> None:
    problem = member.api.post(f"/groups/{group.pk}/auto-transfers", write(member, **told)).expect(400)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_too_much_at_once_has_its_own_code(group: Group, member: Person) -> None:
    asked = write(member, amount=money(50_000_01))
    problem = member.api.post(f"/groups/{group.pk}/auto-transfers", asked).expect(422, "auto_transfer_too_large")
    assert problem["data"] == {"limit": 50_000_00}
    asked = write(member, amount=money(1))
    member.api.post(f"/groups/{group.pk}/auto-transfers", asked).expect(201)


def test_the_same_request_twice_is_one_order(group: Group, member: Person) -> None:
    path = f"/groups/{group.pk}/auto-transfers"
    first, second = (member.api.post(path, write(member), key="k" * 20).expect(201) for _ in range(2))
    assert first == second
    assert AutoTransfer.objects.count() == 1


def test_a_change_says_only_what_changes(group: Group, member: Person) -> None:
    path = f"/groups/{group.pk}/auto-transfers"
    made = member.api.post(path, write(member, ends_on="2027-06-30", runs_max=5)).expect(201)
    path += f"/{made['id']}"
    changed = member.api.patch(path, {"ends_on": None, "at": "20:30"}).expect(200)
    assert changed == {**made, "ends_on": None, "at": "20:30", "due_at": "2026-11-30T12:30:00Z"}
    # What every order has is not taken away.
    assert member.api.patch(path, {"source": None, "starts_on": None}).expect(200) == changed
    weekly = member.api.patch(path, {"every": "week"}).expect(200)
    assert (weekly["day"], weekly["next_on"]) == (None, "2026-11-02")


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_nearest_and_the_farthest_dates(group: Group, owner: Person, member: Person, zone: str) -> None:
    owner.api.patch(f"/groups/{group.pk}", {"time_zone": zone}).expect(200)
    path = f"/groups/{group.pk}/auto-transfers"
    made = member.api.post(path, write(member, starts_on="2025-11-02", every="day", day=None)).expect(201)
    assert made["next_on"] in ("2026-11-02", "2026-11-03")
    far = {"starts_on": "2076-11-02", "ends_on": "2076-11-02", "at": "23:59", "every": "day"}
    made = member.api.post(path, write(member, **far, day=None)).expect(201)
    assert member.api.post(f"{path}/{made['id']}/skip").expect(200)["end_reason"] == "done"
    member.api.patch(f"{path}/{made['id']}", {"ends_on": "9999-12-31"}).expect(400)


def test_runs_page_by_page(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member, runs_max=5)
    live(world, "2026-11-08 10:00")
    path, after, seen = f"/groups/{group.pk}/auto-transfers/{order.pk}/runs", None, []
    while True:
        page = member.api.get(path, limit=2, **({"after": after} if after else {})).expect(200)
        seen += [run["due_on"] for run in page["data"]]
        if (after := page["next"]) is None:
            break
    assert seen == [f"2026-11-0{day}" for day in (7, 6, 5, 4, 3)]
    member.api.get(f"/groups/{group.pk}/auto-transfers/{group.pk}/runs").expect(404, "auto_transfer_not_found")


def test_a_run_of_another_order_is_not_there(world: World, group: Group, member: Person) -> None:
    mine, other = order_in(world, group, member, runs_max=1), order_in(world, group, member, runs_max=1)
    live(world, "2026-11-03 10:00")
    run = member.api.get(f"/groups/{group.pk}/auto-transfers/{mine.pk}/runs").expect(200)["data"][0]["id"]
    assert member.source is not None
    body = {"source": str(member.source.pk)}
    path = f"/groups/{group.pk}/auto-transfers/{{}}/runs/{run}/contribution"
    member.api.post(path.format(other.pk), body).expect(404, "auto_transfer_run_not_found")
    member.api.post(path.format(mine.pk), body).expect(409, "run_not_unpaid")
