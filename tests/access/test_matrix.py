"""Every route against every role: the table in `matrix.py` is what the doors really say, and a no changes nothing.

A route or a method without a row fails. Each role's cells are tried on one stage, each inside a savepoint, so that what
is allowed does not change the stage for the next.
"""

import re
from collections.abc import Iterator
from functools import cache as cache_once
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver

from tests.access import matrix
from tests.access.roles import ROLES, Stage, build
from tests.cast import Answer, World

METHODS = ("get", "post", "put", "patch", "delete")
#: allauth's and the admin's pages answer in their own forms, and are found out by their own tests.
ROUNDS = [list(ROLES)[start : start + 4] for start in range(0, len(ROLES), 4)]
SLOW = {"schema/"}  # made anew for every call, for everybody alike
QUERIES = {"groups/<uuid:group_id>/statement": {"month": "2026-11"}}


def read_table(text: str) -> Iterator[tuple[str, str, bool, dict[str, str]]]:
    """Read a table: method, route, whether it is about oneself, and the verdict by role."""
    head, *rows = [line.split() for line in text.splitlines() if line.strip()]
    assert head == list(ROLES)
    for row in rows:
        method, route, *rest = row
        is_self = rest[0] == "self"
        verdicts = rest[1:] if is_self else rest
        assert len(verdicts) == len(head), row
        yield method, route, is_self, dict(zip(head, verdicts, strict=True))


ROWS = list(read_table(matrix.API)) + list(read_table(matrix.OUTSIDE_THE_API))


