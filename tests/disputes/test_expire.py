"""The deadline decides by itself, and beat only carries it out: back to the respondent, once."""

from datetime import timedelta

import pytest

from groups.disputes.errors import DisputeClosed
from groups.disputes.models import Dispute
from groups.disputes.services import decide_dispute, expire_disputes
from groups.disputes.tasks import expire_due_disputes
from groups.members.models import Group
from groups.spending.models import Payment
from tests.cast import Person, Shop, World, buy, kinds_since, sequence_of, stakes_of, yuan
from tests.disputes.conftest import answer, contest, held, last_event
from wallet.identity.models import User


def test_nothing_happens_before_the_deadline(world: World, group: Group, member: Person, dispute: Dispute) -> None:
    world.go_to(dispute.deadline_at - timedelta(seconds=1))
    assert expire_disputes(now=world.now) == 0
    assert held(world, group) == yuan(30)
    answer(member, dispute, "concede").expect(200)


def test_at_the_deadline_it_goes_back(world: World, group: Group, viewer: Person, dispute: Dispute) -> None:
    world.go_to(dispute.deadline_at)
    before = sequence_of(group)
    assert expire_due_disputes() == 1
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}
    assert held(world, group) == 0
    assert kinds_since(group, before) == ["dispute_closed"]
    event = last_event(group)
    assert (event.actor_id, event.data["outcome"], event.data["returned"]) == (None, "expired", yuan(30))
    told = viewer.api.get(f"/groups/{group.pk}/disputes/{dispute.pk}").expect(200)
    assert (told["status"], told["ended_at"]) == ("expired", world.now.isoformat().replace("+00:00", "Z"))
    assert expire_due_disputes() == 0
    assert sequence_of(group) == before + 1


def test_past_it_no_answer_counts_also_before_beat_came(
    world: World, group: Group, owner: Person, member: Person, clerk: User, dispute: Dispute
) -> None:
    world.go_to(dispute.deadline_at)
    before = sequence_of(group)
    for person, verb in ((owner, "withdraw"), (member, "concede")):
        assert answer(person, dispute, verb).expect(409, "dispute_closed")["data"] == {"outcome": "expired"}
    with pytest.raises(DisputeClosed):
        decide_dispute(
            operator=clerk, group_id=group.pk, dispute_id=dispute.pk, uphold=True, reason="迟了", now=world.now
        )
    assert sequence_of(group) == before
    assert held(world, group) == yuan(30)
    assert expire_disputes(now=world.now) == 1


def test_so_many_at_a_time_the_longest_overdue_first(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, payment: Payment
) -> None:
    for _ in range(4):
        buy(member, group, shop, yuan(4))
    bought = Payment.objects.filter(group=group).order_by("id")
    made = []
    for each in bought:
        made.append(contest(owner, group, each).expect(201)["id"])
        world.wait(1)
    world.wait(timedelta(days=15).total_seconds())
    assert [expire_disputes(now=world.now, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    ended = Dispute.objects.order_by("ended_at", "id")
    assert [str(dispute.pk) for dispute in ended] == made
    assert held(world, group) == 0


def test_where_nothing_was_held_only_the_group_is_told(
    world: World, group: Group, owner: Person, member: Person, shop: Shop, payment: Payment
) -> None:
    buy(member, group, shop, yuan(90), sharing_rule="payer")
    contest(owner, group, payment).expect(201)
    world.wait(timedelta(days=14).total_seconds())
    before = sequence_of(group)
    assert expire_disputes(now=world.now) == 1
    assert kinds_since(group, before) == ["dispute_closed_unfunded"]
