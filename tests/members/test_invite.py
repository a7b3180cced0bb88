"""Invitations: a code lets one person in, once, until it expires; names are masked until then."""

from typing import Any

import pytest

from groups.members.models import Group, Invitation, InvitationCode
from groups.members.scenes import Scene
from groups.members.services import expire_invitations
from tests.cast import Person, World, agree, found, join, kinds_since, meet, sequence_of, settle_on


def invite(person: Person, group: Group, **asked: Any) -> Any:
    return person.api.post(f"/groups/{group.pk}/invitations", asked).expect(201)


def test_accept(world: World, owner: Person, stranger: Person, group: Group) -> None:
    before = sequence_of(group)
    code = invite(owner, group)["code"]
    joined = stranger.api.post(f"/invitations/{code}/accept").expect(200)
    assert joined["id"] == str(group.pk)
    # One more who may spend: 王芳 has to agree, whom nobody has asked yet.
    assert joined["my_role"] == "viewer"
    assert kinds_since(group, before) == ["member_invited", "member_joined", "proposal_made"]
    agree(group)
    assert stranger.api.get(f"/groups/{group.pk}").expect(200)["my_role"] == "member"
    assert str(stranger.id) in [row["user"] for row in stranger.api.get(f"/groups/{group.pk}/members").body["data"]]


def test_decline(owner: Person, stranger: Person, group: Group) -> None:
    invited = invite(owner, group)
    before = sequence_of(group)
    stranger.api.post(f"/invitations/{invited['code']}/decline").expect(204)
    assert kinds_since(group, before) == ["invitation_closed"]
    stranger.api.post(f"/invitations/{invited['code']}/accept").expect(409, "invitation_not_open")
    stranger.api.get(f"/groups/{group.pk}").expect(404, "group_not_found")


def test_withdraw(owner: Person, stranger: Person, group: Group) -> None:
    invited = invite(owner, group)
    before = sequence_of(group)
    owner.api.delete(f"/groups/{group.pk}/invitations/{invited['id']}").expect(204)
    assert kinds_since(group, before) == ["invitation_closed"]
    stranger.api.post(f"/invitations/{invited['code']}/accept").expect(409, "invitation_not_open")
    owner.api.delete(f"/groups/{group.pk}/invitations/{invited['id']}").expect(409, "invitation_not_open")


def test_a_member_takes_back_only_their_own(owner: Person, member: Person, group: Group) -> None:
    of_owner, of_member = invite(owner, group), invite(member, group)
    member.api.delete(f"/groups/{group.pk}/invitations/{of_owner['id']}").expect(403, "not_allowed")
    member.api.delete(f"/groups/{group.pk}/invitations/{of_member['id']}").expect(204)


def test_it_expires_to_the_second(world: World, owner: Person, stranger: Person, group: Group) -> None:
    code = invite(owner, group)["code"]
    world.wait(72 * 3600)
    stranger.api.post(f"/invitations/{code}/accept").expect(409, "invitation_not_open")
    assert expire_invitations(now=world.now) == 1
    assert expire_invitations(now=world.now) == 0
    assert kinds_since(group)[-1] == "invitation_closed"
    assert Invitation.objects.filter(group=group, status="expired").count() == 1


def test_a_second_before_it_still_lets_in(world: World, owner: Person, stranger: Person, group: Group) -> None:
    code = invite(owner, group)["code"]
    world.wait(72 * 3600 - 1)
    assert expire_invitations(now=world.now) == 0
    stranger.api.post(f"/invitations/{code}/accept").expect(200)


def test_one_code_lets_one_person_in(world: World, owner: Person, stranger: Person, group: Group) -> None:
    other = meet("赵敏", "+8613800000005", now=world.now)
    code = invite(owner, group)["code"]
    stranger.api.post(f"/invitations/{code}/accept").expect(200)
    other.api.post(f"/invitations/{code}/accept").expect(409, "invitation_not_open")


def test_names_are_masked_until_accepted(owner: Person, stranger: Person, group: Group) -> None:
    code = invite(owner, group)["code"]
    offer = stranger.api.get(f"/invitations/{code}")
    assert offer.expect(200)["group_name"] == "我们的家"
    assert offer.body["inviter_name"] == "张*"
    assert offer.body["members"] == ["张*", "王*", "李*"]
    shown = offer.raw.decode()
    for hidden in ("张伟", "王芳", "李梅", str(owner.id), str(group.pk), "+86"):
        assert hidden not in shown


