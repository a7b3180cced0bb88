"""Money in by a standing order: when it comes, until when, and that it comes once."""

from datetime import date, timedelta

import pytest

from groups.autotransfers.errors import (
    AutoTransferNotFound,
    AutoTransferOver,
    AutoTransferPaused,
    AutoTransferTooLarge,
    GoalBehind,
    NeverDue,
    TooManyAutoTransfers,
    TooManyOwnAutoTransfers,
)
from groups.autotransfers.models import AutoTransferRun
from groups.autotransfers.services import (
    change_order,
    end_order,
    pause_order,
    resume_order,
    run_due,
    skip_next,
)
from groups.autotransfers.services.running import run_order
from groups.funding.models import Contribution
from groups.members.errors import GroupNotFound, NotAllowed
from groups.members.models import Group
from groups.members.services import change_group
from tests.autotransfers.conftest import live, local, order_in, runs_of, sweep, terms
from tests.cast import Person, World, kinds_since, meet, money, pay_in, stakes_of
from wallet.ledger.models import Entry
from wallet.rails.errors import SourceNotFound


def test_a_contribution_every_day(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member)  # it is 10:00
    assert order.next_on == date(2026, 11, 3)
    assert order.due_at == local("2026-11-03 09:00")
    world.go_to(local("2026-11-03 08:59"))
    assert sweep(world) == 0
    world.go_to(local("2026-11-03 09:00"))
    assert run_due(now=world.now) == 1
    assert runs_of(order) == {"11-03": "under_way"}
    world.wait()
    assert runs_of(order) == {"11-03": "settled"}
    assert stakes_of(group)["王芳"] == 200_00
    assert Entry.objects.get(wallet=group.pk).reference == f"auto-transfer:{order.pk}:2026-11-03"
    live(world, "2026-11-05 10:00")
    assert set(runs_of(order)) == {"11-03", "11-04", "11-05"}
    assert stakes_of(group)["王芳"] == 600_00
    told = [kind for kind in kinds_since(group) if kind.startswith("auto")]
    assert told == ["auto_transfer_made", *["auto_run_started", "auto_run_settled"] * 3]


def test_whatever_is_delivered_again_happens_once(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member)
    world.go_to(local("2026-11-03 09:00"))
    for _ in range(5):
        run_due(now=world.now)
        run_order(group_id=group.pk, order_id=order.pk, now=world.now)
        world.wait()
    assert Contribution.objects.filter(group=group).count() == 1
    assert stakes_of(group)["王芳"] == 200_00


def test_the_last_day_of_the_month(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member, every="month", day=31)
    days = []
    for _ in range(5):
        assert order.due_at is not None
        world.go_to(order.due_at)
        sweep(world)
        days.append(str(order.next_on))
        order.refresh_from_db()
    assert days == ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]


def test_it_ends_after_so_many_runs(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member, runs_max=2)
    live(world, "2026-11-08 10:00")
    order.refresh_from_db()
    assert runs_of(order) == {"11-03": "settled", "11-04": "settled"}
    assert (order.status, order.end_reason, order.next_on) == ("ended", "done", None)


def test_it_ends_with_its_last_date(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member, every="week", starts_on=date(2026, 11, 4), ends_on=date(2026, 11, 17))
    live(world, "2026-11-20 10:00")
    order.refresh_from_db()
    assert set(runs_of(order)) == {"11-04", "11-11"}
    assert order.end_reason == "done"


def test_it_ends_with_its_goal_and_the_last_run_brings_what_is_missing(
    world: World, group: Group, member: Person
) -> None:
    order = order_in(world, group, member, goal=500_00)
    live(world, "2026-11-08 10:00")
    order.refresh_from_db()
    assert list(runs_of(order).values()) == ["settled"] * 3
    assert stakes_of(group)["王芳"] == 500_00
    assert order.end_reason == "goal"


