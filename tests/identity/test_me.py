"""A person reads and changes what others see of them; the number is masked even for themselves."""

from typing import Any

import pytest

from tests.identity.conftest import PHONE, App
from wallet.identity.models import User

pytestmark = pytest.mark.django_db


def test_a_person_is_shown_with_a_masked_number(phone_app: App, member: User) -> None:
    answer = phone_app.call("GET", "/me")
    assert answer.json() == {
        "id": str(member.id),
        "name": "张小明",
        "phone": "+86138****0001",
        "language": "zh-hans",
    }
    assert PHONE not in answer.content.decode()


def test_a_person_changes_their_name_and_nothing_else(phone_app: App, member: User) -> None:
    body = {"name": " 张伟 ", "phone": "+8613800000009", "id": "x", "is_staff": True}
    assert phone_app.call("PATCH", "/me", body).json()["name"] == "张伟"
    member.refresh_from_db()
    assert (member.name, member.phone, member.language, member.is_staff) == ("张伟", PHONE, "zh-hans", False)


def test_a_person_changes_their_language(phone_app: App, member: User) -> None:
    assert phone_app.call("PATCH", "/me", {"language": "en"}).json()["language"] == "en"
    assert phone_app.call("PATCH", "/me", {}).json()["name"] == "张小明"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 41}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "   "}, "/name"),
        ({"name": "a\x00b"}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "a\u202eb"}, "/name"),
        ({"name": ["张"]}, "/name"),
        ({"language": "fr"}, "/language"),
    ],
)
def test_what_is_no_name_or_language_is_refused(phone_app: App, member: User, body: Any, pointer: str) -> None:
    answer = phone_app.call("PATCH", "/me", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert {error["pointer"] for error in answer.json()["errors"]} == {pointer}
    member.refresh_from_db()
    assert (member.name, member.language) == ("张小明", "zh-hans")
