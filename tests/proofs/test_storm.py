"""One key, sent very often: one effect, and everybody is told the same."""

import asyncio
import json
import uuid
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from django.utils import timezone

from groups.funding.models import Contribution
from groups.funding.services import contribute
from groups.members.models import Group
from tests.books import database_digest
from tests.cast import Person, Shop, World, money, pay_in, show_code
from tests.proofs.crowd import MeetingPoint, at_once, take_lock_off, values, without_constraints
from wallet.api.idempotency import forget_answers
from wallet.api.models import StoredAnswer
from wallet.ledger.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "storm-" + "0" * 20


async def post_all(urls: list[str], path: str, headers: dict[str, str], bodies: list[bytes]) -> list[httpx.Response]:
    """Send them all at once, over all servers in turn."""
    limits = httpx.Limits(max_connections=len(bodies), max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
        sent = [client.post(urls[n % len(urls)] + path, content=body, headers=headers) for n, body in enumerate(bodies)]
        return list(await asyncio.gather(*sent))


def ask(person: Person, amount: Any = 100_00) -> bytes:
    assert person.source is not None
    return json.dumps({"source": str(person.source.pk), "amount": money(amount)}).encode()


def send(urls: list[str], group: Group, person: Person, bodies: list[bytes], key: str = KEY) -> list[httpx.Response]:
    headers = {
        "Authorization": f"Bearer {person.api.token}",
        "Idempotency-Key": key,
        "Content-Type": "application/json",
    }
    return asyncio.run(post_all(urls, f"/api/v1/groups/{group.pk}/contributions", headers, bodies))


@pytest.mark.processes
def test_two_hundred_at_once_over_three_servers(servers: list[str], group: Group, member: Person) -> None:
    answers = send(servers, group, member, [ask(member)] * 200)
    counts = Counter(answer.status_code for answer in answers)
    assert set(counts) <= {201, 409}, counts
    told = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in told}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in told) == 1
    assert Contribution.objects.count() == StoredAnswer.objects.count() == 1
    print(f"storm: {dict(counts)}")

    before = database_digest()
    changed = send(servers, group, member, [ask(member, 100_01)] * 50)
    assert Counter((answer.status_code, answer.json()["code"]) for answer in changed) == {
        (422, "idempotency_key_reused"): 50
    }
    assert database_digest() == before
    (again,) = send(servers, group, member, [ask(member)])
    assert again.content == told[0].content


@pytest.mark.processes
def test_as_many_keys_are_as_many_effects(servers: list[str], group: Group, member: Person) -> None:
    """What the storm proves is the key's doing: twenty keys are twenty contributions."""
    headers = {"Authorization": f"Bearer {member.api.token}", "Content-Type": "application/json"}

    async def post() -> list[httpx.Response]:
        path = f"/api/v1/groups/{group.pk}/contributions"
        tasks = [
            post_all(servers[n % 3 :], path, {**headers, "Idempotency-Key": uuid.uuid4().hex}, [ask(member, 1_00)])
            for n in range(20)
        ]
        return [answer for (answer,) in await asyncio.gather(*tasks)]

    assert Counter(answer.status_code for answer in asyncio.run(post())) == {201: 20}
    assert Contribution.objects.count() == 20


# --- without the guards -----------------------------------------------------------------------------------------------
def storm_in_threads(group: Group, member: Person, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Four of the same, each of which has looked for the first answer before any has stored one."""
    monkeypatch.setattr("groups.funding.views.contribute", MeetingPoint(4).before(contribute))
    body, path = json.loads(ask(member)), f"/groups/{group.pk}/contributions"
    answers = at_once([partial(type(member.api)(member.api.token).post, path, body, key=KEY) for _ in range(4)])
    return sorted(answer.status for answer in values(answers))


def test_with_the_guards_on(group: Group, member: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert storm_in_threads(group, member, monkeypatch) == [201] * 4
    assert Contribution.objects.count() == 1


def test_without_the_lock_one_answer_a_key_is_stored(
    group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    assert storm_in_threads(group, member, monkeypatch) == [201, 500, 500, 500]
    assert Contribution.objects.count() == 1


@pytest.mark.plants_a_fault
def test_without_the_lock_and_the_constraint_it_is_done_more_than_once(
    group: Group, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    with without_constraints("api_storedanswer_once"):
        assert storm_in_threads(group, member, monkeypatch) == [201] * 4
        assert Contribution.objects.count() == 4


# --- what was refused stays refused -----------------------------------------------------------------------------------
def test_refused_for_the_limit_and_still_refused_when_it_is_gone(
    world: World, group: Group, member: Person, settings: Any
) -> None:
    settings.CONTRIBUTION_DAY_MAX_FEN = 150_00
    path, body = f"/groups/{group.pk}/contributions", json.loads(ask(member))
    member.api.post(path, body).expect(201)
    first = member.api.post(path, body, key=KEY)
    first.expect(422, "contribution_day_limit")
    world.wait(86_400)
    again = member.api.post(path, body, key=KEY)
    assert (again.status, again.raw) == (422, first.raw)
    member.api.post(path, body, key="another-" + KEY).expect(201)


def test_refused_for_funds_and_still_refused_when_there_are_some(
    world: World, group: Group, member: Person, shop: Shop
) -> None:
    shop.charge(code := show_code(member, group), 50_00, no="basket").expect(422, "insufficient_funds")
    pay_in(world, member, group, 100_00)
    shop.charge(code, 50_00, no="basket").expect(422, "insufficient_funds")
    shop.charge(show_code(member, group), 50_00, no="basket").expect(409, "out_trade_no_reused")
    shop.charge(code, 50_00, no="basket-2").expect(422, "payment_code_used")
    shop.charge(show_code(member, group), 50_00, no="basket-2").expect(201)


def test_thirty_one_days_later_it_is_not_done_again(world: World, group: Group, member: Person) -> None:
    path, body = f"/groups/{group.pk}/contributions", json.loads(ask(member))
    member.api.post(path, body, key=KEY).expect(201)
    world.wait()
    assert forget_answers(now=timezone.now() + timedelta(days=29)) == 0
    world.wait(31 * 86_400)
    assert forget_answers(now=timezone.now()) == 1
    before = database_digest(leave_out=frozenset({"identity_device"}))
    for answer in at_once([partial(type(member.api)(member.api.token).post, path, body, key=KEY) for _ in range(4)]):
        assert not isinstance(answer, Exception)
        answer.expect(409, "answer_forgotten")
    assert database_digest(leave_out=frozenset({"identity_device"})) == before
    assert Entry.objects.filter(kind="contribution").count() == 1