def test_skip_one(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member, runs_max=2)
    order = skip_next(actor=member.user, group_id=group.pk, order_id=order.pk, now=world.now)
    assert order.next_on == date(2026, 11, 4)
    live(world, "2026-11-06 10:00")
    assert runs_of(order) == {"11-03": "skipped", "11-04": "settled"}
    with pytest.raises(AutoTransferOver):
        skip_next(actor=member.user, group_id=group.pk, order_id=order.pk, now=world.now)


def test_pause_and_resume(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member, runs_max=2)
    asked = {"actor": member.user, "group_id": group.pk, "order_id": order.pk}
    for _ in range(2):
        assert pause_order(**asked, now=world.now).status == "paused"
    with pytest.raises(AutoTransferPaused):
        skip_next(**asked, now=world.now)
    live(world, "2026-11-05 10:00")
    assert runs_of(order) == {}
    for _ in range(2):
        resume_order(**asked, now=world.now)
    live(world, "2026-11-09 10:00")
    assert runs_of(order) == {"11-06": "settled", "11-07": "settled"}
    assert [kind for kind in kinds_since(group) if kind.startswith("auto_transfer")] == [
        "auto_transfer_made", "auto_transfer_paused", "auto_transfer_resumed", "auto_transfer_ended",
    ]  # fmt: skip


def test_a_change_holds_from_the_next_run_on(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member)
    world.go_to(local("2026-11-03 12:00"))  # beat has not come by: what is due goes by the old terms
    source = order.source_id
    new = terms(source=source, amount=50_00, every="week", at="20:00", starts_on=date(2026, 11, 3))
    change_order(actor=member.user, group_id=group.pk, order_id=order.pk, terms=new, now=world.now)
    live(world, "2026-11-11 10:00")
    amounts = AutoTransferRun.objects.filter(group=group).order_by("due_on").values_list("due_on", "amount")
    assert list(amounts) == [(date(2026, 11, 3), 200_00), (date(2026, 11, 10), 50_00)]


def test_another_zone_counts_from_the_next_date_on(world: World, group: Group, owner: Person, member: Person) -> None:
    order = order_in(world, group, member)
    change_group(actor=owner.user, group_id=group.pk, time_zone="Asia/Kathmandu", now=world.now)
    world.go_to(local("2026-11-03 09:00"))
    sweep(world)
    order.refresh_from_db()
    assert order.due_at == local("2026-11-04 11:15")
    assert runs_of(order) == {"11-03": "settled"}


@pytest.mark.parametrize("policy", ["latest", "none"])
def test_a_zone_to_the_east_makes_two_dates_due_at_once(
    world: World, group: Group, owner: Person, member: Person, policy: str
) -> None:
    """From the last zone to the first one, a day ahead: no date is taken for an outage."""
    change_group(actor=owner.user, group_id=group.pk, time_zone="Pacific/Pago_Pago", now=world.now)
    order = order_in(world, group, member, catch_up=policy)
    change_group(actor=owner.user, group_id=group.pk, time_zone="Pacific/Kiritimati", now=world.now)
    assert order.due_at is not None
    world.go_to(order.due_at + timedelta(seconds=5))
    sweep(world)
    assert runs_of(order) == {"11-02": "settled", "11-03": "settled"}


@pytest.mark.parametrize(
    ("policy", "happened"),
    [("all", ["settled"] * 3), ("latest", ["skipped"] * 2 + ["settled"]), ("none", ["skipped"] * 3)],
)
def test_beat_was_down_for_three_days(
    world: World, group: Group, member: Person, policy: str, happened: list[str]
) -> None:
    order = order_in(world, group, member, catch_up=policy)
    world.go_to(local("2026-11-05 12:00"))
    sweep(world)
    assert list(runs_of(order).values()) == happened
    assert stakes_of(group)["王芳"] == happened.count("settled") * 200_00
    order.refresh_from_db()
    assert order.next_on == date(2026, 11, 6)


