"""Founding a group: the scene sets what it starts with, and whoever founds it owns it."""

from typing import Any

import pytest

from groups.members.scenes import Scene
from tests.cast import Person, World, found, kinds_since, money

# scene        sharing rule  an invitation lets in as  how many people there may be
SCENES = [
    ("couple", "pro_rata", "member", 2),
    ("family", "pro_rata", "member", 20),
    ("flatmates", "equal", "member", 20),
    ("trip", "equal", "member", 50),
    ("class", "pro_rata", "viewer", 100),
    ("pet", "pro_rata", "member", 20),
    ("other", "pro_rata", "member", 100),
]


def test_every_scene_is_in_the_table() -> None:
    assert [row[0] for row in SCENES] == list(Scene)


@pytest.mark.parametrize(("scene", "sharing_rule", "invited_as", "people"), SCENES)
def test_a_scene_sets_the_start(owner: Person, scene: str, sharing_rule: str, invited_as: str, people: int) -> None:
    group = owner.api.post("/groups", {"name": "我们", "scene": scene}).expect(201)
    assert group["sharing_rule"] == sharing_rule
    assert group["my_role"] == "owner"
    assert group["time_zone"] == "Asia/Shanghai"
    assert group["balance"] == group["my_stake"] == money(0)
    invitation = owner.api.post(f"/groups/{group['id']}/invitations", {}).expect(201)
    assert invitation["role"] == invited_as


@pytest.mark.parametrize(("scene", "people"), [("couple", 2), ("family", 20), ("class", 100)])
def test_a_scene_has_room_for_so_many(owner: Person, scene: str, people: int, settings: Any, world: World) -> None:
    group = found(owner, now=world.now, scene=Scene(scene))
    settings.MEMBERS_PER_GROUP_MAX = 1
    refused = owner.api.post(f"/groups/{group.pk}/invitations", {}).expect(422, "too_many_members")
    assert refused["data"] == {"limit": 1}
    settings.MEMBERS_PER_GROUP_MAX = 1000
    from groups.members.scenes import DEFAULTS

    assert DEFAULTS[Scene(scene)].members_max == people


def test_what_happened_is_told(owner: Person, world: World) -> None:
    group = found(owner, now=world.now)
    assert kinds_since(group) == ["group_created", "member_joined"]
    page = owner.api.get(f"/groups/{group.pk}/events").expect(200)
    assert [event["sequence"] for event in page["data"]] == [1, 2]
    assert page["data"][0]["data"]["owner"] == str(owner.id)


def test_everything_can_be_changed_by_the_owner(owner: Person, world: World) -> None:
    group = found(owner, now=world.now)
    change = {"name": "新家", "time_zone": "Pacific/Apia"}
    changed = owner.api.patch(f"/groups/{group.pk}", change).expect(200)
    assert {name: changed[name] for name in change} == change
    assert kinds_since(group, 2) == ["group_changed"]
    # Nobody else has to agree yet.
    changed = owner.api.patch(f"/groups/{group.pk}", {"sharing_rule": "weights"}).expect(200)
    assert changed["sharing_rule"] == "weights"
    assert kinds_since(group, 3) == ["proposal_made", "group_changed", "proposal_ended"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scene": "family"}, "/name"),
        ({"name": "", "scene": "family"}, "/name"),
        ({"name": "   ", "scene": "family"}, "/name"),
        ({"name": "x" * 41, "scene": "family"}, "/name"),
        ({"name": "a\u202eb", "scene": "family"}, "/name"),
        ({"name": "a\nb", "scene": "family"}, "/name"),
        ({"name": "家"}, "/scene"),
        ({"name": "家", "scene": "bank"}, "/scene"),
        ({"name": "家", "scene": "family", "time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"name": "家", "scene": "family", "time_zone": "../etc/passwd"}, "/time_zone"),
        ([], ""),
    ],
)
def test_bad_input_points_to_where(owner: Person, body: Any, pointer: str) -> None:
    problem = owner.api.post("/groups", body).expect(400, "invalid")
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert owner.api.get("/groups").expect(200)["data"] == []


def test_nobody_is_in_more_groups_than_there_may_be(owner: Person, world: World, settings: Any) -> None:
    settings.GROUPS_PER_USER_MAX = 2
    found(owner, now=world.now)
    found(owner, now=world.now)
    refused = owner.api.post("/groups", {"name": "第三个", "scene": "pet"}).expect(422, "too_many_groups")
    assert refused["data"] == {"limit": 2}
    assert len(owner.api.get("/groups").expect(200)["data"]) == 2
