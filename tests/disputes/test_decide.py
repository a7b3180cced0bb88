"""Operators mediate: they uphold, whole or in part, or dismiss, and always say why."""

import pytest

from groups.disputes.errors import AwardTooLarge, DisputeClosed, DisputeNotFound, ReasonMissing
from groups.disputes.models import Dispute
from groups.disputes.services import decide_dispute
from groups.members.models import Group
from tests.cast import Person, World, found, kinds_since, sequence_of, stakes_of, yuan
from tests.disputes.conftest import answer, held, last_event, operator
from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User


def decide(
    world: World,
    clerk: User,
    dispute: Dispute,
    *,
    uphold: bool,
    reason: str = "收据是私人的",
    amount: int | None = None,
) -> Dispute:
    return decide_dispute(
        operator=clerk,
        group_id=dispute.group_id,
        dispute_id=dispute.pk,
        uphold=uphold,
        reason=reason,
        amount=amount,
        now=world.now,
    )


def test_upheld_whole(world: World, group: Group, clerk: User, dispute: Dispute, owner: Person) -> None:
    before = sequence_of(group)
    ended = decide(world, clerk, dispute, uphold=True)
    assert (ended.status, ended.awarded, ended.ended_by, ended.decision_reason) == (
        "upheld",
        yuan(30),
        clerk,
        "收据是私人的",
    )
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(60), "李梅": 0}
    assert held(world, group) == 0
    assert kinds_since(group, before) == ["dispute_upheld"]


def test_the_group_reads_why_and_not_who(
    world: World, group: Group, clerk: User, owner: Person, member: Person, dispute: Dispute
) -> None:
    decide(world, clerk, dispute, uphold=True)
    for answered in (
        member.api.get(f"/groups/{group.pk}/events", after=sequence_of(group) - 1),
        member.api.get(f"/groups/{group.pk}/disputes/{dispute.pk}"),
    ):
        answered.expect(200)
        assert "收据是私人的" in answered.raw.decode()
        assert str(clerk.pk) not in answered.raw.decode()


def test_upheld_in_part_the_rest_goes_back(world: World, group: Group, clerk: User, dispute: Dispute) -> None:
    decide(world, clerk, dispute, uphold=True, amount=yuan(12))
    assert stakes_of(group) == {"张伟": yuan(282), "王芳": yuan(78), "李梅": 0}
    assert held(world, group) == 0
    data = last_event(group).data
    assert (data["amount"], data["awarded"], data["returned"]) == (yuan(30), yuan(12), yuan(18))


def test_dismissed(world: World, group: Group, clerk: User, dispute: Dispute) -> None:
    before = sequence_of(group)
    decide(world, clerk, dispute, uphold=False, reason="确实是家用")
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}
    assert held(world, group) == 0
    assert kinds_since(group, before) == ["dispute_closed"]
    event = last_event(group)
    assert (event.data["outcome"], event.data["reason"], event.actor_id) == ("dismissed", "确实是家用", None)


@pytest.mark.parametrize("reason", ["", "  "])
def test_not_without_a_reason(world: World, group: Group, clerk: User, dispute: Dispute, reason: str) -> None:
    for uphold in (True, False):
        with pytest.raises(ReasonMissing):
            decide(world, clerk, dispute, uphold=uphold, reason=reason)
    assert held(world, group) == yuan(30)


def test_not_more_than_was_contested(world: World, group: Group, clerk: User, dispute: Dispute) -> None:
    with pytest.raises(AwardTooLarge) as refused:
        decide(world, clerk, dispute, uphold=True, amount=yuan(30) + 1)
    assert refused.value.data == {"contested": yuan(30)}


def test_not_without_the_right(world: World, group: Group, dispute: Dispute) -> None:
    for rights in ((), ("view_dispute", "change_dispute", "approve_legal_hold")):
        with pytest.raises(OperatorNotAllowed):
            decide(world, operator(f"trainee{len(rights)}", *rights), dispute, uphold=True)
    assert held(world, group) == yuan(30)


def test_not_after_the_people_have_agreed(
    world: World, group: Group, clerk: User, owner: Person, member: Person, dispute: Dispute
) -> None:
    answer(owner, dispute, "withdraw").expect(200)
    with pytest.raises(DisputeClosed) as refused:
        decide(world, clerk, dispute, uphold=True)
    assert refused.value.data == {"outcome": "withdrawn"}


def test_the_people_are_told_of_it_when_they_come_late(
    world: World, clerk: User, owner: Person, member: Person, dispute: Dispute
) -> None:
    decide(world, clerk, dispute, uphold=False)
    for person, verb in ((member, "concede"), (owner, "withdraw")):
        assert answer(person, dispute, verb).expect(409, "dispute_closed")["data"] == {"outcome": "dismissed"}


def test_not_in_another_group(world: World, clerk: User, stranger: Person, dispute: Dispute) -> None:
    other = found(stranger, now=world.now)
    with pytest.raises(DisputeNotFound):
        decide_dispute(
            operator=clerk, group_id=other.pk, dispute_id=dispute.pk, uphold=True, reason="别处", now=world.now
        )
