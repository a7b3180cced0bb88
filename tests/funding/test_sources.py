"""Cards: linked with a token and a masked label, one of them the default; a number is kept nowhere."""

from typing import Any

import pytest
from django.db import connection

from groups.funding.services import contribute
from groups.members.models import Group
from tests.cast import Person, World, link, meet
from wallet.rails.sandbox.cards import BY_NAME

NUMBER = BY_NAME["settles"].number


def test_link_a_card(world: World) -> None:
    person = meet("周杰", "+8613800000006", now=world.now, card=None)
    body = {"rail": "sandbox", "number": NUMBER, "holder": "周杰"}
    linked = person.api.post("/me/sources", body)
    assert linked.expect(201)["label"] == "招商银行 (1009)"
    assert linked.body["is_default"] is True
    assert NUMBER not in linked.raw.decode()
    assert [row["id"] for row in person.api.get("/me/sources").expect(200)["data"]] == [linked.body["id"]]


def test_a_number_is_kept_nowhere(world: World, member: Person) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM rails_fundingsource s")
        assert all(NUMBER not in row for (row,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("6225880000001000", 422, "card_refused"),
        ("1234", 400, "invalid"),
        ("６２２５８８００００００１００９", 400, "invalid"),
        ("", 400, "invalid"),
    ],
)
def test_a_card_that_is_none(world: World, member: Person, number: str, status: int, code: str) -> None:
    body = {"rail": "sandbox", "number": number, "holder": "王芳"}
    member.api.post("/me/sources", body).expect(status, code)


def test_an_unknown_rail(member: Person) -> None:
    body = {"rail": "moon", "number": NUMBER, "holder": "王芳"}
    member.api.post("/me/sources", body).expect(404, "rail_not_found")


def test_so_many_cards(world: World, member: Person, settings: Any) -> None:
    settings.SOURCES_PER_USER_MAX = 2
    link(member, "late", now=world.now)
    body = {"rail": "sandbox", "number": NUMBER, "holder": "王芳"}
    member.api.post("/me/sources", body).expect(422, "too_many_sources")


def test_another_default(world: World, member: Person) -> None:
    other = link(member, "late", now=world.now)
    assert member.api.patch(f"/me/sources/{other.pk}", {"is_default": True}).expect(200)["is_default"] is True
    rows = member.api.get("/me/sources").expect(200)["data"]
    assert [row["id"] for row in rows if row["is_default"]] == [str(other.pk)]


def test_unlink(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    path = f"/me/sources/{member.source.pk}"
    contribute(actor=member.user, group_id=group.pk, source_id=member.source.pk, amount=100, now=world.now)
    member.api.delete(path).expect(422, "source_in_use")
    world.wait()
    member.api.delete(path).expect(204)
    member.api.delete(path).expect(404, "source_not_found")
    assert member.api.get("/me/sources").expect(200)["data"] == []


def test_somebody_elses(member: Person, stranger: Person) -> None:
    assert member.source is not None
    path = f"/me/sources/{member.source.pk}"
    stranger.api.delete(path).expect(404, "source_not_found")
    stranger.api.patch(path, {"is_default": True}).expect(404, "source_not_found")


def test_a_bank_that_is_away(world: World, member: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from wallet.rails.adapters.base import RailDown

    def away(*_: Any) -> None:
        raise RailDown

    monkeypatch.setattr(type(world.bank.adapter), "link_card", away)
    body = {"rail": "sandbox", "number": NUMBER, "holder": "王芳"}
    answer = member.api.post("/me/sources", body)
    answer.expect(503, "rail_unavailable")
    assert answer.headers["Retry-After"] == "30"
