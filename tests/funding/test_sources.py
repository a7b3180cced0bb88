"""Cards: linked with a token and a masked label, one of them the default; a number is kept nowhere."""

from typing import Any

import pytest
from django.db import connection

from groups.exits.services import leave_group
from groups.funding.models import Withdrawal
from groups.funding.services import contribute
from groups.members.models import Group
from tests.cast import Person, World, link, meet, pay_in, stakes_of
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
    changed = member.api.patch(f"/me/sources/{other.pk}", {"is_default": True}, proof=True).expect(200)
    assert changed["is_default"] is True
    rows = member.api.get("/me/sources").expect(200)["data"]
    assert [row["id"] for row in rows if row["is_default"]] == [str(other.pk)]


def test_unlink(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    path = f"/me/sources/{member.source.pk}"
    contribute(actor=member.user, group_id=group.pk, source_id=member.source.pk, amount=100, now=world.now)
    member.api.delete(path, proof=True).expect(422, "source_in_use")
    world.wait()
    member.api.delete(path, proof=True).expect(204)
    member.api.delete(path).expect(404, "source_not_found")
    assert member.api.get("/me/sources").expect(200)["data"] == []


def test_who_has_the_phone_but_not_the_pin_does_not_turn_money_aside(
    world: World, group: Group, member: Person
) -> None:
    """What a person is paid without asking goes to the default; a card that is linked later does not become it."""
    pay_in(world, member, group, 1_000_00)
    assert member.source is not None
    body = {"rail": "sandbox", "number": BY_NAME["late"].number, "holder": "贼"}
    stolen = member.api.post("/me/sources", body).expect(201)
    assert stolen["is_default"] is False
    member.api.patch(f"/me/sources/{stolen['id']}", {"is_default": True}).expect(403, "payment_proof_required")
    member.api.delete(f"/me/sources/{member.source.pk}").expect(403, "payment_proof_required")
    leave_group(actor=member.user, group_id=group.pk, now=world.now)
    assert [*Withdrawal.objects.values_list("user", "source")] == [(member.id, member.source.pk)]


def test_whoever_unlinks_the_default_has_the_longest_linked_one(world: World, member: Person) -> None:
    assert member.source is not None
    second, _third = (link(member, card, now=world.now) for card in ("late", "lost"))
    member.api.delete(f"/me/sources/{member.source.pk}", proof=True).expect(204)
    rows = member.api.get("/me/sources").expect(200)["data"]
    assert [row["id"] for row in rows if row["is_default"]] == [str(second.pk)]
    for row in rows:
        member.api.delete(f"/me/sources/{row['id']}", proof=True).expect(204)
    assert link(member, "settles", now=world.now).is_default, "the only one"


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


@pytest.mark.parametrize(
    ("kind", "login", "label"),
    [
        ("yuebao", "13900000001", "余额宝 (139****0001)"),
        ("alipay_balance", "+8613900000001", "支付宝余额 (139****0001)"),
        ("alipay_balance", "settles@example.com", "支付宝余额 (se***@example.com)"),
    ],
)
def test_link_an_account(world: World, group: Group, member: Person, kind: str, login: str, label: str) -> None:
    body = {"rail": "sandbox", "kind": kind, "login": login, "holder": "王芳"}
    linked = member.api.post("/me/sources", body).expect(201)
    assert (linked["kind"], linked["label"], linked["is_default"]) == (kind, label, False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM rails_fundingsource s")
        assert all(login not in row for (row,) in cursor.fetchall()), "a login is kept nowhere"
    contribute(actor=member.user, group_id=group.pk, source_id=linked["id"], amount=100, now=world.now)
    world.wait()
    assert stakes_of(group)["王芳"] == 100


def test_an_account_behaves_like_its_card(world: World, group: Group, member: Person) -> None:
    body = {"rail": "sandbox", "kind": "yuebao", "login": "late_failed@example.com", "holder": "王芳"}
    source = member.api.post("/me/sources", body).expect(201)["id"]
    asked = contribute(actor=member.user, group_id=group.pk, source_id=source, amount=100, now=world.now)
    world.wait(60)
    asked.refresh_from_db()
    assert (asked.status, asked.failure_code) == ("failed", "card_blocked")


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"login": "13811111111"}, 422, "account_refused", None),
        ({"login": "12345"}, 400, "invalid", "/login"),
        ({"login": "１３９００００００００１"}, 400, "invalid", "/login"),
        ({"login": "a b@example.com"}, 400, "invalid", "/login"),
        ({"login": None}, 400, "invalid", "/login"),
        ({"kind": "bank_card"}, 400, "invalid", "/number"),
        ({"kind": "huabei"}, 400, "invalid", "/kind"),
        ({"number": NUMBER}, 400, "invalid", "/number"),
    ],
    ids=str,
)
def test_an_account_that_is_none(
    world: World, member: Person, change: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    body = {"rail": "sandbox", "kind": "yuebao", "login": "13900000001", "holder": "王芳", **change}
    problem = member.api.post("/me/sources", body).expect(status, code)
    assert [error["pointer"] for error in problem.get("errors", ())] == ([pointer] if pointer else [])
