"""Money out by a standing order: everybody has agreed to it, everybody bears it, the rules judge each run."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.services import (
    change_order,
    end_order,
    make_order,
    pause_order,
    resume_order,
    run_due,
    skip_next,
    terms_of,
)
from groups.exits.services import leave_group
from groups.funding.models import Withdrawal
from groups.members.errors import NotAllowed
from groups.members.models import Group
from groups.proposals.models import Proposal
from groups.rules.models import SpendingCounter
from tests.autotransfers.conftest import link_landlord, live, local, order_out, runs_of, terms
from tests.cast import Person, World, agree, balance_of, join, kinds_since, meet, money, settle_on, stakes_of
from wallet.ledger.models import Entry
from wallet.rails.errors import PayeeInUse, PayeeNotFound
from wallet.rails.models import Payee, Transfer
from wallet.rails.services import unlink_payee

pytestmark = pytest.mark.usefixtures("funds")


def test_everybody_agrees_and_everybody_bears_it(world: World, group: Group, owner: Person, member: Person) -> None:
    order = order_out(world, group, member)
    live(world, "2026-11-03 09:30")
    assert runs_of(order) == {"11-03": "settled"}
    assert stakes_of(group) == {"张伟": 2_850_00, "王芳": 950_00, "李梅": 0}
    entry = Entry.objects.get(wallet=group.pk, kind="transfer_out")
    assert (entry.reference, entry.memo) == (f"auto-transfer:{order.pk}:2026-11-03", "房租")
    transfer = Transfer.objects.get(wallet=group.pk, direction="payout")
    assert (transfer.source_id, transfer.payee_id) == (None, order.payee_id)
    assert set(SpendingCounter.objects.filter(group=group).values_list("member_id", "spent")) == {
        (None, 200_00),
        (member.id, 200_00),
    }


def test_one_who_does_not_agree_ends_it(world: World, group: Group, owner: Person, member: Person) -> None:
    body = {
        "payee": str(link_landlord(world, group, member).pk),
        "amount": money(200_00),
        "every": "month",
        "at": "09:00",
    }
    path = f"/groups/{group.pk}"
    member.api.post(f"{path}/auto-transfers", body).expect(403, "payment_proof_required")
    made = member.api.post(f"{path}/auto-transfers", body, proof=True).expect(202)
    assert made["kind"] == "start_auto_transfer"
    assert made["voters"] == [str(owner.id)]
    assert made["effect"]["shares"][str(owner.id)] == money(150_00)
    vote = f"{path}/proposals/{made['id']}/votes"
    owner.api.post(vote, {"choice": "approve"}).expect(403, "payment_proof_required")
    owner.api.post(vote, {"choice": "reject"}).expect(200)
    assert not AutoTransfer.objects.filter(group=group).exists()


def test_it_cannot_be_proposed_past_its_door(group: Group, member: Person) -> None:
    for kind in ("start_auto_transfer", "loosen_auto_transfer", "resume_auto_transfer"):
        asked: dict[str, Any] = {"kind": kind, "payload": {}}
        member.api.post(f"/groups/{group.pk}/proposals", asked).expect(422, "proposal_kind_unknown")


def test_a_limit_refuses_and_it_is_tried_again(world: World, group: Group, owner: Person, member: Person) -> None:
    order = order_out(world, group, member, amount=200_00)
    limit = {"limit": "group_month", "user": None, "amount": money(100_00)}
    settle_on(owner, group, "set_limit", limit)
    live(world, "2026-11-03 09:30")
    run = AutoTransferRun.objects.get(group=group)
    assert (run.status, run.failure_code, run.next_at) == ("retrying", "limit_exceeded", local("2026-11-03 10:00"))
    assert balance_of(group) == 4_000_00
    assert not Withdrawal.objects.filter(group=group).exists()
    settle_on(owner, group, "set_limit", {**limit, "amount": money(1_000_00)})
    live(world, "2026-11-03 10:30")
    assert runs_of(order) == {"11-03": "settled"}


def test_no_tier_asks_again(world: World, group: Group, owner: Person, member: Person) -> None:
    settle_on(
        owner,
        group,
        "change_voting",
        {"tiers": [{"above": money(1), "approvals": 1}], "part_percent": 1, "objection_hours": 24},
    )
    order = order_out(world, group, member, amount=1_500_00)
    live(world, "2026-11-03 09:30")
    assert runs_of(order) == {"11-03": "settled"}


def test_not_enough_money_is_missed_at_last(world: World, group: Group, member: Person) -> None:
    order = order_out(world, group, member, amount=5_000_00, runs_max=1)
    live(world, "2026-11-08 10:00")
    assert runs_of(order) == {"11-03": "missed"}
    assert balance_of(group) == 4_000_00


def test_what_comes_back_is_given_back_and_sent_again(world: World, group: Group, member: Person) -> None:
    order = order_out(world, group, member, "late_failed", runs_max=1)
    live(world, "2026-11-03 09:30")
    world.wait(60)
    before = stakes_of(group)
    live(world, "2026-11-08 10:00")
    world.wait(60)
    assert runs_of(order) == {"11-03": "missed"}
    assert stakes_of(group) == before == {"张伟": 3_000_00, "王芳": 1_000_00, "李梅": 0}
    references = Entry.objects.filter(wallet=group.pk, kind="transfer_out").values_list("reference", flat=True)
    first = f"auto-transfer:{order.pk}:2026-11-03"
    assert set(references) == {first, *(f"{first}:{n}" for n in range(2, 6))}
    assert set(SpendingCounter.objects.filter(group=group).values_list("spent", flat=True)) == {0}


# --- narrower at once, wider together ---------------------------------------------------------------------------------
def change(world: World, order: AutoTransfer, person: Person, **told: Any) -> AutoTransfer | Proposal:
    new = replace(terms_of(order), **told)
    return change_order(actor=person.user, group_id=order.group_id, order_id=order.pk, terms=new, now=world.now)


def test_narrower_at_once(world: World, group: Group, owner: Person, member: Person, viewer: Person) -> None:
    order = order_out(world, group, member)
    for told in ({"amount": 100_00}, {"runs_max": 3}, {"goal": 300_00}, {"catch_up": "none"}):
        changed = change(world, order, owner, **told)
        assert isinstance(changed, AutoTransfer)
        order = changed
    with pytest.raises(NotAllowed):
        change(world, order, viewer, amount=50_00)
    skip_next(actor=owner.user, group_id=group.pk, order_id=order.pk, now=world.now)
    live(world, "2026-11-04 09:30")
    assert runs_of(order) == {"11-03": "skipped", "11-04": "settled"}
    assert balance_of(group) == 3_900_00
    end_order(actor=owner.user, group_id=group.pk, order_id=order.pk, now=world.now)


@pytest.mark.parametrize(
    "told",
    [
        {"amount": 200_01},
        {"every": "week"},
        {"runs_max": None},
        {"runs_max": 6},
        {"memo": "别的"},
        {"catch_up": "all"},
        {"payee": "another"},
    ],
)
def test_wider_together(world: World, group: Group, owner: Person, member: Person, told: dict[str, Any]) -> None:
    order = order_out(world, group, member, runs_max=5)
    if "payee" in told:
        told = {"payee": link_landlord(world, group, owner).pk}
    made = change(world, order, owner, **told)
    assert isinstance(made, Proposal)
    assert terms_of(AutoTransfer.objects.get(pk=order.pk)) == terms_of(order)
    (decided,) = agree(group)
    assert decided.status == "approved"
    changed = AutoTransfer.objects.get(pk=order.pk)
    assert terms_of(changed) == replace(terms_of(order), **told)
    assert changed.user_id == member.id


def test_resuming_what_another_has_paused(world: World, group: Group, owner: Person, member: Person) -> None:
    order = order_out(world, group, member)
    asked = {"group_id": group.pk, "order_id": order.pk, "now": world.now}
    pause_order(actor=owner.user, **asked)
    path = f"/groups/{group.pk}/auto-transfers/{order.pk}/resume"
    member.api.post(path).expect(403, "payment_proof_required")
    member.api.post(path, proof=True).expect(202)
    assert AutoTransfer.objects.get(pk=order.pk).status == "paused"
    agree(group)
    assert AutoTransfer.objects.get(pk=order.pk).status == "active"
    pause_order(actor=owner.user, **asked)
    resumed = resume_order(actor=owner.user, **asked)
    assert isinstance(resumed, AutoTransfer)
    assert (resumed.status, resumed.user_id) == ("active", member.id)


def test_the_one_in_whose_name_it_goes_out_leaves(world: World, group: Group, owner: Person, member: Person) -> None:
    order = order_out(world, group, member)
    leave_group(actor=member.user, group_id=group.pk, now=world.now)
    world.wait()
    order.refresh_from_db()
    assert (order.status, order.paused_by_id) == ("paused", member.id)
    resumed = resume_order(actor=owner.user, group_id=group.pk, order_id=order.pk, now=world.now)
    assert isinstance(resumed, Proposal)
    assert resumed.status == "approved"  # nobody else is there
    live(world, "2026-11-03 09:30")
    assert AutoTransfer.objects.get(pk=order.pk).user_id == owner.id
    assert runs_of(order) == {"11-03": "settled"}


def test_the_one_in_whose_name_it_goes_out_spends_no_more(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    order = order_out(world, group, member)
    member.api.patch(f"/groups/{group.pk}/members/{member.id}", {"role": "viewer"}).expect(200)
    order.refresh_from_db()
    assert (order.status, order.paused_by_id) == ("paused", member.id)
    live(world, "2026-11-05 10:00")
    assert runs_of(order) == {}


def test_nobody_takes_it_over_alone(world: World, group: Group, owner: Person, member: Person) -> None:
    """Paused by the owner while it was the member's: once the member has left, everybody has to agree again."""
    other = meet("孙六", "+8613800000066", now=world.now)
    join(group, owner, other, now=world.now)
    order = order_out(world, group, member)
    pause_order(actor=owner.user, group_id=group.pk, order_id=order.pk, now=world.now)
    leave_group(actor=member.user, group_id=group.pk, now=world.now)
    path = f"/groups/{group.pk}/auto-transfers/{order.pk}/resume"
    owner.api.post(path).expect(403, "payment_proof_required")
    assert owner.api.post(path, proof=True).expect(202)["voters"] == [str(other.id)]
    order.refresh_from_db()
    assert (order.status, order.user_id) == ("paused", member.id)


