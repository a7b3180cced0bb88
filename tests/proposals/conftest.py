"""The cast at the door of proposals: who proposes what to the group, who votes, and how it stands."""

from typing import Any

import pytest

from groups.members.models import Group
from groups.members.services import accept_invitation, invite
from tests.cast import Answer, Person, World, group, join, meet, member, money, owner, shop, stranger, viewer, world

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]
#: What most of these stories are about: ¥3,000 a month. Everybody has to agree.
LIMIT = {"limit": "group_month", "user": None, "amount": money(300_000)}
#: Above ¥10, two others must approve.
TIERS = {"tiers": [{"above": money(1_000), "approvals": 2}], "part_percent": 100, "objection_hours": 24}


@pytest.fixture
def third(world: World, group: Group, owner: Person) -> Person:
    """赵敏, who may spend too."""
    person = meet("赵敏", "+8613800000005", now=world.now)
    join(group, owner, person, now=world.now)
    return person


@pytest.fixture
def fourth(world: World, group: Group, owner: Person, third: Person) -> Person:
    """孙丽, who came after 赵敏."""
    person = meet("孙丽", "+8613800000006", now=world.now)
    join(group, owner, person, now=world.now)
    return person


def let_in(world: World, group: Group, host: Person, guest: Person, role: str | None = None) -> None:
    """Let somebody accept an invitation, and nobody vote on anything yet."""
    code = invite(actor=host.user, group_id=group.pk, now=world.now, role=role).code
    accept_invitation(user=guest.user, code=code, now=world.now)


def propose(person: Person, group: Group, kind: str, payload: dict[str, Any], *, proof: bool = False) -> Answer:
    return person.api.post(f"/groups/{group.pk}/proposals", {"kind": kind, "payload": payload}, proof=proof)


def propose_limit(person: Person, group: Group, amount: int = 300_000) -> dict[str, Any]:
    """Propose that the group spends no more than this a month (fen)."""
    made: dict[str, Any] = propose(person, group, "set_limit", {**LIMIT, "amount": money(amount)}).expect(201)
    return made


def propose_payment(person: Person, group: Group, amount: int = 1_001) -> dict[str, Any]:
    """Ask the others to approve a payment (fen)."""
    payload = {"amount": money(amount), "subject": "电视"}
    made: dict[str, Any] = propose(person, group, "approve_payment", payload, proof=True).expect(201)
    return made


def cast(person: Person, group: Group, made: dict[str, Any], choice: str = "approve", *, proof: bool = False) -> Answer:
    return person.api.post(f"/groups/{group.pk}/proposals/{made['id']}/votes", {"choice": choice}, proof=proof)


def cancel(person: Person, group: Group, made: dict[str, Any]) -> Answer:
    return person.api.post(f"/groups/{group.pk}/proposals/{made['id']}/cancel")


def read(person: Person, group: Group, made: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = person.api.get(f"/groups/{group.pk}/proposals/{made['id']}").expect(200)
    return told


def status_of(person: Person, group: Group, made: dict[str, Any]) -> str:
    status: str = read(person, group, made)["status"]
    return status


def list_limits(person: Person, group: Group) -> list[int]:
    """What the group's limits are (fen)."""
    return [row["amount"]["amount"] for row in person.api.get(f"/groups/{group.pk}/limits").expect(200)["limits"]]
