"""The stream over HTTP is the same as over the websocket."""

import uuid
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from groups.members.events import group_changed
from tests.events.conftest import Readership, make_wallet, note, note_many
from wallet.events.kinds import list_kinds
from wallet.events.readers import Range
from wallet.identity.models import User
from wallet.ledger.models import Wallet


@pytest.fixture
def get(client: Client, token: str) -> Any:
    def get(path: str, status: int = 200, language: str = "en", **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        response = client.get(f"/api/v1/{path}", query, headers=headers)
        assert response.status_code == status, response.content
        return response.json()

    return get


def test_events_are_paged_in_order(get: Any, wallet: Wallet) -> None:
    note_many(wallet, 7)
    path = f"groups/{wallet.pk}/events"
    first = get(path, limit=3)
    assert [event["sequence"] for event in first["data"]] == [1, 2, 3]
    assert first["next"] == "3"
    second = get(path, limit=4, after=first["next"])
    assert [event["sequence"] for event in second["data"]] == [4, 5, 6, 7]
    assert second["next"] is None
    assert get(path, after=7) == {"data": [], "next": None}
    assert get(path, after=2**63 - 1) == {"data": [], "next": None}


def test_an_event_has_its_text_in_the_language_of_the_caller(get: Any, wallet: Wallet) -> None:
    note(wallet, "家")
    (event,) = get(f"groups/{wallet.pk}/events")["data"]
    assert event["kind"] == "group_changed"
    assert event["text"] == str(group_changed_text())
    assert event["data"]["name"] == "家"


def group_changed_text() -> str:
    from django.utils import translation

    with translation.override("en"):
        return str(group_changed.text)


def test_who_may_not_read_may_not_know(get: Any, readership: Readership) -> None:
    foreign = make_wallet(readership)
    note(foreign)
    hidden, absent = get(f"groups/{foreign.pk}/events", 404), get(f"groups/{uuid.uuid4()}/events", 404)
    assert hidden["code"] == absent["code"] == "not_found"
    assert {key for key in hidden if hidden[key] != absent[key]} <= {"instance", "request_id"}


def test_a_former_member_reads_up_to_their_last_event(
    get: Any, member: User, wallet: Wallet, readership: Readership
) -> None:
    note_many(wallet, 9)
    readership.end(member, wallet, 5)
    page = get(f"groups/{wallet.pk}/events", limit=5)
    assert [event["sequence"] for event in page["data"]] == [1, 2, 3, 4, 5]
    assert page["next"] is None
    assert get(f"groups/{wallet.pk}/events", limit=2, after=3)["next"] is None


def test_a_query_that_is_not_one(get: Any, wallet: Wallet) -> None:
    for query in ({"after": "-1"}, {"after": "x"}, {"after": 2**63}, {"limit": 0}, {"limit": 101}):
        assert get(f"groups/{wallet.pk}/events", 400, **query)["code"] == "invalid", query


def test_nobody_reads_without_logging_in(client: Client, wallet: Wallet) -> None:
    assert client.get(f"/api/v1/groups/{wallet.pk}/events").status_code == 401
    assert client.get("/api/v1/event-kinds").status_code == 401


def test_reading_a_page_is_few_queries(get: Any, wallet: Wallet, django_assert_max_num_queries: Any) -> None:
    note_many(wallet, 30)
    get("event-kinds")  # the device is noted as seen
    with django_assert_max_num_queries(2):  # who is calling, the page; who may read is the test's own
        assert len(get(f"groups/{wallet.pk}/events")["data"]) == 30


def test_every_kind_is_documented(get: Any) -> None:
    kinds = {kind["kind"]: kind for kind in get("event-kinds")["data"]}
    assert set(kinds) == {kind.name for kind in list_kinds()}
    for kind in list_kinds():
        assert set(kinds[kind.name]["fields"]) >= kind.fields
        assert ("balance" in kinds[kind.name]["money"]) == kind.posts
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    event = schema["components"]["schemas"]["Event"]["properties"]["kind"]
    listed = event.get("enum") or schema["components"]["schemas"][event["$ref"].rsplit("/", 1)[1]]["enum"]
    assert set(listed) == set(kinds)


def test_who_may_read_is_a_range() -> None:
    assert Range().allows(10**9)
    assert Range(5).allows(5)
    assert not Range(5).allows(6)
    assert (Range(5).cap(9), Range(5).cap(3), Range().cap(9)) == (5, 3, 9)