def test_no_more_than_three_are_caught_up_with(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member, catch_up="all")
    world.go_to(local("2026-11-10 12:00"))
    sweep(world)
    assert list(runs_of(order).values()) == ["skipped"] * 5 + ["settled"] * 3


def test_a_little_late_is_on_time(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member, catch_up="none")
    world.go_to(local("2026-11-03 10:00"))
    sweep(world)
    assert list(runs_of(order).values()) == ["settled"]


def test_the_limits_of_contributions_by_hand_do_not_hold(world: World, group: Group, member: Person) -> None:
    order_in(world, group, member, amount=50_000_00)
    live(world, "2026-11-03 10:00")
    assert stakes_of(group)["王芳"] == 50_000_00


def test_a_run_does_not_use_up_the_day_of_contributions_by_hand(world: World, group: Group, member: Person) -> None:
    order_in(world, group, member, amount=30_000_00)
    live(world, "2026-11-03 10:00")
    assert member.source is not None
    for _ in range(4):
        pay_in(world, member, group, 5_000_00)
    asked = {"source": str(member.source.pk), "amount": money(1)}
    member.api.post(f"/groups/{group.pk}/contributions", asked).expect(422, "contribution_day_limit")


def test_what_no_order_may_be(world: World, group: Group, owner: Person, member: Person, settings: object) -> None:
    with pytest.raises(AutoTransferTooLarge):
        order_in(world, group, member, amount=50_000_01)
    with pytest.raises(NeverDue):
        order_in(world, group, member, ends_on=date(2026, 11, 2))
    with pytest.raises(SourceNotFound):
        order_in(world, group, member, source=owner.source.pk if owner.source else None)
    stranger = meet("钱七", "+8613800000077", now=world.now)
    with pytest.raises(GroupNotFound):
        order_in(world, group, stranger)
    settings.AUTO_TRANSFERS_PER_MEMBER_MAX = 1  # type: ignore[attr-defined]
    order_in(world, group, member)
    with pytest.raises(TooManyOwnAutoTransfers):
        order_in(world, group, member)
    order_in(world, group, owner)
    settings.AUTO_TRANSFERS_PER_GROUP_MAX = 2  # type: ignore[attr-defined]
    with pytest.raises(TooManyAutoTransfers):
        order_in(world, group, owner)


def test_a_goal_that_is_behind(world: World, group: Group, member: Person) -> None:
    order = order_in(world, group, member)
    live(world, "2026-11-04 10:00")
    lower = terms(source=order.source_id, goal=400_00)
    with pytest.raises(GoalBehind):
        change_order(actor=member.user, group_id=group.pk, order_id=order.pk, terms=lower, now=world.now)


def test_a_viewer_may_and_nobody_touches_anothers(world: World, group: Group, owner: Person, viewer: Person) -> None:
    order = order_in(world, group, viewer)
    asked = {"actor": owner.user, "group_id": group.pk, "order_id": order.pk, "now": world.now}
    for act in (end_order, pause_order, resume_order, skip_next):
        with pytest.raises(NotAllowed):
            act(**asked)
    with pytest.raises(NotAllowed):
        change_order(**asked, terms=terms(source=order.source_id))
    with pytest.raises(AutoTransferNotFound):
        end_order(**{**asked, "order_id": group.pk})
    mine = {**asked, "actor": viewer.user}
    assert end_order(**mine).end_reason == "stopped"
    assert end_order(**mine).end_reason == "stopped"
    for act in (pause_order, resume_order, skip_next):
        with pytest.raises(AutoTransferOver):
            act(**mine)
    with pytest.raises(AutoTransferOver):
        change_order(**mine, terms=terms(source=order.source_id))
    world.wait(timedelta(days=2).total_seconds())
    assert sweep(world) == 0


def test_two_of_one_person_are_two(world: World, group: Group, member: Person) -> None:
    orders = [order_in(world, group, member) for _ in range(2)]
    live(world, "2026-11-03 10:00")
    assert [runs_of(order) for order in orders] == [{"11-03": "settled"}] * 2
