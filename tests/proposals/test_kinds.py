"""Every kind of proposal: it says in both languages who decides and what silence means, and this table says it too."""

import uuid
from typing import Any

import pytest
from django.utils import translation

from groups.autotransfers.models import AutoTransferRun
from groups.autotransfers.services import skip_next
from groups.members.models import Group
from groups.proposals.kinds import Motion, get_kind, list_kinds
from groups.proposals.selectors import list_electors
from tests.autotransfers.conftest import order_in
from tests.cast import Person, World, join, meet, money, pay_in, yuan

KINDS = [kind.name for kind in list_kinds()]
# A family of 张伟, who owns it, 王芳, 赵敏, 孙丽, and 李梅, who looks on and has money there. Who votes, by the first
# letters of their names; how many are needed. 王芳 proposes, and it is about 赵敏, where it is about somebody.
TABLE = {
    "add_spender": ("张孙李", 3),
    "approve_payment": ("张赵孙", 1),
    "approve_transfer": ("张赵孙", 2),
    "change_sharing": ("张赵孙李", 4),
    "change_voting": ("张赵孙李", 4),
    "dissolve": ("张赵孙李", 4),
    "elect_owner": ("赵孙", 2),
    "excuse_missed": ("张", 1),
    "hand_over": ("赵", 1),
    "loosen_auto_transfer": ("张赵孙李", 4),
    "make_viewer": ("张孙", 2),
    "remove_member": ("张孙", 2),
    "reshare_payment": ("赵李", 2),
    "resume_auto_transfer": ("张赵孙李", 4),
    "resume_spending": ("张赵孙", 3),
    "set_last_day": ("张赵孙李", 4),
    "set_limit": ("张赵孙李", 4),
    "settle_debt": ("赵", 1),
    "start_auto_transfer": ("张赵孙李", 4),
    "unblock_category": ("张赵孙李", 4),
}


def test_every_kind_is_in_the_table() -> None:
    assert list(TABLE) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_who_decides(world: World, group: Group, owner: Person, member: Person, viewer: Person, kind: str) -> None:
    third, fourth = meet("赵敏", "+8613800000005", now=world.now), meet("孙丽", "+8613800000006", now=world.now)
    for person in (third, fourth):
        join(group, owner, person, now=world.now)
    pay_in(world, viewer, group, yuan(50))
    names = {person.id: person.name[0] for person in (owner, third, fourth, viewer)}
    payload: dict[str, Any] = {"user": str(third.id), "amount": yuan(12_000), "run": run_of(world, group, third)}
    shares = [{"user": str(person.id), "before": 1, "after": 2} for person in (member, third, viewer)]
    payload |= {"shares": shares}
    quorum = get_kind(kind).quorum(Motion(group, member.user, payload, list_electors(group.pk)))
    voted, needed = TABLE[kind]
    assert {names[voter] for voter in quorum.voters} == set(voted)
    assert quorum.needed == needed
    assert member.id not in quorum.voters, "the proposer has no vote"


def run_of(world: World, group: Group, person: Person) -> str:
    """Let a person order a contribution and skip its first run; give back the run's id."""
    order = order_in(world, group, person)
    skip_next(actor=person.user, group_id=group.pk, order_id=order.pk, now=world.now)
    return str(AutoTransferRun.objects.get(group=group).pk)


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_who_and_what_silence_means_in_both_languages(kind: str) -> None:
    told = get_kind(kind)
    for text in (told.text, told.who, told.silence):
        with translation.override("en"):
            assert str(text).isascii()
        with translation.override("zh-hans"):
            assert not str(text).isascii()
    assert told.life.total_seconds() > 0


def test_they_are_listed_to_clients(owner: Person) -> None:
    rows = {row["kind"]: row for row in owner.api.get("/proposal-kinds").expect(200)["data"]}
    assert list(rows) == KINDS
    assert rows["dissolve"]["moves_money"]
    assert rows["dissolve"]["payload"] == ["version", "text", "weights"]
    assert rows["approve_payment"]["life_hours"] == 24


def test_bad_payloads_point_to_where(group: Group, owner: Person) -> None:
    path = f"/groups/{group.pk}/proposals"
    for kind, payload, pointer in (
        ("set_limit", {"limit": "yearly", "amount": None}, "/payload/limit"),
        ("set_limit", {"limit": "payment", "amount": {"amount": 1.5, "currency": "CNY"}}, "/payload/amount"),
        ("change_sharing", {"weights": [{"user": "x", "weight": 0}]}, "/payload/weights/0/user"),
        ("change_voting", {"tiers": [{"above": money(1)}], "part_percent": 0, "objection_hours": 1}, "/payload/tiers"),
        ("add_spender", {"user": "x"}, "/payload/user"),
    ):
        problem = owner.api.post(path, {"kind": kind, "payload": payload}).expect(400, "invalid")
        assert any(error["pointer"].startswith(pointer) for error in problem["errors"]), (kind, problem["errors"])
    owner.api.post(path, {"kind": "gossip", "payload": {}}).expect(422, "proposal_kind_unknown")
    nobody = {"kind": "add_spender", "payload": {"user": str(uuid.uuid4())}}
    owner.api.post(path, nobody).expect(404, "member_not_found")
