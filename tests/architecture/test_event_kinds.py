"""Every kind of event: it has a text in both languages, a story in which it happens, and a client that understands it.

For each kind: snapshot → the story → the events since, applied (`tests.reducer`) = a fresh snapshot. A kind without a
story fails, and so does one that the client's reducer does not know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from groups.autotransfers.services import run_due as run_due_orders
from groups.disputes.services import approve_legal_hold, ask_legal_hold, end_legal_holds, expire_disputes
from groups.exits.services import announce_endings, announce_successions, carry_out_successions
from groups.funding.models import Claim
from groups.funding.services import collect_claim, send_waiting, withdraw
from groups.members.models import Group
from groups.proposals.services import remind_silent
from tests.cast import (
    Person,
    Shop,
    World,
    agree,
    buy,
    found,
    join,
    kinds_since,
    link,
    money,
    pay_in,
    settle_on,
    show_code,
    yuan,
)
from tests.reducer import CHANGES, TELL_ONLY, reduce
from tests.yields.conftest import correct_rate
from wallet.events.kinds import BY_THE_BOOKS, list_kinds
from wallet.identity.models import User
from yields.models import YieldDay
from yields.services.funds import ensure_demo_fund
from yields.services.runs import run_due

KINDS = {kind.name: kind for kind in list_kinds()}


@dataclass
class Scene:
    """Where a story plays: a family in which the owner has 300.00 and the member 100.00."""

    world: World
    group: Group
    owner: Person
    member: Person
    viewer: Person
    stranger: Person
    shop: Shop

    @property
    def path(self) -> str:
        return f"/groups/{self.group.pk}"

    def contribute(self, person: Person, card: str) -> None:
        source = link(person, card, now=self.world.now)
        body = {"source": str(source.pk), "amount": money(yuan(20))}
        person.api.post(f"{self.path}/contributions", body).expect(201)

    def invite(self) -> str:
        code: str = self.owner.api.post(f"{self.path}/invitations", {}).expect(201)["code"]
        return code

    def leave(self, person: Person, card: str = "settles") -> None:
        source = link(person, card, now=self.world.now)
        person.api.patch(f"/me/sources/{source.pk}", {"is_default": True}, proof=True).expect(200)
        person.api.delete(f"{self.path}/members/{person.id}", proof=True).expect(200)

    def contest(self, number: str) -> str:
        payment = self.shop.look_up(number).expect(200)["payment"]
        body = {"payment": payment, "reason": "这不是家用"}
        dispute: str = self.owner.api.post(f"{self.path}/disputes", body).expect(201)["id"]
        return dispute

    def hold(self) -> None:
        clerk, chief = (User.objects.create_superuser(name) for name in ("clerk", "chief"))
        now = self.world.now
        asked = ask_legal_hold(
            operator=clerk,
            group_id=self.group.pk,
            user_id=self.member.id,
            amount=yuan(60),
            order_reference="(2026)沪0101财保12号",
            reason="preservation",
            ends_at=now + timedelta(days=1),
            now=now,
        )
        approve_legal_hold(operator=chief, group_id=self.group.pk, hold_id=asked.pk, now=now)

    def enroll(self) -> None:
        ensure_demo_fund(self.world.now.date() - timedelta(days=20))
        questionnaire = {"risk_level": "R1", "answers": [{"question": "a", "answer": "b"}], "accepted": True}
        body = {"fund": "DEMO", "agreement_version": "2026-11", "questionnaire": questionnaire}
        self.owner.api.call("PUT", f"{self.path}/enrollment", body).expect(200)


def group_changed(scene: Scene) -> None:
    scene.owner.api.patch(scene.path, {"name": "新家", "time_zone": "Asia/Urumqi"}).expect(200)
    settle_on(scene.owner, scene.group, "change_sharing", {"sharing_rule": "weights"})


def invitation_closed(scene: Scene) -> None:
    scene.stranger.api.post(f"/invitations/{scene.invite()}/decline").expect(204)


def member_joined(scene: Scene) -> None:
    scene.stranger.api.post(f"/invitations/{scene.invite()}/accept").expect(200)


def member_changed(scene: Scene) -> None:
    settle_on(scene.owner, scene.group, "add_spender", {"user": str(scene.viewer.id)})
    weights = [{"user": str(scene.viewer.id), "weight": 7}]
    settle_on(scene.owner, scene.group, "change_sharing", {"weights": weights})


def member_left(scene: Scene) -> None:
    scene.owner.api.delete(f"{scene.path}/members/{scene.viewer.id}", proof=True).expect(202)
    agree(scene.group)


def contribution_requested(scene: Scene) -> None:
    scene.contribute(scene.member, "settles")


def contribution_settled(scene: Scene) -> None:
    pay_in(scene.world, scene.viewer, scene.group, yuan(12.34))


def contribution_failed(scene: Scene) -> None:
    scene.contribute(scene.member, "insufficient")
    scene.world.wait()


def transfer_unknown(scene: Scene) -> None:
    scene.contribute(scene.member, "unknown_settled")
    scene.world.wait(60)


def withdrawal_settled(scene: Scene) -> None:
    scene.leave(scene.member)
    scene.world.wait()


def withdrawal_failed(scene: Scene) -> None:
    scene.leave(scene.member, "late_failed")
    scene.world.wait(60)


def withdrawal_settled_late(scene: Scene) -> None:
    scene.leave(scene.member, "late_success")
    scene.world.wait(70)


def transfer_settled_late(scene: Scene) -> None:
    take_out(scene, yuan(60), "late_success")
    scene.world.wait(70)


def claim_collected(scene: Scene) -> None:
    source = link(scene.member, "late_success", now=scene.world.now)
    withdraw(
        actor=scene.member.user,
        group_id=scene.group.pk,
        source_id=source.pk,
        amount=yuan(100),
        now=scene.world.now,
    )
    scene.world.wait(10)
    buy(scene.member, scene.group, scene.shop, yuan(80), sharing_rule="payer")
    scene.world.wait(70)
    pay_in(scene.world, scene.member, scene.group, yuan(50))
    clerk = User.objects.create_superuser("clerk")
    claim = Claim.objects.get(group=scene.group)
    collect_claim(operator=clerk, group_id=scene.group.pk, claim_id=claim.pk, now=scene.world.now)


def payment_settled(scene: Scene) -> None:
    buy(scene.member, scene.group, scene.shop, yuan(33.33))


def payment_refused(scene: Scene) -> None:
    scene.shop.charge(show_code(scene.owner, scene.group), yuan(4_000)).expect(422)


def payment_refunded(scene: Scene) -> None:
    number = buy(scene.owner, scene.group, scene.shop, yuan(40))
    scene.shop.refund(number, yuan(11.11)).expect(201)


def payment_reshared(scene: Scene) -> None:
    number = buy(scene.owner, scene.group, scene.shop, yuan(40))
    payment = scene.shop.look_up(number).expect(200)["payment"]
    path = f"{scene.path}/payments/{payment}/reshare"
    scene.owner.api.post(path, {"sharing_rule": "payer"}, proof=True).expect(202)
    agree(scene.group)


def dispute_opened(scene: Scene) -> None:
    scene.contest(buy(scene.member, scene.group, scene.shop, yuan(40)))


def dispute_opened_unfunded(scene: Scene) -> None:
    number = buy(scene.member, scene.group, scene.shop, yuan(40))
    buy(scene.member, scene.group, scene.shop, yuan(90), sharing_rule="payer")
    scene.contest(number)


def dispute_upheld(scene: Scene) -> None:
    dispute = scene.contest(buy(scene.member, scene.group, scene.shop, yuan(40)))
    scene.member.api.post(f"{scene.path}/disputes/{dispute}/concede").expect(200)


def dispute_closed(scene: Scene) -> None:
    dispute = scene.contest(buy(scene.member, scene.group, scene.shop, yuan(40)))
    scene.owner.api.post(f"{scene.path}/disputes/{dispute}/withdraw").expect(200)


def dispute_closed_unfunded(scene: Scene) -> None:
    dispute_opened_unfunded(scene)
    scene.world.wait(timedelta(days=14).total_seconds())
    assert expire_disputes(now=scene.world.now) == 1


def dispute_refunded(scene: Scene) -> None:
    number = buy(scene.member, scene.group, scene.shop, yuan(40))
    dispute = scene.contest(number)
    scene.member.api.post(f"{scene.path}/disputes/{dispute}/concede").expect(200)
    scene.shop.refund(number, yuan(11.11)).expect(201)


def transfer_contested(scene: Scene) -> None:
    asked = take_out(scene, yuan(60), "late_failed")
    body = {"withdrawal": asked, "reason": "房租没有涨"}
    dispute = scene.owner.api.post(f"{scene.path}/disputes", body).expect(201)["id"]
    scene.member.api.post(f"{scene.path}/disputes/{dispute}/concede").expect(200)
    scene.world.wait(60)


def legal_hold_placed(scene: Scene) -> None:
    scene.hold()


def legal_hold_released(scene: Scene) -> None:
    scene.hold()
    scene.world.wait(timedelta(days=1).total_seconds())
    assert end_legal_holds(now=scene.world.now) == 1


def yield_switched_on(scene: Scene) -> None:
    scene.enroll()


def yield_switched_off(scene: Scene) -> None:
    scene.enroll()
    scene.owner.api.delete(f"{scene.path}/enrollment").expect(204)


def yield_credited(scene: Scene) -> None:
    scene.enroll()
    scene.world.wait(timedelta(days=5).total_seconds())
    run_due(now=scene.world.now)


def yield_corrected(scene: Scene) -> None:
    yield_credited(scene)
    earned = YieldDay.objects.filter(group=scene.group, income__gt=0).latest("date")
    clerk, chief = (User.objects.create_superuser(name) for name in ("clerk", "chief"))
    assert correct_rate(earned.fund, earned.date, clerk, chief, scene.world.now).changed == 1


# --- proposals and rules ----------------------------------------------------------------------------------------------
def propose(scene: Scene, kind: str = "change_sharing", **payload: Any) -> str:
    body = {"kind": kind, "payload": payload or {"sharing_rule": "equal"}}
    made: str = scene.owner.api.post(f"{scene.path}/proposals", body).expect(201)["id"]
    return made


def vote_cast(scene: Scene) -> None:
    path = f"{scene.path}/proposals/{propose(scene)}/votes"
    scene.member.api.post(path, {"choice": "reject"}).expect(200)


def vote_reminded(scene: Scene) -> None:
    propose(scene)
    scene.world.wait(timedelta(days=4).total_seconds())
    assert remind_silent(now=scene.world.now) == 1


def limit_changed(scene: Scene) -> None:
    limit = {"limit": "payment", "user": None, "amount": money(yuan(50))}
    scene.owner.api.put(f"{scene.path}/limits", limit).expect(202)
    agree(scene.group)
    lower = {**limit, "amount": money(yuan(20))}
    scene.owner.api.put(f"{scene.path}/limits", lower).expect(200)
    settle_on(scene.owner, scene.group, "set_limit", {**limit, "amount": None})


def category_unblocked(scene: Scene) -> None:
    block = {"category": "games", "blocked": True}
    scene.owner.api.put(f"{scene.path}/blocks", block).expect(200)
    scene.owner.api.put(f"{scene.path}/blocks", {**block, "blocked": False}).expect(202)
    agree(scene.group)


def spending_resumed(scene: Scene) -> None:
    scene.member.api.put(f"{scene.path}/pauses", {"paused": True}).expect(200)
    scene.member.api.put(f"{scene.path}/pauses", {"paused": False}).expect(202)
    agree(scene.group)


def voting_changed(scene: Scene) -> None:
    tiers = [{"above": money(yuan(10)), "approvals": 1}]
    voting = {"tiers": tiers, "part_percent": 20, "objection_hours": 2}
    settle_on(scene.owner, scene.group, "change_voting", voting)


def owing_changed(scene: Scene) -> None:
    settle_on(scene.owner, scene.group, "change_sharing", {"owe_max": money(yuan(500)), "sharing_rule": "equal"})


# --- money out that the group bears -----------------------------------------------------------------------------------
def take_out(scene: Scene, amount: int, card: str = "settles") -> str:
    source = link(scene.member, card, now=scene.world.now)
    body = {"source": str(source.pk), "amount": money(amount), "borne_by": "group", "memo": "房租"}
    asked: str = scene.member.api.post(f"{scene.path}/withdrawals", body, proof=True).expect(201)["id"]
    return asked


def transfer_stopped(scene: Scene) -> None:
    asked = take_out(scene, yuan(200))
    scene.owner.api.post(f"{scene.path}/withdrawals/{asked}/objections").expect(200)


def transfer_refused(scene: Scene) -> None:
    take_out(scene, yuan(200))
    scene.owner.api.put(f"{scene.path}/pauses", {"paused": True}).expect(200)
    scene.world.wait(timedelta(hours=24).total_seconds())
    assert send_waiting(now=scene.world.now) == 1


def transfer_settled(scene: Scene) -> None:
    take_out(scene, yuan(60))
    scene.world.wait()


def transfer_failed(scene: Scene) -> None:
    take_out(scene, yuan(60), "late_failed")
    scene.world.wait(60)


# --- standing orders --------------------------------------------------------------------------------------------------
def order(scene: Scene, card: str = "settles", **told: Any) -> str:
    """Let the member order a contribution; give back the path of the order."""
    source = link(scene.member, card, now=scene.world.now)
    terms = {"source": str(source.pk), "amount": money(yuan(20)), "every": "day", "at": "10:05", "runs_max": 1, **told}
    made: str = scene.member.api.post(f"{scene.path}/auto-transfers", terms).expect(201)["id"]
    return f"{scene.path}/auto-transfers/{made}"


def auto_run(scene: Scene, card: str = "settles") -> str:
    path = order(scene, card)
    for hours in (1, 5, 18, 48, 0):
        scene.world.wait(timedelta(minutes=6).total_seconds())
        run_due_orders(now=scene.world.now)
        scene.world.wait(max(3, timedelta(hours=hours).total_seconds()))
    return path


def auto_run_settled(scene: Scene) -> None:
    auto_run(scene)


def auto_run_excused(scene: Scene) -> None:
    path = auto_run(scene, "insufficient")
    (run,) = scene.member.api.get(f"{path}/runs").expect(200)["data"]
    settle_on(scene.member, scene.group, "excuse_missed", {"run": run["id"]})


def auto_transfer_ended(scene: Scene) -> None:
    path = order(scene, runs_max=None, goal=money(yuan(500)), memo="水电")
    scene.member.api.patch(path, {"amount": money(yuan(10)), "every": "month", "day": 31}).expect(200)
    for act in ("skip", "pause", "resume"):
        scene.member.api.post(f"{path}/{act}").expect(200)
    scene.member.api.delete(path).expect(204)


# --- partings ---------------------------------------------------------------------------------------------------------
def debt_settled(scene: Scene) -> None:
    owing_changed(scene)
    buy(scene.member, scene.group, scene.shop, yuan(390), sharing_rule="equal")
    debt = {"user": str(scene.owner.id), "amount": money(yuan(30))}
    settle_on(scene.member, scene.group, "settle_debt", debt)


def dissolve(scene: Scene, **more: Any) -> None:
    agreement = {"version": "1", "text": "好聚好散", **more}
    settle_on(scene.owner, scene.group, "dissolve", agreement)


def shares_agreed(scene: Scene) -> None:
    weights = [{"user": str(person.id), "weight": 1} for person in (scene.owner, scene.member)]
    dissolve(scene, weights=weights)


def choosing_changed(scene: Scene) -> None:
    settle_on(scene.owner, scene.group, "change_sharing", {"payers_choose": True})


def group_ending(scene: Scene) -> None:
    last = scene.world.now.date() + timedelta(days=3)
    settle_on(scene.owner, scene.group, "set_last_day", {"ends_on": str(last)})
    assert announce_endings(now=scene.world.now) == 1


def group_handed_over(scene: Scene) -> None:
    settle_on(scene.owner, scene.group, "hand_over", {"user": str(scene.member.id)})


def succession_called_off(scene: Scene) -> None:
    scene.world.bank.now += timedelta(days=181)
    scene.member.api.get("/me").expect(200)
    assert announce_successions(now=scene.world.now) == 1
    scene.world.bank.now += timedelta(days=1)
    scene.owner.api.get("/me").expect(200)
    assert carry_out_successions(now=scene.world.now) == 1


STORIES: dict[str, Callable[[Scene], None]] = {
    "group_changed": group_changed,
    "member_invited": lambda scene: (scene.invite(), None)[1],
    "invitation_closed": invitation_closed,
    "member_joined": member_joined,
    "member_changed": member_changed,
    "member_left": member_left,
    "contribution_requested": contribution_requested,
    "contribution_settled": contribution_settled,
    "contribution_failed": contribution_failed,
    "transfer_submitted": contribution_settled,
    "transfer_unknown": transfer_unknown,
    "withdrawal_requested": lambda scene: scene.leave(scene.member),
    "withdrawal_settled": withdrawal_settled,
    "withdrawal_failed": withdrawal_failed,
    "withdrawal_settled_late": withdrawal_settled_late,
    "payment_settled": payment_settled,
    "payment_refused": payment_refused,
    "payment_refunded": payment_refunded,
    "payment_reshared": payment_reshared,
    "proposal_made": lambda scene: (propose(scene), None)[1],
    "proposal_ended": vote_cast,
    "vote_cast": vote_cast,
    "vote_reminded": vote_reminded,
    "limit_changed": limit_changed,
    "category_blocked": category_unblocked,
    "category_unblocked": category_unblocked,
    "spending_paused": spending_resumed,
    "spending_resumed": spending_resumed,
    "voting_changed": voting_changed,
    "choosing_changed": choosing_changed,
    "owing_changed": owing_changed,
    "transfer_announced": transfer_stopped,
    "transfer_stopped": transfer_stopped,
    "transfer_refused": transfer_refused,
    "transfer_requested": transfer_settled,
    "transfer_settled": transfer_settled,
    "transfer_failed": transfer_failed,
    "transfer_settled_late": transfer_settled_late,
    "claim_collected": claim_collected,
    "auto_transfer_made": auto_transfer_ended,
    "auto_transfer_changed": auto_transfer_ended,
    "auto_transfer_paused": auto_transfer_ended,
    "auto_transfer_resumed": auto_transfer_ended,
    "auto_transfer_ended": auto_transfer_ended,
    "auto_run_started": auto_run_settled,
    "auto_run_settled": auto_run_settled,
    "auto_run_retried": auto_run_excused,
    "auto_run_missed": auto_run_excused,
    "auto_run_excused": auto_run_excused,
    "auto_run_skipped": auto_transfer_ended,
    "debt_settled": debt_settled,
    "shares_agreed": shares_agreed,
    "group_archived": dissolve,
    "group_ending": group_ending,
    "group_handed_over": group_handed_over,
    "succession_announced": succession_called_off,
    "succession_called_off": succession_called_off,
    "dispute_opened": dispute_opened,
    "dispute_opened_unfunded": dispute_opened_unfunded,
    "dispute_upheld": dispute_upheld,
    "dispute_closed": dispute_closed,
    "dispute_closed_unfunded": dispute_closed_unfunded,
    "dispute_refunded": dispute_refunded,
    "legal_hold_placed": legal_hold_placed,
    "legal_hold_released": legal_hold_released,
    "yield_switched_on": yield_switched_on,
    "yield_switched_off": yield_switched_off,
    "yield_credited": yield_credited,
    "yield_corrected": yield_corrected,
    "yield_reversed": yield_corrected,
}


@pytest.fixture
def scene(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, stranger: Person, shop: Shop
) -> Scene:
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    return Scene(world, group, owner, member, viewer, stranger, shop)


def read_events(person: Person, group: Group, after: int = 0) -> list[dict[str, Any]]:
    """Read everything that happened since, page by page."""
    events: list[dict[str, Any]] = []
    following: str | None = str(after)
    while following is not None:
        page = person.api.get(f"/groups/{group.pk}/events", after=following, limit=10).expect(200)
        events += page["data"]
        following = page["next"]
    return events


def test_every_kind_has_a_story_and_a_client_that_knows_it() -> None:
    assert set(STORIES) | {"group_created"} == set(KINDS)
    assert TELL_ONLY | set(CHANGES) == set(KINDS)


@pytest.mark.parametrize("kind", STORIES)
def test_events_lead_from_one_snapshot_to_the_next(scene: Scene, kind: str) -> None:
    watchers = [scene.owner, scene.viewer] if kind.startswith("withdrawal") else [scene.owner, scene.member]
    check_story(scene, watchers, kind, STORIES[kind])


def test_events_of_a_transfer_that_is_contested_and_fails(scene: Scene) -> None:
    check_story(scene, [scene.owner, scene.member], "dispute_refunded", transfer_contested)


def check_story(scene: Scene, watchers: list[Person], kind: str, story: Callable[[Scene], None]) -> None:
    before = {watcher.name: watcher.api.get(f"{scene.path}/snapshot").expect(200) for watcher in watchers}
    story(scene)
    assert kind in kinds_since(scene.group, before["张伟"]["sequence"])
    for watcher in watchers:
        known = before[watcher.name]
        events = read_events(watcher, scene.group, known["sequence"])
        fresh = watcher.api.get(f"{scene.path}/snapshot").expect(200)
        assert reduce(known, events, str(watcher.id)) == fresh
        # And so it does from the very first event.
        everything = read_events(watcher, scene.group)
        assert reduce(None, everything, str(watcher.id)) == fresh
        with translation.override("en"):
            _check_data(everything, kind)


def _check_data(events: list[dict[str, Any]], kind: str) -> None:
    """The data of a kind is what its definition says."""
    told = KINDS[kind]
    for event in events:
        if event["kind"] == kind:
            assert set(event["data"]) == told.fields | (BY_THE_BOOKS if told.posts else set())
            assert event["text"] == str(told.text)


def test_coming_back_to_late_money(scene: Scene) -> None:
    """Whoever looked only while the member was away is told on their return what is theirs."""
    number = buy(scene.member, scene.group, scene.shop, yuan(40))
    scene.leave(scene.member)
    scene.world.wait()
    scene.shop.refund(number, yuan(40)).expect(201)
    known = scene.owner.api.get(f"{scene.path}/snapshot").expect(200)
    join(scene.group, scene.owner, scene.member, now=scene.world.now)
    fresh = scene.owner.api.get(f"{scene.path}/snapshot").expect(200)
    stakes = {row["user"]: row["stake"] for row in fresh["members"]}
    assert stakes[str(scene.member.id)] == money(yuan(10))
    events = read_events(scene.owner, scene.group, known["sequence"])
    assert by_user(reduce(known, events, str(scene.owner.id))) == by_user(fresh)


def by_user(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {**snapshot, "members": sorted(snapshot["members"], key=lambda member: str(member["user"]))}


def test_a_group_from_its_first_event(world: World, owner: Person) -> None:
    group = found(owner, now=world.now, name="另一家")
    fresh = owner.api.get(f"/groups/{group.pk}/snapshot").expect(200)
    assert kinds_since(group) == ["group_created", "member_joined"]
    assert reduce(None, read_events(owner, group), str(owner.id)) == fresh


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_text_in_both_languages(kind: str) -> None:
    with translation.override("en"):
        english = str(KINDS[kind].text)
    with translation.override("zh-hans"):
        chinese = str(KINDS[kind].text)
    assert len(english) > 8
    assert english.isascii()
    assert not chinese.isascii(), f"{kind} has no Chinese text"


def test_every_kind_is_listed_to_clients(owner: Person) -> None:
    listed = {row["kind"]: row for row in owner.api.get("/event-kinds").expect(200)["data"]}
    assert set(listed) == set(KINDS)
    assert listed["payment_settled"]["shares"] == ["shares", "stakes"]
    assert listed["payment_settled"]["money"] == ["amount", "balance"]
