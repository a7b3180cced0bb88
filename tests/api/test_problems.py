"""Every no has one shape, in the caller's language, with the number of the request; bad input is never a 500."""

import json
from typing import Any

import pytest
from django.test import Client

from groups.members.models import Group
from tests.cast import Answer, Api, Person, World, money

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id"}


def assert_problem(answer: Answer, status: int, code: str) -> Any:
    problem = answer.expect(status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(problem) - {"errors", "data"} == MEMBERS
    assert problem["status"] == status
    assert problem["type"].endswith("/" + code)
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return problem


def test_in_english_and_in_chinese(group: Group, stranger: Person) -> None:
    path = f"/groups/{group.pk}"
    english = assert_problem(stranger.api.get(path), 404, "group_not_found")
    assert english["title"] == "Not found"
    assert english["instance"] == f"/api/v1{path}"
    stranger.api.language = "zh-Hans"
    chinese = assert_problem(stranger.api.get(path), 404, "group_not_found")
    assert chinese["code"] == english["code"]
    assert not chinese["title"].isascii()
    assert not chinese["detail"].isascii()


@pytest.mark.parametrize("language", ["zh-Hans", "zh-CN", "zh", "zh-hans", "fr, zh;q=0.5", "", "xx"])
def test_chinese_is_spoken_unless_english_is_asked_for(group: Group, stranger: Person, language: str) -> None:
    stranger.api.language = language
    assert not stranger.api.get(f"/groups/{group.pk}").expect(404)["title"].isascii()


def test_bad_input_is_told_in_chinese_too(owner: Person) -> None:
    owner.api.language = "zh-Hans"
    problem = owner.api.post("/groups", {"name": "家", "scene": "family", "time_zone": "x"}).expect(400, "invalid")
    assert not problem["errors"][0]["detail"].isascii()


def test_a_request_id_is_taken_and_given_back(group: Group, stranger: Person) -> None:
    answer = stranger.api.call("GET", f"/groups/{group.pk}", headers={"X-Request-Id": "my-number-0001"})
    assert answer.headers["X-Request-Id"] == answer.body["request_id"] == "my-number-0001"


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g", "<script>alert(1)</script>", "nümber-0001"])
def test_a_request_id_that_is_none_is_replaced(stranger: Person, given: str) -> None:
    answer = stranger.api.call("GET", "/me", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] != given
    assert len(answer.headers["X-Request-Id"]) == 36


@pytest.mark.parametrize("path", ["/nothing", "/groups/not-an-id", "/groups/1/members", "/groups/", "/me/"])
def test_an_unknown_path(world: World, path: str) -> None:
    """Also as a browser or a script without a CSRF token would send it."""
    client = Client(enforce_csrf_checks=True)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        response = client.generic(method, f"/api/v1{path}", b"{}", "application/json")
        assert response.status_code == 404, method
        assert response.headers["Content-Type"] == "application/problem+json"
        assert json.loads(response.content)["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PROPFIND"])
def test_a_method_that_is_not_possible(group: Group, owner: Person, method: str) -> None:
    assert_problem(owner.api.call(method, f"/groups/{group.pk}"), 405, "method_not_allowed")


def test_without_a_token(world: World) -> None:
    answer = Api().get("/groups")
    assert_problem(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert_problem(Api("invented").get("/groups"), 401, "invalid_token")


def test_another_media_type(owner: Person) -> None:
    headers = {"Content-Type": "text/xml", "Accept": "application/json"}
    assert_problem(owner.api.call("POST", "/groups", b"<a/>", headers=headers), 415, "unsupported_media_type")
    assert_problem(owner.api.call("GET", "/groups", headers={"Accept": "text/xml"}), 406, "not_acceptable")


# What is sent as a body, and what is said about it.
BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"null", 400),
    (b"[]", 400),
    (b'"text"', 400),
    (b"\xff\xfe", 400),
    (b"NaN", 400),
    (b'{"name": NaN}', 400),
    (b'{"name": "\\u0000", "scene": "family"}', 400),
    (b'{"name": "\\ud800", "scene": "family"}', 400),
    (b'{"name": {"a": 1}, "scene": "family"}', 400),
    (b'{"name": ' + b"9" * 5_000 + b', "scene": "family"}', 400),
    (b"[" * 100_000, 400),
    (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400),
    (b'{"name": "' + b"x" * 300_000 + b'"}', 413),
]


@pytest.mark.parametrize(("raw", "status"), BODIES, ids=lambda value: str(value)[:30])
def test_a_body_that_is_none(group: Group, owner: Person, shop: Any, raw: bytes, status: int) -> None:
    for path in ("/groups", f"/groups/{group.pk}/contributions", "/me/sources", "/merchant/payments"):
        api = shop.api if path.startswith("/merchant") else owner.api
        answer = api.call("POST", path, raw, headers={"Idempotency-Key": "k" * 16})
        assert answer.status == status, (path, answer.raw[:300])
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "\\ud800\\udc00"])
def test_what_is_ignored_does_no_harm(group: Group, owner: Person, text: str) -> None:
    assert owner.source is not None
    raw = json.dumps({"source": str(owner.source.pk), "amount": money(1), "x": "HERE"}).replace("HERE", text)
    path = f"/groups/{group.pk}/contributions"
    answer = owner.api.call("POST", path, raw.encode(), headers={"Idempotency-Key": "k" * 16})
    assert answer.status in (201, 400), answer.raw[:300]


@pytest.mark.parametrize("text", ["%00", "%ED%A0%80", "%FF", "%F0%9F%92%A9", "a%2Fb", "%E5%BC%A0" * 100])
def test_a_path_that_is_none(group: Group, owner: Person, shop: Any, text: str) -> None:
    paths = [f"/invitations/{text}", f"/rails/{text}/notifications", f"/groups/{group.pk}/{text}"]
    for path in paths:
        for method in ("GET", "POST"):
            assert owner.api.call(method, path, {}).status in (401, 404, 405), path
    body = {"amount": money(1), "out_request_no": "r1"}
    assert shop.api.post(f"/merchant/payments/{text}/refunds", body).status == 404
    answer = shop.api.call("GET", f"/merchant/payments?out_trade_no={text}")
    assert answer.status in (400, 404), answer.raw[:300]


def test_a_fault_of_ours_tells_nothing(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr("groups.members.views.list_groups", broken)
    answer = owner.api.get("/groups")
    assert_problem(answer, 500, "server_error")
    assert b"secret" not in answer.raw


def test_times_are_utc(owner: Person, world: World) -> None:
    created = owner.api.post("/groups", {"name": "家", "scene": "family"}).expect(201)["created_at"]
    assert created == world.now.isoformat().replace("+00:00", "Z")


def test_the_docs_and_the_schema_are_there(world: World) -> None:
    api = Api()
    assert b"openapi: 3.1.0" in api.get("/schema/").raw
    assert Client().get("/api/docs/").status_code == 200
    assert api.get("/health/live").expect(200) == {"status": "ok"}
    assert api.get("/health/ready").expect(200) == {"status": "ok"}


def test_not_ready_without_redis(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("wallet.api.health.cache.get", away)
    Api().get("/health/ready").expect(503)
    Api().get("/health/live").expect(200)
