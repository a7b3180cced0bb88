"""What holds of every person: a number or a username, and never an operator with a number; and how each is masked."""

import pytest
from django.db import IntegrityError

from tests.identity.conftest import NOW, PHONE
from wallet.identity.masks import mask_name, mask_phone
from wallet.identity.models import User
from wallet.identity.phones import parse_phone
from wallet.identity.services import sign_up


@pytest.mark.parametrize(
    ("phone", "masked"),
    [(PHONE, "+86138****0001"), ("+6591234567", "+65****4567"), ("+12345678", "+****5678"), ("+1234567", "****67")],
)
def test_a_number_is_masked(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(("name", "masked"), [("张伟", "张*"), ("张三丰", "张*"), ("Ada", "A*"), ("", "*")])
def test_a_name_is_masked_without_telling_its_length(name: str, masked: str) -> None:
    assert mask_name(name) == masked
    assert User(name=name).masked_name == masked


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("138 0000 0001", PHONE),
        ("+44 20 7946 0958", "+442079460958"),
        ("12", None),
        ("", None),
        ("+0", None),
        ("x" * 300, None),
    ],
)
def test_a_number_is_parsed(typed: str, phone: str | None) -> None:
    assert parse_phone(typed) == phone


def test_a_person_is_never_named_by_their_number() -> None:
    assert str(User(phone=PHONE)) == "+86138****0001"
    assert str(User(phone=PHONE, name="张伟")) == "张伟"
    assert PHONE not in repr(User(phone=PHONE))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "law"),
    [
        ({}, "identity_user_phone_or_username"),
        ({"phone": "13800000001"}, "identity_user_phone_e164"),
        ({"phone": ""}, "identity_user_phone_e164"),
        ({"phone": PHONE, "username": "root", "is_staff": True}, "identity_user_operator_has_no_phone"),
    ],
)
def test_the_database_knows_what_a_person_is(fields: dict[str, str], law: str) -> None:
    with pytest.raises(IntegrityError, match=law):
        User.objects.create(**fields)


@pytest.mark.django_db
def test_one_number_is_one_person() -> None:
    first = sign_up(phone=PHONE, name="张伟", now=NOW)
    assert sign_up(phone=PHONE, name="李四", now=NOW) == first
    first.refresh_from_db()
    assert (first.name, first.created_at) == ("张伟", NOW)
    with pytest.raises(IntegrityError):
        User.objects.create(phone=PHONE)


@pytest.mark.django_db
def test_ids_are_in_order_of_creation() -> None:
    people = [sign_up(phone=f"+86138000000{n:02d}", now=NOW) for n in range(20)]
    assert [p.id for p in people] == sorted(p.id for p in people)
    assert {p.id.version for p in people} == {7}
