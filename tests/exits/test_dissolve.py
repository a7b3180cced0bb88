"""The group parts: by a text that everybody signs, or because its last day is over."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from groups.exits.models import Dissolution
from groups.exits.services import announce_endings, dissolve_ended
from groups.members.models import Group
from groups.proposals.models import Proposal
from tests.cast import (
    Person,
    Shop,
    World,
    agree,
    balance_of,
    buy,
    found,
    kinds_since,
    link,
    money,
    open_shop,
    pay_in,
    sequence_of,
    settle_on,
    stakes_of,
    yuan,
)
from yields.services import run_due
from yields.services.funds import ensure_demo_fund

TEXT = {"version": "2026-11", "text": "好聚好散"}


@pytest.fixture
def rich(world: World, group: Group, owner: Person, member: Person, viewer: Person) -> Group:
    """300.00, 100.00 and 50.00, the last of a viewer, whose signature is needed too."""
    for person, amount in ((owner, 300), (member, 100), (viewer, 50)):
        pay_in(world, person, group, yuan(amount))
    return group


def propose(person: Person, group: Group, **more: Any) -> Any:
    asked = {"kind": "dissolve", "payload": {**TEXT, **more}}
    return person.api.post(f"/groups/{group.pk}/proposals", asked, proof=True).expect(201)


def sign(person: Person, group: Group, proposal: str, choice: str = "approve") -> Any:
    return person.api.post(f"/groups/{group.pk}/proposals/{proposal}/votes", {"choice": choice}, proof=True)


def test_every_signature_counts_and_the_last_one_does_it(
    world: World, rich: Group, owner: Person, member: Person, viewer: Person
) -> None:
    path = f"/groups/{rich.pk}/dissolution"
    foreseen = {row["user"]: row["share"] for row in owner.api.get(path).expect(200)["shares"]}
    assert foreseen[str(viewer.id)] == money(yuan(50))
    made = propose(owner, rich)
    assert made["effect"]["shares"] == foreseen
    assert sign(member, rich, made["id"]).expect(200)["status"] == "open"
    before = sequence_of(rich)
    assert sign(viewer, rich, made["id"]).expect(200)["status"] == "approved"
    assert kinds_since(rich, before) == [
        "vote_cast",
        "withdrawal_requested",
        "withdrawal_requested",
        "withdrawal_requested",
        "group_archived",
        "proposal_ended",
    ]
    world.wait()
    assert balance_of(rich) == 0
    assert world.bank.book.get_totals().paid_out == yuan(450)
    done = viewer.api.get(path).expect(200)
    assert (done["reason"], done["proposal"], done["text"]) == ("agreed", made["id"], TEXT["text"])
    assert {row["user"]: row["share"] for row in done["shares"]} == foreseen


def test_one_who_does_not_sign_keeps_it_together(rich: Group, owner: Person, member: Person) -> None:
    made = propose(owner, rich)
    assert sign(member, rich, made["id"], "reject").expect(200)["status"] == "rejected"
    assert balance_of(rich) == yuan(450)


def test_signing_takes_the_pin(rich: Group, owner: Person, member: Person) -> None:
    made = propose(owner, rich)
    path = f"/groups/{rich.pk}/proposals/{made['id']}/votes"
    member.api.post(path, {"choice": "approve"}).expect(403, "payment_proof_required")
    member.api.post(path, {"choice": "reject"}).expect(200)


def test_another_split_that_all_agree_on(world: World, rich: Group, owner: Person, member: Person) -> None:
    """Two parts for him, one for her, none for the viewer: 450.00 make 300.00 and 150.00."""
    weights = [{"user": str(owner.id), "weight": 2}, {"user": str(member.id), "weight": 1}]
    before = sequence_of(rich)
    settle_on(owner, rich, "dissolve", {**TEXT, "weights": weights})
    assert "shares_agreed" in kinds_since(rich, before)
    world.wait()
    assert sorted(Dissolution.objects.get().shares.values()) == [0, yuan(150), yuan(300)]
    assert world.bank.book.get_totals().paid_out == yuan(450)


def test_what_runs_is_stopped_and_what_is_on_its_way_follows(
    world: World, rich: Group, owner: Person, member: Person, shop: Shop
) -> None:
    assert member.source is not None
    code = owner.api.post(f"/groups/{rich.pk}/payment-codes", {}, proof=True).expect(201)["code"]
    body = {"source": str(member.source.pk), "amount": money(yuan(20))}
    member.api.post(f"/groups/{rich.pk}/contributions", body).expect(201)
    rent = {**body, "amount": money(yuan(400)), "borne_by": "group"}
    waiting = member.api.post(f"/groups/{rich.pk}/withdrawals", rent, proof=True).expect(201)
    other = {"kind": "set_limit", "payload": {"limit": "payment", "user": None, "amount": money(1)}}
    open_one = owner.api.post(f"/groups/{rich.pk}/proposals", other).expect(201)
    made = propose(owner, rich)
    for person in agree(rich):
        assert person.status in ("approved", "cancelled")
    assert owner.api.get(f"/groups/{rich.pk}/withdrawals/{waiting['id']}").expect(200)["status"] == "cancelled"
    assert owner.api.get(f"/groups/{rich.pk}/proposals/{made['id']}").expect(200)["status"] == "approved"
    assert owner.api.get(f"/groups/{rich.pk}/proposals/{open_one['id']}").expect(200)["status"] != "open"
    shop.charge(code, yuan(1)).expect(422, "payer_not_allowed")
    # The contribution arrives at a group that is closed, and goes back to whose it is.
    world.wait()
    assert stakes_of(rich)["王芳"] == yuan(20)
    assert world.send_late_money() == 1
    assert balance_of(rich) == 0


def test_without_a_card_the_stake_waits(world: World, rich: Group, owner: Person, viewer: Person) -> None:
    assert viewer.source is not None
    viewer.api.delete(f"/me/sources/{viewer.source.pk}", proof=True).expect(204)
    settle_on(owner, rich, "dissolve", TEXT)
    world.wait()
    assert stakes_of(rich)["李梅"] == yuan(50)
    assert world.send_late_money() == 0
    link(viewer, "settles", now=world.now)
    assert world.send_late_money() == 1
    assert balance_of(rich) == 0


def test_the_last_days_yield_follows_too(world: World, rich: Group, owner: Person) -> None:
    ensure_demo_fund(world.now.date() - timedelta(days=20))
    questionnaire = {"risk_level": "R1", "answers": [{"question": "a", "answer": "b"}], "accepted": True}
    body = {"fund": "DEMO", "agreement_version": "2026-11", "questionnaire": questionnaire}
    owner.api.put(f"/groups/{rich.pk}/enrollment", body).expect(200)
    world.wait(timedelta(days=4).total_seconds())
    settle_on(owner, rich, "dissolve", TEXT)
    world.wait()
    assert balance_of(rich) == 0
    world.wait(timedelta(days=1).total_seconds())
    run_due(now=world.now)
    assert balance_of(rich) > 0
    assert world.send_late_money() > 0
    assert balance_of(rich) == 0


def test_alone_one_dissolves_at_once(world: World, owner: Person) -> None:
    own = found(owner, now=world.now, name="一个人的")
    pay_in(world, owner, own, yuan(5))
    assert propose(owner, own)["status"] == "approved"
    assert owner.api.get(f"/groups/{own.pk}").expect(200)["archived_at"] is not None
    # It does not count among the groups that one may be in, and can still be read.
    assert owner.api.get(f"/groups/{own.pk}/entries").expect(200)["data"] != []


# --- event groups -----------------------------------------------------------------------------------------------------
@pytest.fixture
def trip(world: World, owner: Person) -> dict[str, Any]:
    """A trip whose last day is the 8th of November, in Shanghai."""
    body = {"name": "三亚", "scene": "trip", "ends_on": "2026-11-08"}
    made: dict[str, Any] = owner.api.post("/groups", body).expect(201)
    return made


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_a_trip_ends_by_itself(world: World, owner: Person, trip: dict[str, Any]) -> None:
    group = Group.objects.get(pk=trip["id"])
    assert trip["ends_on"] == "2026-11-08"
    pay_in(world, owner, group, yuan(70))
    world.go_to(moment(4, 23, 59))
    assert announce_endings(now=world.now) == 0
    world.go_to(moment(5, 0))
    assert announce_endings(now=world.now) == 1
    assert announce_endings(now=world.now) == 0, "told once"
    world.go_to(moment(8, 23, 59))
    assert dissolve_ended(now=world.now) == 0
    world.go_to(moment(9, 0))
    assert dissolve_ended(now=world.now) == 1
    assert dissolve_ended(now=world.now) == 0
    world.wait()
    assert balance_of(group) == 0
    assert Dissolution.objects.get().reason == "last_day"


def test_everybody_agrees_to_another_last_day(world: World, group: Group, owner: Person, member: Person) -> None:
    settle_on(owner, group, "set_last_day", {"ends_on": "2026-11-05"})
    group.refresh_from_db()
    assert group.ends_on == date(2026, 11, 5)
    assert announce_endings(now=world.now) == 1
    settle_on(member, group, "set_last_day", {"ends_on": None})
    world.go_to(moment(20, 0))
    assert dissolve_ended(now=world.now) == 0


def test_while_a_debt_is_open_the_end_waits(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    pay_in(world, owner, group, yuan(100))
    settle_on(owner, group, "change_sharing", {"owe_max": money(yuan(50)), "payers_choose": True})
    settle_on(owner, group, "set_last_day", {"ends_on": "2026-11-05"})
    buy(owner, group, shop, yuan(60), sharing_rule="equal")
    world.go_to(moment(6, 1))
    assert dissolve_ended(now=world.now) == 0
    settle_on(member, group, "settle_debt", {"user": str(owner.id), "amount": money(yuan(20))})
    assert dissolve_ended(now=world.now) == 0, "李梅 still owes 20"
    pay_in(world, viewer, group, yuan(20))
    assert dissolve_ended(now=world.now) == 1


@pytest.mark.parametrize("last", ["0001-01-01", "2026-11-01", "2026-11-04"])
def test_before_the_last_day_there_is_time_for_a_notice(group: Group, owner: Person, last: str) -> None:
    asked = {"name": "很久以前", "scene": "trip", "ends_on": last}
    refused = owner.api.post("/groups", asked).expect(422, "last_day_too_soon")
    assert refused["data"] == {"earliest": "2026-11-05"}
    proposed = {"kind": "set_last_day", "payload": {"ends_on": last}}
    owner.api.post(f"/groups/{group.pk}/proposals", proposed).expect(422, "last_day_too_soon")


def test_agreed_too_late_for_a_notice_it_fails(world: World, group: Group, owner: Person) -> None:
    asked = {"kind": "set_last_day", "payload": {"ends_on": "2026-11-05"}}
    owner.api.post(f"/groups/{group.pk}/proposals", asked).expect(201)
    world.go_to(moment(4, 1))
    agree(group)
    proposal = Proposal.objects.get(group=group)
    assert (proposal.status, proposal.outcome) == ("failed", {"code": "last_day_too_soon"})


def test_groups_in_debt_keep_no_other_waiting(world: World, group: Group, owner: Person, trip: dict[str, Any]) -> None:
    """The beat takes so many at a time; those that cannot end are not among them."""
    pay_in(world, owner, group, yuan(100))
    settle_on(owner, group, "change_sharing", {"owe_max": money(yuan(50)), "payers_choose": True})
    settle_on(owner, group, "set_last_day", {"ends_on": "2026-11-05"})
    buy(owner, group, open_shop("店", now=world.now), yuan(60), sharing_rule="equal")
    world.go_to(moment(29, 1))
    assert dissolve_ended(now=world.now, limit=1) == 1
