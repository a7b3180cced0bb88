"""A command that is sent twice happens once; its first answer, also a refusal, is given again, byte by byte."""

from datetime import timedelta
from typing import Any

import pytest

from groups.funding.models import Contribution
from groups.members.models import Group
from tests.cast import Answer, Person, World, found, join, meet, money, sequence_of, settle_on, yuan
from wallet.api.idempotency import forget_answers
from wallet.api.models import StoredAnswer

KEY = "k" * 16


def ask(person: Person, group: Group, amount: int = 100, *, key: str = KEY, **more: Any) -> Answer:
    assert person.source is not None
    body = {"source": str(person.source.pk), "amount": money(amount), **more}
    return person.api.post(f"/groups/{group.pk}/contributions", body, key=key)


def test_the_first_answer_again(group: Group, member: Person) -> None:
    first = ask(member, group)
    first.expect(201)
    before = sequence_of(group)
    again = ask(member, group)
    assert (again.status, again.raw) == (first.status, first.raw)
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert sequence_of(group) == before
    assert Contribution.objects.count() == 1


def test_a_refusal_stays(group: Group, member: Person, settings: Any) -> None:
    settings.CONTRIBUTION_MAX_FEN = 50
    first = ask(member, group)
    first.expect(422, "contribution_too_large")
    settings.CONTRIBUTION_MAX_FEN = 500
    again = ask(member, group)
    assert (again.status, again.raw) == (422, first.raw)
    assert again.headers["Content-Type"] == first.headers["Content-Type"] == "application/problem+json"
    ask(member, group, key="a new key for the same").expect(400, "idempotency_key_missing")
    ask(member, group, key="a-new-key-for-the-same").expect(201)


def test_the_order_of_a_body_does_not_matter(group: Group, member: Person) -> None:
    assert member.source is not None
    path = f"/groups/{group.pk}/contributions"
    source = str(member.source.pk)
    one = b'{"source": "%s", "amount": {"amount": 100, "currency": "CNY"}}' % source.encode()
    other = b'{"amount":{"currency":"CNY","amount":100},"source":"%s"}' % source.encode()
    headers = {"Idempotency-Key": KEY}
    first = member.api.call("POST", path, one, headers=headers)
    assert first.expect(201) == member.api.call("POST", path, other, headers=headers).expect(201)


@pytest.mark.parametrize("change", [{"amount": money(101)}, {"memo": "x"}], ids=str)
def test_another_request_under_the_key(group: Group, member: Person, change: dict[str, Any]) -> None:
    ask(member, group).expect(201)
    assert member.source is not None
    body = {"source": str(member.source.pk), "amount": money(100), **change}
    member.api.post(f"/groups/{group.pk}/contributions", body, key=KEY).expect(422, "idempotency_key_reused")
    assert Contribution.objects.count() == 1


def test_a_key_is_the_callers_own(world: World, group: Group, owner: Person, member: Person) -> None:
    ask(member, group).expect(201)
    ask(owner, group).expect(201)
    other = found(owner, now=world.now, name="旅行")
    join(other, owner, member, now=world.now)
    ask(member, other).expect(201)
    assert Contribution.objects.count() == 3


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 15, "x" * 65, "spaces are not allowed", "钥匙钥匙钥匙钥匙钥匙钥匙钥匙钥匙"]
)
def test_a_key_that_is_none(group: Group, member: Person, key: str) -> None:
    assert member.source is not None
    body = {"source": str(member.source.pk), "amount": money(100)}
    headers = {"Idempotency-Key": key.encode().decode("latin-1")}
    answer = member.api.call("POST", f"/groups/{group.pk}/contributions", body, headers=headers)
    answer.expect(400, "idempotency_key_missing")
    member.api.call("POST", f"/groups/{group.pk}/contributions", body).expect(400, "idempotency_key_missing")
    assert not Contribution.objects.exists()


def test_what_says_nothing_about_the_command_is_not_kept(group: Group, member: Person, stranger: Person) -> None:
    assert stranger.source is not None
    ask(stranger, group).expect(404, "group_not_found")
    body = {"source": str(stranger.source.pk), "amount": money(100)}
    path = f"/groups/{group.pk}/contributions"
    member.api.post(path, body, key=KEY).expect(404, "source_not_found")
    member.api.post(path, {"amount": 1}, key=KEY).expect(400, "invalid")
    assert not StoredAnswer.objects.exists()
    ask(member, group).expect(201)


def test_thirty_one_days_later_there_is_no_second_effect(world: World, group: Group, member: Person) -> None:
    ask(member, group).expect(201)
    world.wait(timedelta(days=30).total_seconds() - 1)
    assert forget_answers(now=world.now) == 0
    world.wait(timedelta(days=1).total_seconds())
    assert forget_answers(now=world.now) == 1
    ask(member, group).expect(409, "answer_forgotten")
    ask(member, group, yuan(2)).expect(422, "idempotency_key_reused")
    assert Contribution.objects.count() == 1


def test_who_was_removed_gets_no_old_answers(group: Group, owner: Person, member: Person, world: World) -> None:
    ask(member, group).expect(201)
    world.wait()
    join(group, owner, meet("赵敏", "+8613800000005", now=world.now), now=world.now)
    settle_on(owner, group, "remove_member", {"user": str(member.id)})
    ask(member, group).expect(404, "group_not_found")