# --- payees -----------------------------------------------------------------------------------------------------------
def test_a_payee_that_is_paid_is_not_unlinked(world: World, group: Group, owner: Person, member: Person) -> None:
    order = order_out(world, group, member)
    path = f"/groups/{group.pk}/payees"
    (shown,) = owner.api.get(path).expect(200)["data"]
    assert set(shown) == {"id", "rail", "name", "label", "linked_at"}
    owner.api.delete(f"{path}/{order.payee_id}").expect(422, "auto_transfer_needs")
    end_order(actor=owner.user, group_id=group.pk, order_id=order.pk, now=world.now)
    owner.api.delete(f"{path}/{order.payee_id}").expect(204)
    assert owner.api.get(path).expect(200)["data"] == []
    with pytest.raises(PayeeNotFound):
        make_order(actor=owner.user, group_id=group.pk, terms=terms(payee=order.payee_id), now=world.now)


def test_a_payee_to_whom_money_is_under_way(world: World, group: Group, member: Person) -> None:
    order = order_out(world, group, member, "late", runs_max=1)
    assert order.payee_id is not None
    assert order.due_at is not None
    world.go_to(order.due_at)
    run_due(now=world.now)
    with pytest.raises(PayeeInUse):
        unlink_payee(wallet_id=group.pk, payee_id=order.payee_id, now=world.now)
    kept = Payee.objects.get(wallet=group.pk)
    assert kept.unlinked_at is None
    world.wait(100_000)
    assert runs_of(order) == {"11-03": "settled"}
    assert "transfer_settled" in kinds_since(group)


def test_a_transfer_has_one_other_side(world: World, group: Group, owner: Person, member: Person) -> None:
    order_out(world, group, member)
    live(world, "2026-11-03 09:30")
    out, back = Transfer.objects.filter(direction="payout"), Transfer.objects.filter(direction="collect")
    assert owner.source is not None
    for rows, told in (
        (out, {"payee": None}),
        (out, {"source": owner.source}),
        (back, {"source": None}),
        (out, {"direction": "collect"}),
    ):
        with pytest.raises(IntegrityError, match="rails_transfer_other_side"), transaction.atomic():
            rows.update(**told)


def test_too_many_payees(world: World, group: Group, member: Person, settings: Any) -> None:
    settings.PAYEES_PER_GROUP_MAX = 1
    body = {"rail": "sandbox", "number": "6225880000001009", "holder": "周建国", "name": "房东"}
    path = f"/groups/{group.pk}/payees"
    assert "6225880000001009" not in str(member.api.post(path, body).expect(201))
    member.api.post(path, body).expect(422, "too_many_payees")
