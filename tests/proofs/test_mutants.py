"""Twelve mutants of the house (`mutants`): each has a story that is right as it is, and wrong with the mutant."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from groups.members.models import Group
from groups.proposals.models import Vote
from groups.proposals.services import expire_proposals
from tests.cast import Person, Shop, World, buy, money, pay_in, settle_on, show_code, stakes_of, yuan
from tests.proofs.mutants import MUTANTS
from tests.proofs.test_races import race_for_the_last_money
from tests.proposals.conftest import cast, list_limits, propose_limit, read
from wallet.ledger import news
from wallet.ledger.services import EventDraft, lock_wallet, record_event
from yields.models import YieldDay
from yields.services import ensure_demo_fund, run_due

NOTICED = (AssertionError, pytest.fail.Exception)


@dataclass
class Stage:
    """A family with 100.00, 100.00 and 100.01 in the pool, and a shop."""

    world: World
    group: Group
    owner: Person
    member: Person
    shop: Shop
    patch: pytest.MonkeyPatch


def lock_off(stage: Stage) -> None:
    came = race_for_the_last_money(stage.group, stage.owner, stage.member, stage.shop, stage.patch)
    assert came == {"settled": 1, "refused": 1}


def float_shares(stage: Stage) -> None:
    buy(stage.owner, stage.group, stage.shop, 100)
    assert sum(stakes_of(stage.group).values()) == yuan(300) + 1 - 100


def limit_off_by_one(stage: Stage) -> None:
    settle_on(stage.owner, stage.group, "set_limit", {"limit": "payment", "user": None, "amount": money(1_000)})
    stage.shop.charge(show_code(stage.owner, stage.group), 1_001).expect(422, "limit_exceeded")
    buy(stage.owner, stage.group, stage.shop, 1_000)


def unique_dropped(stage: Stage) -> None:
    made = propose_limit(stage.owner, stage.group)
    cast(stage.member, stage.group, made).expect(200)
    known = Vote.objects.get(proposal=made["id"])
    known.pk = uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        known.save(force_insert=True)


def replay_after_funds(stage: Stage) -> None:
    contribution = {"source": str(stage.owner.source.pk), "amount": money(1)}  # type: ignore[union-attr]
    ask = f"/groups/{stage.group.pk}/contributions"
    first = stage.owner.api.post(ask, contribution, key="before-it-was-empty")
    stage.world.wait()
    buy(stage.owner, stage.group, stage.shop, yuan(300) + 2)
    again = stage.owner.api.post(ask, contribution, key="before-it-was-empty")
    assert (again.status, again.raw) == (201, first.raw)


def own_vote_counts(stage: Stage) -> None:
    cast(stage.owner, stage.group, propose_limit(stage.owner, stage.group)).expect(403, "own_proposal")


def expiry_approves(stage: Stage) -> None:
    made = propose_limit(stage.owner, stage.group)
    stage.world.wait(timedelta(days=7).total_seconds())
    expire_proposals(now=stage.world.now)
    assert (read(stage.owner, stage.group, made)["status"], list_limits(stage.owner, stage.group)) == ("expired", [])


def refunds_forgotten(stage: Stage) -> None:
    number = buy(stage.owner, stage.group, stage.shop, 1_000)
    stage.shop.refund(number, 600).expect(201)
    stage.shop.refund(number, 401, "r2").expect(422, "refund_too_large")
    stage.shop.refund(number, 400, "r3").expect(201)


def drain_guard_off(stage: Stage) -> None:
    asked = {"source": str(stage.member.source.pk), "amount": money(yuan(120)), "borne_by": "group", "memo": "房租"}  # type: ignore[union-attr]
    told = stage.member.api.post(f"/groups/{stage.group.pk}/withdrawals", asked, proof=True).expect(201)
    assert told["status"] == "waiting"


def income_rounded(stage: Stage) -> None:
    ensure_demo_fund(stage.world.now.date())
    asked = {"fund": "DEMO", "agreement_version": "1", "questionnaire": {"risk_level": "R1", "accepted": True}}
    stage.owner.api.put(f"/groups/{stage.group.pk}/enrollment", asked).expect(200)
    stage.world.wait(timedelta(days=8).total_seconds())
    run_due(now=stage.world.now)
    days = YieldDay.objects.filter(group=stage.group)
    for day in days:
        assert day.income == day.base * int(day.yield_per_10k * 10_000) // 100_000_000
    assert sum(day.income for day in days) > 0


def pin_counted_after_comparing(stage: Stage) -> None:
    """A server that dies while it compares has counted."""
    api, path = stage.owner.api, f"/groups/{stage.group.pk}/payment-codes"
    with stage.patch.context() as dying:
        dying.setattr("argon2.PasswordHasher.verify", die)
        for _ in range(3):
            api.ask_proof("111222", "POST", path)
    assert api.ask_proof(api.pin, "POST", path).body.get("code") == "pin_locked"


def die(*args: object) -> bool:
    raise MemoryError


def told_before_commit(stage: Stage) -> None:
    told: list[int] = []
    stage.patch.setattr(news, "_listeners", [lambda wallet_id, sequence: told.append(sequence)])
    with transaction.atomic():
        record_event(wallet=lock_wallet(stage.group.pk), event=EventDraft("group_changed"), now=stage.world.now)
        assert told == []


STORIES: dict[str, Callable[[Stage], None]] = {
    story.__name__: story
    for story in (
        lock_off,
        float_shares,
        limit_off_by_one,
        unique_dropped,
        replay_after_funds,
        own_vote_counts,
        expiry_approves,
        refunds_forgotten,
        drain_guard_off,
        income_rounded,
        pin_counted_after_comparing,
        told_before_commit,
    )
}
CASES = [
    pytest.param(
        mutant,
        id=mutant.__name__,
        marks=pytest.mark.django_db(transaction=mutant.__name__ == "lock_off"),
    )
    for mutant in MUTANTS
]


@pytest.fixture
def stage(
    world: World,
    group: Group,
    owner: Person,
    member: Person,
    viewer: Person,
    shop: Shop,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Stage:
    amounts = (75_00, 25_00) if "lock_off" in request.node.name else (yuan(100), yuan(100), yuan(100) + 1)
    for person, amount in zip((owner, member, viewer), amounts, strict=False):
        pay_in(world, person, group, amount)
    return Stage(world, group, owner, member, shop, monkeypatch)


@pytest.mark.parametrize("mutant", CASES)
def test_as_it_is_all_is_well(stage: Stage, mutant: Callable[[pytest.MonkeyPatch], None]) -> None:
    STORIES[mutant.__name__](stage)


@pytest.mark.plants_a_fault
@pytest.mark.parametrize("mutant", CASES)
def test_the_mutant_is_noticed(stage: Stage, mutant: Callable[[pytest.MonkeyPatch], None]) -> None:
    mutant(stage.patch)
    with pytest.raises(NOTICED):
        STORIES[mutant.__name__](stage)


def test_there_are_twelve_and_each_has_its_story() -> None:
    assert [mutant.__name__ for mutant in MUTANTS] == list(STORIES)
    assert len(MUTANTS) == 12