def list_routes(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Walk the URL resolver."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from list_routes(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def methods_of(callback: Any) -> set[str]:
    """Which methods a view answers."""
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    return {method.upper() for method in METHODS if hasattr(view, method)}


def list_doors() -> set[tuple[str, str]]:
    """Every method of every route but the admin's."""
    found = set()
    for route, callback in list_routes():
        if route.startswith("admin/") or route == "api/v1/^.*$":
            continue
        methods = methods_of(callback)
        assert methods, f"{route} answers nothing that is known here"
        found |= {(method, route.removeprefix("api/v1/")) for method in methods}
    return found


def test_every_route_has_a_row() -> None:
    in_table = {(method, route) for method, route, _, _ in ROWS}
    assert list_doors() - in_table == set(), "routes without a row: who may?"
    assert in_table - list_doors() == set(), "rows without a route"


def test_a_route_without_a_row_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the test above."""
    monkeypatch.setitem(globals(), "ROWS", ROWS[1:])
    with pytest.raises(AssertionError, match="without a row"):
        test_every_route_has_a_row()


#: Sessions are the login's own, and the others no door writes.
LEFT_OUT = {"identity_loginsession", "auth_permission", "identity_user_user_permissions", "yields_fundday"}


@cache_once
def digest_query() -> str:
    """Write the query that hashes every row of every table."""
    tables = sorted(set(connection.introspection.table_names()) - LEFT_OUT)
    # A refusal is kept under its key, so that it stays one; that is no change to anything it was about.
    kept = {"api_storedanswer": " WHERE t.status <> 422"}
    rows = " UNION ALL ".join(
        f"SELECT md5('{name}' || t::text) AS h FROM \"{name}\" t{kept.get(name, '')}" for name in tables
    )
    return f"SELECT md5(string_agg(h, '' ORDER BY h)) FROM ({rows}) r"


def digest() -> str:
    """One hash of every row of every table."""
    with connection.cursor() as cursor:
        cursor.execute(digest_query())
        (found,) = cursor.fetchone()
    return str(found)


def knock(stage: Stage, role: str, method: str, route: str, is_self: bool) -> Answer:
    """Send a good request to a door."""
    path, raw = stage.write(role, method, route, is_self=is_self)
    query: dict[str, Any] = QUERIES.get(route, {})
    if (method, route) == ("GET", "merchant/payments"):
        query = {"out_trade_no": stage.ids["out_trade_no"]}
    prefix = "" if route.startswith(("_allauth", "api/", "admin")) else "/api/v1"
    headers = {"Idempotency-Key": "k" * 16} if method == "POST" else {}
    if proof := stage.proofs.get((role, method, route, is_self)):
        headers["Payment-Proof"] = proof
    return stage.callers[role].call(method, f"{prefix}/{path}", raw, query=query, headers=headers, absolute=True)


def verdict_of(answer: Answer, route: str) -> str:
    """Write an answer as the table does; a 404 that is not about the thing the path begins with is `404n`."""
    if (
        answer.status == 404
        and route.startswith("groups/")
        and answer.body["code"] not in ("group_not_found", "not_found")
    ):
        return "404n"
    return str(answer.status)


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize("roles", ROUNDS, ids=" ".join)
def test_the_table_is_what_the_doors_say(world: World, roles: list[str]) -> None:
    stage = build(world)
    before = digest()
    wrong = [fault for role in roles for fault in list_faults(stage, role, before)]
    assert not wrong, "\n".join(wrong)


def list_faults(stage: Stage, role: str, before: str) -> Iterator[str]:
    """Try every door as this role, each inside a savepoint, and say where the table is not what is so."""
    cache.clear()
    for method, route, is_self, verdicts in ROWS:
        if route in SLOW and role not in ("anon", "memb"):
            continue
        savepoint = transaction.savepoint()
        answer = knock(stage, role, method, route, is_self)
        verdict = verdict_of(answer, route)
        row = f"{method} {route}{' self' if is_self else ''}"
        if verdict != verdicts[role]:
            yield f"{role} {row}: {verdict}, not {verdicts[role]}: {answer.body}"
        if not verdict.startswith("2") and not route.startswith("_allauth") and digest() != before:
            yield f"{role} {row}: said {verdict} and changed something"
        transaction.savepoint_rollback(savepoint)


def test_the_digest_sees_a_change(world: World) -> None:
    stage = build(world)
    before = digest()
    assert digest() == before
    knock(stage, "ownr", "PATCH", "groups/<uuid:group_id>", False).expect(200)
    assert digest() != before


def test_a_method_without_a_row_is_answered_405(world: World) -> None:
    stage = build(world)
    doors = list_doors()
    for route in sorted({route for _, route in doors}):
        if route.startswith("_allauth"):
            continue
        for method in (method.upper() for method in METHODS):
            if (method, route) in doors:
                continue
            for role in ("ownr", "shop"):
                status = knock(stage, role, method, route, False).status
                assert status in (405, 401), f"{method} {route} as {role}: {status}"


def list_admin_pages() -> Iterator[tuple[str, str]]:
    """Every page of the operators' site: the row it belongs to, and a path."""
    for route, _ in list_routes():
        if not route.startswith("admin/"):
            continue
        if OWN_PAGES.fullmatch(route):
            continue
        if route.startswith("admin/^(?P<app_label>"):
            for app in route.partition(">")[2].partition(")")[0].split("|"):
                yield "admin/<app>/", f"/admin/{app}/"
        elif match := re.fullmatch(r"admin/(\w+)/(\w+)/(add/|<path:object_id>/(?:change|delete|history)/)?", route):
            yield (
                f"admin/<app>/<model>/{match[3] or ''}",
                "/" + route.replace("<path:object_id>", "019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d10"),
            )
        elif route == "admin/":
            yield route, "/admin/"
        else:
            yield route, "/" + route


#: What the admin answers for everybody alike, or by rules of its own that its own tests know.
OWN_PAGES = re.compile(
    r"admin/(login|logout|jsi18n|autocomplete|password_change|password_change/done|language/.*|r/.*|\(\?P<url>.*"
    r"|identity/user/<id>/password|search|toggle-sidebar|\w+/\w+/<path:object_id>)/?\$?"
)


def test_the_operators_site_lets_operators_in(world: World) -> None:
    stage, rows = build(world), {route: verdicts for _, route, _, verdicts in read_table(matrix.ADMIN)}
    before, wrong = digest(), []
    pages = list(list_admin_pages())
    for role in ROLES:
        # Whoever has no session of an operator is nobody here, whatever else they are.
        for row, path in pages if role in ("anon", "oper", "oprt") else pages[:3]:
            answer = stage.callers[role].call("GET", path, absolute=True)
            if rows[row][role] not in ("*", str(answer.status)) or answer.status >= 500:
                wrong.append(f"{role} {path}: {answer.status}, not {rows[row][role]}")
    assert digest() == before
    assert not wrong, "\n".join(wrong)


def test_every_page_of_the_operators_site_has_a_row() -> None:
    rows = {route for _, route, _, _ in read_table(matrix.ADMIN)}
    assert {row for row, _ in list_admin_pages()} - rows == set()
