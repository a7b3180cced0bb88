"""A run that does not succeed: tried again, missed, paid by hand, excused. And what ends an order."""

from typing import Any

import pytest

from groups.autotransfers.errors import RunNotMissed, RunNotUnpaid
from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.services import end_order, pause_order, pay_by_hand, resume_order, run_due
from groups.exits.services import leave_group
from groups.funding.models import Contribution
from groups.members.errors import NotAllowed
from groups.members.models import Group
from groups.proposals.services import propose
from tests.autotransfers.conftest import live, local, order_in, order_out, runs_of, sweep
from tests.cast import Person, World, agree, join, kinds_since, link, meet, pay_in, settle_on, stakes_of
from wallet.ledger.models import Event
from wallet.rails.adapters import base, use_adapter
from wallet.rails.reconciling import reconcile_due


def missed(world: World, group: Group, person: Person) -> AutoTransferRun:
    """Let a run of a person's order be missed: their card is empty, and stays so."""
    card = link(person, "insufficient", now=world.now)
    order = order_in(world, group, person, source=card.pk, runs_max=1)
    live(world, "2026-11-08 10:00")
    run = AutoTransferRun.objects.get(group=group, order=order)
    assert run.status == "missed"
    return run


def hand(world: World, run: AutoTransferRun, person: Person, card: str = "settles") -> AutoTransferRun:
    source = link(person, card, now=world.now)
    return pay_by_hand(actor=person.user, group_id=run.group_id, run_id=run.pk, source_id=source.pk, now=world.now)


def test_tried_again_after_1_6_24_and_72_hours_then_missed(world: World, group: Group, member: Person) -> None:
    run = missed(world, group, member)
    tried = Contribution.objects.filter(group=group).order_by("id").values_list("created_at", flat=True)
    hours = [round((at - local("2026-11-03 09:00")).total_seconds() / 3600, 2) for at in tried]
    assert hours == [0, 1, 6, 24, 72]
    assert (run.tries, run.failure_code, run.next_at) == (5, "insufficient_funds", None)
    told = [kind for kind in kinds_since(group) if kind.startswith("auto_run")]
    assert told == [*["auto_run_started", "auto_run_retried"] * 4, "auto_run_started", "auto_run_missed"]
    assert stakes_of(group)["王芳"] == 0


def test_it_succeeds_at_last_and_once(world: World, group: Group, member: Person) -> None:
    card = link(member, "insufficient", now=world.now)
    order = order_in(world, group, member, source=card.pk, runs_max=1)
    live(world, "2026-11-03 09:30")
    assert runs_of(order) == {"11-03": "retrying"}
    assert member.source is not None
    AutoTransfer.objects.filter(group=group).update(source=member.source)
    live(world, "2026-11-03 11:00")
    assert runs_of(order) == {"11-03": "settled"}
    assert stakes_of(group)["王芳"] == 200_00


def test_a_refusal_is_an_outcome(world: World, group: Group, member: Person, settings: Any) -> None:
    order = order_in(world, group, member)
    settings.AUTO_TRANSFER_MAX_FEN = 100_00
    live(world, "2026-11-03 09:30")
    run = AutoTransferRun.objects.get(group=group)
    assert (run.status, run.failure_code) == ("retrying", "auto_transfer_too_large")
    assert run.next_at == local("2026-11-03 10:00")
    assert not Contribution.objects.filter(group=group).exists()
    assert order.pk == run.order_id


def test_paid_by_hand_while_it_waits_is_not_tried_again(world: World, group: Group, member: Person) -> None:
    card = link(member, "insufficient", now=world.now)
    order = order_in(world, group, member, source=card.pk, runs_max=1)
    live(world, "2026-11-03 09:30")
    run = hand(world, AutoTransferRun.objects.get(group=group), member)
    assert (run.status, run.by_hand, run.next_at) == ("under_way", True, None)
    live(world, "2026-11-08 10:00")
    assert runs_of(order) == {"11-03": "settled"}
    assert stakes_of(group)["王芳"] == 200_00
    with pytest.raises(RunNotUnpaid):
        hand(world, AutoTransferRun.objects.get(group=group), member)


