"""Who may do what: the owner everything, a member spends and invites, a viewer sees and pays in."""

from typing import Any

import pytest

from groups.members.models import Group
from tests.cast import Person, World, kinds_since, meet, money, pay_in, sequence_of, show_code, yuan


def test_the_owner_makes_a_viewer_of_a_member(owner: Person, member: Person, group: Group) -> None:
    show_code(member, group)
    before = sequence_of(group)
    changed = owner.api.patch(f"/groups/{group.pk}/members/{member.id}", {"role": "viewer"}).expect(200)
    assert changed["role"] == "viewer"
    assert kinds_since(group, before) == ["member_changed"]
    member.api.post(f"/groups/{group.pk}/payment-codes", {}).expect(403, "not_allowed")


def test_a_weight(owner: Person, member: Person, group: Group) -> None:
    path = f"/groups/{group.pk}/members/{member.id}"
    assert owner.api.patch(path, {"weight": 3}).expect(200)["weight"] == 3
    assert owner.api.patch(path, {"role": "viewer"}).expect(200)["weight"] == 3


@pytest.mark.parametrize("weight", [0, -1, 1001, 1.5, "2", True, None])
def test_a_weight_is_an_integer_from_1_to_1000(owner: Person, member: Person, group: Group, weight: Any) -> None:
    owner.api.patch(f"/groups/{group.pk}/members/{member.id}", {"weight": weight}).expect(400, "invalid")


def test_nobody_becomes_owner_this_way(owner: Person, member: Person, group: Group) -> None:
    owner.api.patch(f"/groups/{group.pk}/members/{member.id}", {"role": "owner"}).expect(400, "invalid")
    owner.api.patch(f"/groups/{group.pk}/members/{owner.id}", {"role": "member"}).expect(422, "owner_must_stay")


def test_only_the_owner_changes_roles_and_settings(member: Person, viewer: Person, owner: Person, group: Group) -> None:
    for person in (member, viewer):
        person.api.patch(f"/groups/{group.pk}/members/{person.id}", {"role": "member"}).expect(403, "not_allowed")
        person.api.patch(f"/groups/{group.pk}", {"name": "我的"}).expect(403, "not_allowed")
        person.api.delete(f"/groups/{group.pk}/members/{owner.id}").expect(403, "not_allowed")


def test_a_viewer_sees_and_pays_in(world: World, viewer: Person, group: Group) -> None:
    pay_in(world, viewer, group, yuan(50))
    assert viewer.api.get(f"/groups/{group.pk}").expect(200)["my_stake"] == money(yuan(50))
    viewer.api.post(f"/groups/{group.pk}/payment-codes", {}).expect(403, "not_allowed")


def test_somebody_unknown(owner: Person, stranger: Person, group: Group) -> None:
    for person in (stranger.id, "01900000-0000-7000-8000-000000000000"):
        owner.api.patch(f"/groups/{group.pk}/members/{person}", {"weight": 2}).expect(404, "member_not_found")
        owner.api.delete(f"/groups/{group.pk}/members/{person}").expect(404, "member_not_found")


def test_members_in_the_order_of_joining(world: World, owner: Person, group: Group) -> None:
    other = meet("赵敏", "+8613800000005", now=world.now)
    code = owner.api.post(f"/groups/{group.pk}/invitations", {}).expect(201)["code"]
    other.api.post(f"/invitations/{code}/accept").expect(200)
    rows = owner.api.get(f"/groups/{group.pk}/members").expect(200)["data"]
    assert [row["name"] for row in rows] == ["张伟", "王芳", "李梅", "赵敏"]
    assert [row["role"] for row in rows] == ["owner", "member", "viewer", "member"]