def test_who_is_in_already_is_told_so(owner: Person, member: Person, group: Group) -> None:
    code = invite(owner, group)["code"]
    member.api.post(f"/invitations/{code}/accept").expect(409, "already_member")
    member.api.post(f"/invitations/{code}/decline").expect(409, "already_member")


def test_an_unknown_code(stranger: Person) -> None:
    for path in ("/accept", "/decline"):
        stranger.api.post(f"/invitations/ABCDEFGH23{path}").expect(404, "invitation_not_found")
    stranger.api.get("/invitations/ABCDEFGH23").expect(404, "invitation_not_found")


def test_only_the_hash_of_a_code_is_stored(owner: Person, group: Group) -> None:
    invited = invite(owner, group)
    assert invited["code"] not in str(list(InvitationCode.objects.values())) + str(list(Invitation.objects.values()))
    assert "code" not in owner.api.get(f"/groups/{group.pk}/invitations").expect(200)["data"][0]


def test_so_many_can_be_open_at_once(world: World, owner: Person, group: Group, settings: Any) -> None:
    settings.INVITATIONS_OPEN_MAX = 2
    first = invite(owner, group)
    invite(owner, group)
    owner.api.post(f"/groups/{group.pk}/invitations", {}).expect(422, "too_many_invitations")
    owner.api.delete(f"/groups/{group.pk}/invitations/{first['id']}").expect(204)
    invite(owner, group)
    # What has expired does not count, even before somebody has told so.
    world.wait(72 * 3600)
    invite(owner, group)


def test_the_last_seat_is_given_once(world: World, owner: Person, stranger: Person) -> None:
    couple = found(owner, now=world.now, scene=Scene.COUPLE, name="我俩")
    other = meet("赵敏", "+8613800000005", now=world.now)
    codes = [invite(owner, couple)["code"] for _ in range(2)]
    stranger.api.post(f"/invitations/{codes[0]}/accept").expect(200)
    other.api.post(f"/invitations/{codes[1]}/accept").expect(422, "too_many_members")
    # Refused for want of room, the invitation is still open: somebody may leave.
    stranger.api.delete(f"/groups/{couple.pk}/members/{stranger.id}", proof=True).expect(200)
    other.api.post(f"/invitations/{codes[1]}/accept").expect(200)


def test_too_many_groups(world: World, owner: Person, stranger: Person, group: Group, settings: Any) -> None:
    settings.GROUPS_PER_USER_MAX = 1
    found(stranger, now=world.now)
    code = invite(owner, group)["code"]
    stranger.api.post(f"/invitations/{code}/accept").expect(422, "too_many_groups")


@pytest.mark.parametrize("role", ["owner", "king", 1, None])
def test_nobody_is_invited_as_owner(owner: Person, group: Group, role: Any) -> None:
    owner.api.post(f"/groups/{group.pk}/invitations", {"role": role}).expect(400, "invalid")


def test_a_viewer_invites_nobody(viewer: Person, group: Group) -> None:
    viewer.api.post(f"/groups/{group.pk}/invitations", {}).expect(403, "not_allowed")


def test_coming_back_opens_the_same_stake(world: World, owner: Person, member: Person, group: Group) -> None:
    member.api.delete(f"/groups/{group.pk}/members/{member.id}", proof=True).expect(200)
    join(group, owner, member, now=world.now, role="viewer")
    assert member.api.get(f"/groups/{group.pk}").expect(200)["my_role"] == "viewer"
    assert group.memberships.filter(user=member.user).count() == 1


def test_nobody_comes_back_by_their_own_invitation(
    world: World, owner: Person, member: Person, stranger: Person, group: Group
) -> None:
    join(group, owner, stranger, now=world.now, role="member")
    code = invite(member, group, role="viewer")["code"]
    settle_on(owner, group, "remove_member", {"user": str(member.id)})
    member.api.post(f"/invitations/{code}/accept").expect(409, "invitation_not_open")


def test_a_closed_group_lets_nobody_in(group: Group, owner: Person, stranger: Person) -> None:
    code = invite(owner, group)["code"]
    settle_on(owner, group, "dissolve", {"version": "1", "text": "好聚好散"})
    stranger.api.post(f"/invitations/{code}/accept").expect(409, "invitation_not_open")
    stranger.api.get(f"/groups/{group.pk}").expect(404, "group_not_found")
