"""Every id in every place swapped for somebody else's: nothing is told, nothing is changed.

What is foreign answers exactly like what does not exist, so that nobody can find out which ids there are.
"""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.roles import Stage, bodies, build
from tests.access.test_matrix import QUERIES, ROWS, digest
from tests.cast import Answer, World

PARAMETERS = re.compile(r"<\w+:(\w+_id)>")
#: Whoever knows an order may look at it: its merchant has shown it to them.
SHOWN = {"orders/<uuid:checkout_id>"}
ROUTES = sorted({(method, route) for method, route, _, _ in ROWS if "_id>" in route and route not in SHOWN})


@pytest.fixture
def stage(world: World) -> Stage:
    return build(world)


def ask(stage: Stage, method: str, route: str, ids: dict[str, str]) -> Answer:
    """Ask as the owner of another group, who knows these ids."""
    path = PARAMETERS.sub(lambda match: ids[match[1]], route)
    path = path.replace("<day:day>", stage.ids["day"])
    body = bodies(method, route)
    raw = None if body is None else json.loads(stage.fill("othr", json.dumps(body)))
    headers = {"Idempotency-Key": "k" * 16}
    query = QUERIES.get(route, {})
    return stage.callers["othr"].call(method, f"/{path}", raw, query=query, headers=headers)


def shape(answer: Answer) -> Any:
    """What an answer says, without what belongs to the request itself."""
    return answer.status, {**answer.body, "instance": "", "request_id": ""}


def swaps(stage: Stage, route: str, own: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Everything foreign at once, and one by one, the others being the caller's own."""
    names = PARAMETERS.findall(route)
    yield "all", {name: stage.ids[name] for name in names}
    for swapped in names:
        yield swapped, {name: stage.ids[name] if name == swapped else own.get(name, stage.ids[name]) for name in names}


def test_what_is_foreign_is_answered_like_what_is_not_there(stage: Stage) -> None:
    group = stage.callers["othr"].get("/groups").expect(200)["data"][0]["id"]
    own = {"group_id": group}
    before, wrong = digest(), []
    for method, route in ROUTES:
        for what, ids in swaps(stage, route, own):
            foreign = ask(stage, method, route, ids)
            known = set(own.values())
            nobodys = ask(stage, method, route, {k: v if v in known else str(uuid.uuid4()) for k, v in ids.items()})
            if shape(foreign) != shape(nobodys):
                wrong.append(f"{method} {route} ({what}): {foreign.body}, but for nobody's {nobodys.body}")
            if foreign.status not in (404, 409):
                wrong.append(f"{method} {route} ({what}): {foreign.status}")
            secrets = {name: value for name, value in stage.ids.items() if name != "day" and value not in ids.values()}
            leaks = [name for name, value in secrets.items() if value in foreign.raw.decode()]
            if leaks:
                wrong.append(f"{method} {route} ({what}) tells {leaks}")
    assert digest() == before
    assert not wrong, "\n".join(wrong)


def test_a_foreign_id_in_a_body(stage: Stage, settings: Any) -> None:
    """Somebody else's card, another group's payment or transfer, and somebody who is not in the group as a bearer."""
    other = stage.callers["othr"]
    group = other.get("/groups").expect(200)["data"][0]["id"]
    path = f"/groups/{group}/payment-codes"
    named = [{"participants": [user]} for user in (stage.ids["user_id"], str(uuid.uuid4()))]
    settings.PIN_PROOFS_PER_DEVICE_MAX = 20  # beside those that the stage has asked for
    proofs = [other.prove("POST", path, body) for body in named]
    before = digest()
    for source in (stage.ids["source_id"], str(uuid.uuid4())):
        body = {"source": source, "amount": {"amount": 100, "currency": "CNY"}}
        other.post(f"/groups/{group}/contributions", body).expect(404, "source_not_found")
    for payment in (stage.ids["payment_id"], str(uuid.uuid4())):
        other.post(f"/groups/{group}/disputes", {"payment": payment, "reason": "别家的"}).expect(
            404, "payment_not_found"
        )
    for asked, proof in zip(named, proofs, strict=True):
        other.post(path, asked, proof=proof).expect(422, "participant_unknown")
    for withdrawal in (stage.ids["withdrawal_id"], str(uuid.uuid4())):
        other.post(f"/groups/{group}/disputes", {"withdrawal": withdrawal, "reason": "别家的"}).expect(
            404, "withdrawal_not_found"
        )
    assert digest() == before


def test_a_foreign_key_in_a_page(stage: Stage) -> None:
    """`after` is only a place in an order; what is behind it is always the caller's own."""
    other = stage.callers["othr"]
    group = other.get("/groups").expect(200)["data"][0]["id"]
    after = stage.ids["contribution_id"]
    for path in (
        f"/groups/{group}/contributions",
        f"/groups/{group}/payments",
        f"/groups/{group}/disputes",
        "/me/devices",
        "/me/sources",
        "/groups",
    ):
        answer = other.get(path, after=after)
        answer.expect(200)
        assert stage.ids["group_id"] not in answer.raw.decode()


def test_an_idempotency_key_of_somebody_else(stage: Stage) -> None:
    body = {"source": stage.own["memb"]["own_source"], "amount": {"amount": 100, "currency": "CNY"}}
    path = f"/groups/{stage.ids['group_id']}/contributions"
    stage.callers["memb"].post(path, body, key="k" * 16).expect(201)
    stage.callers["othr"].post(path, body, key="k" * 16).expect(404, "group_not_found")
    stage.callers["view"].post(path, body, key="k" * 16).expect(404, "source_not_found")
