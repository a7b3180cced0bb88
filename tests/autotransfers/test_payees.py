"""Whom a group pays: linked by a card's number, under a name that everybody can read when they vote."""

from typing import Any

import pytest

from groups.members.models import Group
from tests.cast import Person
from wallet.rails.models import Payee

BODY = {"rail": "sandbox", "number": "6225880000001009", "holder": "周建国", "name": "房东"}


def link(person: Person, group: Group, **told: Any) -> Any:
    asked = {name: value for name, value in (BODY | told).items() if value is not None}
    return person.api.post(f"/groups/{group.pk}/payees", asked)


def test_linked_by_a_cards_number(group: Group, owner: Person) -> None:
    assert link(owner, group).expect(201)["name"] == "房东"


def test_no_account_is_a_payee(group: Group, owner: Person) -> None:
    problem = link(owner, group, number=None, kind="yuebao", login="13900000001").expect(400)
    assert [error["pointer"] for error in problem["errors"]] == ["/number"]


@pytest.mark.parametrize("field", ["name", "holder"])
@pytest.mark.parametrize("text", ["房东\u202e", "房\n东", "房\u200b东", "\u2066房东", "  "])
def test_names_show_all_that_they_are(group: Group, owner: Person, field: str, text: str) -> None:
    problem = link(owner, group, **{field: text}).expect(400)
    assert [error["pointer"] for error in problem["errors"]] == [f"/{field}"]
    assert not Payee.objects.exists()


def test_the_holder_of_a_source_neither(member: Person) -> None:
    asked = {"rail": "sandbox", "number": "6225880000001009", "holder": "王\u202e芳"}
    problem = member.api.post("/me/sources", asked).expect(400)
    assert [error["pointer"] for error in problem["errors"]] == ["/holder"]
