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

from groups.members.models import Group
from tests.cast import Person, Shop, World, buy, found, join, kinds_since, link, money, pay_in, show_code, yuan
from tests.reducer import CHANGES, TELL_ONLY, reduce
from wallet.events.kinds import BY_THE_BOOKS, list_kinds
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
        person.api.patch(f"/me/sources/{source.pk}", {"is_default": True}).expect(200)
        person.api.delete(f"{self.path}/members/{person.id}").expect(200)

    def enroll(self) -> None:
        ensure_demo_fund(self.world.now.date() - timedelta(days=20))
        questionnaire = {"risk_level": "R1", "answers": [{"question": "a", "answer": "b"}], "accepted": True}
        body = {"fund": "DEMO", "agreement_version": "2026-11", "questionnaire": questionnaire}
        self.owner.api.call("PUT", f"{self.path}/enrollment", body).expect(200)


def group_changed(scene: Scene) -> None:
    change = {"name": "新家", "sharing_rule": "weights", "time_zone": "Asia/Urumqi"}
    scene.owner.api.patch(scene.path, change).expect(200)


def invitation_closed(scene: Scene) -> None:
    scene.stranger.api.post(f"/invitations/{scene.invite()}/decline").expect(204)


def member_joined(scene: Scene) -> None:
    scene.stranger.api.post(f"/invitations/{scene.invite()}/accept").expect(200)


def member_changed(scene: Scene) -> None:
    change = {"role": "member", "weight": 7}
    scene.owner.api.patch(f"{scene.path}/members/{scene.viewer.id}", change).expect(200)


def member_left(scene: Scene) -> None:
    scene.owner.api.delete(f"{scene.path}/members/{scene.viewer.id}").expect(200)


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


def payment_settled(scene: Scene) -> None:
    buy(scene.member, scene.group, scene.shop, yuan(33.33))


def payment_refused(scene: Scene) -> None:
    scene.shop.charge(show_code(scene.owner, scene.group), yuan(4_000)).expect(422)


def payment_refunded(scene: Scene) -> None:
    number = buy(scene.owner, scene.group, scene.shop, yuan(40))
    scene.shop.refund(number, yuan(11.11)).expect(201)


def yield_switched_on(scene: Scene) -> None:
    scene.enroll()


def yield_switched_off(scene: Scene) -> None:
    scene.enroll()
    scene.owner.api.delete(f"{scene.path}/enrollment").expect(204)


def yield_credited(scene: Scene) -> None:
    scene.enroll()
    scene.world.wait(timedelta(days=5).total_seconds())
    run_due(now=scene.world.now)


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
    "payment_settled": payment_settled,
    "payment_refused": payment_refused,
    "payment_refunded": payment_refunded,
    "yield_switched_on": yield_switched_on,
    "yield_switched_off": yield_switched_off,
    "yield_credited": yield_credited,
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
    before = {watcher.name: watcher.api.get(f"{scene.path}/snapshot").expect(200) for watcher in watchers}
    STORIES[kind](scene)
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
            assert all(set(event["data"][name]) == {"amount", "currency"} for name in told.money)
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
