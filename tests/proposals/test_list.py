"""The list of what was proposed: it asks the database as often for many proposals as for one."""

from contextlib import suppress
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from groups.members.errors import NotAllowed, OwnerMustStay
from groups.members.models import Group
from groups.proposals.kinds import list_kinds
from groups.proposals.models import Proposal
from groups.proposals.services import propose
from tests.cast import Person, Shop, World, open_shop, pay_in, settle_on, yuan
from tests.proposals.conftest import TIERS

#: What can only be proposed once at a time, and what its own room proposes: few of them are ever open.
ONCE = {"hand_over", "settle_debt"}
KINDS = [kind.name for kind in list_kinds() if kind.name not in ONCE | {"excuse_missed"} and not kind.is_internal]


def payloads(kind: str, proposer: Person, people: list[Person], shop: Shop, number: int) -> dict[str, Any]:
    """Something of this kind to propose, other than the one with another number. Amounts are fen, as stored."""
    assert proposer.source is not None
    person = people[number % 2]
    about: dict[str, dict[str, Any]] = {
        "set_limit": {"limit": "member_month", "user": person.id, "amount": number},
        "unblock_category": {"category": f"games_{'abcdefg'[number]}", "user": person.id},
        "resume_spending": {"user": person.id},
        "change_sharing": {"weights": [{"user": person.id, "weight": number + 1}]},
        "add_spender": {"user": people[2].id},
        "change_voting": {
            "tiers": [{"above": number, "approvals": 1}],
            "part_percent": 50,
            "objection_hours": 24,
        },
        "approve_payment": {"amount": yuan(20) + number, "merchant": shop.merchant.pk, "subject": "电视"},
        "approve_transfer": {"source": proposer.source.pk, "amount": yuan(20) + number, "memo": ""},
        "dissolve": {"version": str(number), "text": "再见", "weights": [{"user": person.id, "weight": 1}]},
        "set_last_day": {"ends_on": f"2027-01-0{number + 1}"},
    }
    return about.get(kind, {"user": person.id, "amount": number + 1})


def test_it_reads_once_whatever_there_is(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, third: Person, settings: Any
) -> None:
    settings.PROPOSALS_OPEN_MAX = 1_000
    settle_on(owner, group, "change_voting", TIERS)
    for person in (owner, third):
        pay_in(world, person, group, yuan(50))
    about = [member, third, viewer]
    first = 0
    for number, proposer in enumerate((third, owner, member)):
        shop = open_shop(f"第{number}家", now=world.now)
        for kind in KINDS:
            payload = payloads(kind, proposer, about, shop, number)
            # Not everything is anybody's to propose, such as about oneself.
            with suppress(NotAllowed, OwnerMustStay):
                propose(actor=proposer.user, group_id=group.pk, kind=kind, payload=payload, now=world.now)
            assert not first or count_queries(viewer, group) == first, f"{kind} asks once more for one more"
        first = first or count_queries(viewer, group)
    for kind in KINDS:
        assert Proposal.objects.filter(group=group, kind=kind, status="open").count() >= 2, kind


def count_queries(person: Person, group: Group) -> int:
    """How often a list of all that was proposed asks the database."""
    with CaptureQueriesContext(connection) as queries:
        person.api.get(f"/groups/{group.pk}/proposals", limit=100).expect(200)
    return len(queries)
