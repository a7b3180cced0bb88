"""Who may do what: the owner everything, a member spends and invites, a viewer sees and pays in."""

from typing import Any

import pytest

from groups.members.models import Group
from tests.cast import Person, World, agree, join, kinds_since, meet, money, pay_in, sequence_of, show_code, yuan


def test_a_member_only_looks_on_when_the_others_say_so(
    world: World, owner: Person, member: Person, group: Group
) -> None:
    """It takes a vote away, so the owner alone cannot do it; what the owner alone can do is pause somebody."""
    show_code(member, group)
    path = f"/groups/{group.pk}/members/{member.id}"
    owner.api.patch(path, {"role": "viewer"}).expect(422, "nobody_to_vote")
    judge = meet("赵敏", "+8613800000005", now=world.now)
    join(group, owner, judge, now=world.now)
    before = sequence_of(group)
    asked = owner.api.patch(path, {"role": "viewer"}).expect(202)
    assert (asked["kind"], asked["voters"]) == ("make_viewer", [str(judge.id)])
    agree(group)
    assert kinds_since(group, before) == ["proposal_made", "vote_cast", "member_changed", "proposal_ended"]
    member.api.post(f"/groups/{group.pk}/payment-codes", {}).expect(403, "not_allowed")


def test_a_member_becomes_a_viewer_at_once(member: Person, group: Group) -> None:
    changed = member.api.patch(f"/groups/{group.pk}/members/{member.id}", {"role": "viewer"}).expect(200)
    assert changed["role"] == "viewer"


def test_a_weight(world: World, owner: Person, member: Person, group: Group) -> None:
    path = f"/groups/{group.pk}/members/{member.id}"
    assert owner.api.patch(path, {"weight": 3}).expect(202)["kind"] == "change_sharing"
    agree(group)
    assert member.api.patch(path, {"role": "viewer"}).expect(200)["weight"] == 3


@pytest.mark.parametrize("weight", [0, -1, 1001, 1.5, "2", True, None])
def test_a_weight_is_an_integer_from_1_to_1000(owner: Person, member: Person, group: Group, weight: Any) -> None:
    owner.api.patch(f"/groups/{group.pk}/members/{member.id}", {"weight": weight}).expect(400, "invalid")


def test_nobody_becomes_owner_this_way(owner: Person, member: Person, group: Group) -> None:
    owner.api.patch(f"/groups/{group.pk}/members/{member.id}", {"role": "owner"}).expect(400, "invalid")
    owner.api.patch(f"/groups/{group.pk}/members/{owner.id}", {"role": "member"}).expect(422, "owner_must_stay")


def test_only_the_owner_changes_settings_and_nobody_removes_the_owner(
    member: Person, viewer: Person, owner: Person, group: Group
) -> None:
    for person in (member, viewer):
        person.api.patch(f"/groups/{group.pk}", {"name": "我的"}).expect(403, "not_allowed")
    viewer.api.patch(f"/groups/{group.pk}/members/{viewer.id}", {"role": "member"}).expect(403, "not_allowed")
    viewer.api.delete(f"/groups/{group.pk}/members/{owner.id}", proof=True).expect(403, "not_allowed")
    member.api.delete(f"/groups/{group.pk}/members/{owner.id}", proof=True).expect(422, "owner_must_stay")


def test_a_viewer_may_spend_when_everybody_agrees(
    world: World, owner: Person, member: Person, viewer: Person, group: Group
) -> None:
    path = f"/groups/{group.pk}/members/{viewer.id}"
    asked = owner.api.patch(path, {"role": "member"}).expect(202)
    assert (asked["kind"], asked["voters"]) == ("add_spender", [str(member.id)])
    viewer.api.post(f"/groups/{group.pk}/payment-codes", {}).expect(403, "not_allowed")
    agree(group)
    show_code(viewer, group)


def test_a_viewer_sees_and_pays_in(world: World, viewer: Person, group: Group) -> None:
    pay_in(world, viewer, group, yuan(50))
    assert viewer.api.get(f"/groups/{group.pk}").expect(200)["my_stake"] == money(yuan(50))
    viewer.api.post(f"/groups/{group.pk}/payment-codes", {}).expect(403, "not_allowed")


def test_somebody_unknown(owner: Person, stranger: Person, group: Group) -> None:
    for person in (stranger.id, "01900000-0000-7000-8000-000000000000"):
        owner.api.patch(f"/groups/{group.pk}/members/{person}", {"weight": 2}).expect(404, "member_not_found")
        owner.api.delete(f"/groups/{group.pk}/members/{person}", proof=True).expect(404, "member_not_found")


def test_members_in_the_order_of_joining(world: World, owner: Person, group: Group) -> None:
    other = meet("赵敏", "+8613800000005", now=world.now)
    code = owner.api.post(f"/groups/{group.pk}/invitations", {}).expect(201)["code"]
    other.api.post(f"/invitations/{code}/accept").expect(200)
    agree(group)
    rows = owner.api.get(f"/groups/{group.pk}/members").expect(200)["data"]
    assert [row["name"] for row in rows] == ["张伟", "王芳", "李梅", "赵敏"]
    assert [row["role"] for row in rows] == ["owner", "member", "viewer", "member"]