def test_a_missed_one_is_paid_by_hand_or_stays_missed(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    run = missed(world, group, member)
    with pytest.raises(NotAllowed):
        hand(world, run, owner)
    hand(world, run, member, "insufficient")
    world.wait()
    assert runs_of(run.order) == {"11-03": "missed"}
    hand(world, run, member)
    world.wait()
    assert runs_of(run.order) == {"11-03": "settled"}
    assert Event.objects.filter(wallet=group.pk, kind="auto_run_settled").get().data["by_hand"] is True


def test_by_hand_in_vain_it_is_what_it_was_before(world: World, group: Group, member: Person) -> None:
    """Missed by a pause, long before the last of its tries, it is not tried by itself; waiting, it waits on."""
    order = retrying(world, group, member, every="month", day=3)
    run = AutoTransferRun.objects.get(order=order)
    hand(world, run, member, "insufficient")
    world.wait(60)
    assert runs_of(order) == {"11-03": "retrying"}
    asked = {"actor": member.user, "group_id": group.pk, "order_id": order.pk, "now": world.now}
    pause_order(**asked)
    resume_order(**asked)
    hand(world, run, member, "insufficient")
    world.wait(60)
    run.refresh_from_db()
    assert (run.status, run.next_at, run.by_hand) == ("missed", None, False)


# --- excusing ---------------------------------------------------------------------------------------------------------
def excuse(world: World, run: AutoTransferRun, proposer: Person) -> Any:
    payload = {"run": str(run.pk)}
    return propose(actor=proposer.user, group_id=run.group_id, kind="excuse_missed", payload=payload, now=world.now)


def test_the_owner_excuses(world: World, group: Group, owner: Person, member: Person) -> None:
    run = missed(world, group, member)
    made = excuse(world, run, member)
    assert made.electorate == [owner.id]
    agree(group)
    assert runs_of(run.order) == {"11-03": "excused"}
    with pytest.raises(RunNotMissed):
        excuse(world, run, owner)
    with pytest.raises(RunNotUnpaid):
        hand(world, run, member)


def test_the_owner_alone_needs_no_vote(world: World, group: Group, owner: Person, member: Person) -> None:
    run = missed(world, group, member)
    assert excuse(world, run, owner).status == "approved"
    assert runs_of(run.order) == {"11-03": "excused"}


def test_more_than_half_of_the_others_excuse_the_owner(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    others = [meet(f"客{n}", f"+8613811110{n:03}", now=world.now) for n in range(2)]
    for other in others:
        join(group, owner, other, now=world.now)
    run = missed(world, group, owner)
    made = excuse(world, run, owner)
    assert set(made.electorate) == {member.id, *(other.id for other in others)}
    assert agree(group)[0].status == "approved"
    assert runs_of(run.order) == {"11-03": "excused"}


def test_an_owner_without_others_is_not_excused(world: World, group: Group, owner: Person, member: Person) -> None:
    leave_group(actor=member.user, group_id=group.pk, now=world.now)
    run = missed(world, group, owner)
    assert excuse(world, run, owner).status == "rejected"
    assert runs_of(run.order) == {"11-03": "missed"}


# --- ends -------------------------------------------------------------------------------------------------------------
def retrying(world: World, group: Group, person: Person, **told: Any) -> AutoTransfer:
    card = link(person, "insufficient", now=world.now)
    order = order_in(world, group, person, source=card.pk, **told)
    live(world, "2026-11-03 09:30")
    assert runs_of(order) == {"11-03": "retrying"}
    return order


@pytest.mark.parametrize("stop", [end_order, pause_order])
def test_stopping_an_order_lets_what_waits_be_missed(world: World, group: Group, member: Person, stop: Any) -> None:
    order = retrying(world, group, member)
    stop(actor=member.user, group_id=group.pk, order_id=order.pk, now=world.now)
    assert runs_of(order) == {"11-03": "missed"}


def test_ending_what_is_done_lets_its_last_try_be_missed(world: World, group: Group, member: Person) -> None:
    order = retrying(world, group, member, runs_max=1)
    end_order(actor=member.user, group_id=group.pk, order_id=order.pk, now=world.now)
    assert runs_of(order) == {"11-03": "missed"}


def test_whoever_leaves_orders_nothing_any_more(world: World, group: Group, member: Person) -> None:
    order = retrying(world, group, member)
    leave_group(actor=member.user, group_id=group.pk, now=world.now)
    order.refresh_from_db()
    assert (order.status, order.end_reason) == ("ended", "left")
    assert runs_of(order) == {"11-03": "missed"}
    world.go_to(local("2026-11-09 09:00"))
    assert sweep(world) == 0


def test_whoever_leaves_is_not_asked_for_a_last_run_either(world: World, group: Group, member: Person) -> None:
    """Nothing more was due of the order; its last run was waiting for another try."""
    order = retrying(world, group, member, runs_max=1)
    leave_group(actor=member.user, group_id=group.pk, now=world.now)
    order.refresh_from_db()
    assert (order.status, order.end_reason) == ("ended", "left")
    assert runs_of(order) == {"11-03": "missed"}
    world.go_to(local("2026-11-09 09:00"))
    assert sweep(world) == 0


def test_a_last_run_at_the_bank_is_not_tried_again_for_who_was_removed(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    other = meet("孙六", "+8613800000066", now=world.now)
    join(group, owner, other, now=world.now)
    card = link(member, "insufficient", now=world.now)
    order = order_in(world, group, member, source=card.pk, runs_max=1)
    world.go_to(local("2026-11-03 09:00"))
    run_due(now=world.now)
    assert runs_of(order) == {"11-03": "under_way"}
    settle_on(owner, group, "remove_member", {"user": str(member.id)})
    world.wait(60)
    assert runs_of(order) == {"11-03": "missed"}


def test_a_group_that_closes_tries_no_last_run(world: World, group: Group, owner: Person, member: Person) -> None:
    order = retrying(world, group, member, runs_max=1)
    settle_on(owner, group, "dissolve", {"version": "1", "text": "好聚好散"})
    assert runs_of(order) == {"11-03": "missed"}


def test_a_group_that_closes_ends_all(world: World, group: Group, owner: Person, member: Person) -> None:
    orders = [order_in(world, group, owner), order_in(world, group, member)]
    pause_order(actor=member.user, group_id=group.pk, order_id=orders[1].pk, now=world.now)
    settle_on(owner, group, "dissolve", {"version": "1", "text": "好聚好散"})
    reasons = AutoTransfer.objects.filter(group=group).values_list("end_reason", flat=True)
    assert list(reasons) == ["closed", "closed"]


def test_what_an_order_uses_is_not_unlinked(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member)
    path = f"/me/sources/{order.source_id}"
    member.api.delete(path, proof=True).expect(422, "auto_transfer_needs")
    asked = {"actor": member.user, "group_id": group.pk, "order_id": order.pk, "now": world.now}
    pause_order(**asked)
    member.api.delete(path, proof=True).expect(422, "auto_transfer_needs")
    resume_order(**asked)
    end_order(**asked)
    member.api.delete(path, proof=True).expect(204)


# --- what the rail moves after all ------------------------------------------------------------------------------------
def test_what_came_after_all_is_not_collected_again(world: World, group: Group, member: Person) -> None:
    """The first try fails and settles a minute later; the hour of the second passes without one."""
    card = link(member, "late_success", now=world.now)
    order = order_in(world, group, member, source=card.pk, runs_max=1)
    live(world, "2026-11-05 09:00")
    assert runs_of(order) == {"11-03": "settled"}
    assert AutoTransferRun.objects.get(order=order).tries == 1
    assert stakes_of(group)["王芳"] == 200_00


def test_what_was_paid_after_all_is_not_paid_again(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, owner, group, 500_00)
    order = order_out(world, group, owner, "late_success", runs_max=1)
    live(world, "2026-11-05 09:00")
    assert runs_of(order) == {"11-03": "settled"}
    assert stakes_of(group)["张伟"] == 300_00


def test_paid_by_hand_and_come_after_all_both_stand(world: World, group: Group, member: Person) -> None:
    card = link(member, "late_success", now=world.now)
    order = order_in(world, group, member, source=card.pk, runs_max=1)
    world.go_to(local("2026-11-03 09:00"))
    sweep(world)
    world.wait(10)
    run = AutoTransferRun.objects.get(order=order)
    assert run.status == "retrying"
    hand(world, run, member)
    world.wait(90)
    assert runs_of(order) == {"11-03": "settled"}
    assert stakes_of(group)["王芳"] == 400_00, "the bank took both, and the books say so"
    assert sorted(Contribution.objects.filter(group=group).values_list("reference", flat=True))[0] == ""


class Silent:
    """A rail that does as it is told, and says nothing until it speaks again."""

    is_silent = True

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def submit(self, request: Any) -> Any:
        said = self._adapter.submit(request)
        return base.Unknown("silent") if self.is_silent else said

    def query(self, out_no: str) -> Any:
        said = self._adapter.query(out_no)
        return base.Unknown("silent") if self.is_silent else said


def test_without_an_answer_it_is_not_tried_again(world: World, group: Group, member: Person) -> None:
    """The bank has collected and is silent for three days; when it speaks, the run is settled, once."""
    silent = Silent(world.bank.adapter)
    with use_adapter("sandbox", silent):
        world.bank.take = lambda body, headers: 503
        order = order_in(world, group, member, runs_max=1)
        live(world, "2026-11-06 12:00")
        run = AutoTransferRun.objects.get(order=order)
        assert (run.status, run.failure_code, run.next_at) == ("missed", "no_answer", None)
        silent.is_silent = False
        world.bank.take = world.take_notice
        live(world, "2026-11-07 12:00")
        assert runs_of(order) == {"11-03": "missed"}
        reconcile_due(now=local("2026-11-08 12:00"))
    assert runs_of(order) == {"11-03": "settled"}
    assert stakes_of(group)["王芳"] == world.bank.book.get_totals().collected == 200_00
