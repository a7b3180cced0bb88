"""In the admin people are found and read, with masked numbers in lists, and no operator makes themselves more."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.formats import date_format

from tests.identity.conftest import NOW, PHONE, App
from wallet.identity.errors import PinLocked, PinWrong
from wallet.identity.models import Device, PaymentPin, User
from wallet.identity.selectors import find_device
from wallet.identity.services import issue_device, set_pin, sign_up
from wallet.identity.services.pins import try_pin

pytestmark = pytest.mark.django_db
PEOPLE, DEVICES = "/admin/identity/user/", "/admin/identity/device/"


@pytest.fixture
def root(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def clerk(db: None) -> Client:
    """An operator who may see and change people and devices, and is no superuser."""
    user = User.objects.create_user("clerk", "correct horse battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="identity"))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("search", ["", "0001", "张小", "13800000001"])
def test_people_are_found_with_their_numbers_masked(root: Client, member: User, search: str) -> None:
    page = root.get(PEOPLE, {"q": search}).content.decode()
    assert "张小明" in page
    assert "+86138****0001" in page
    assert PHONE not in page


def test_people_page_has_the_number_and_no_secret(root: Client, member: User) -> None:
    _, token = issue_device(user=member, name="Pixel", now=NOW)
    page = root.get(f"{PEOPLE}{member.id}/change/").content.decode()
    assert PHONE in page
    device_page = root.get(f"{DEVICES}{Device.objects.get().id}/change/").content.decode()
    for secret in (token, Device.objects.get().token_hash):
        assert secret not in page + device_page


def test_people_page_says_what_is_the_matter_with_the_pin(root: Client, member: User) -> None:
    def shown() -> str:
        return root.get(f"{PEOPLE}{member.id}/change/", headers={"Accept-Language": "en"}).content.decode()

    now = timezone.now()
    assert "Payment PIN set" in shown()
    pin = set_pin(user=member, pin="258036", now=now)
    for _ in range(3):
        with suppress(PinWrong, PinLocked):
            try_pin(user=member, pin="846291", now=now)
    PaymentPin.objects.update(lowered_until=now + timedelta(hours=24))
    page = shown()
    for hours in (3, 24):
        until = timezone.localtime(now + timedelta(hours=hours))
        with translation.override("en"):
            assert date_format(until, "DATETIME_FORMAT") in page
    assert pin.pin_hash not in page
    assert "argon2" not in page


def test_devices_are_found_by_person_and_lead_to_them(root: Client, member: User) -> None:
    issue_device(user=member, name="Pixel", now=NOW)
    for query in ({"q": "0001"}, {"q": "Pixel"}, {"user__id__exact": str(member.id)}, {"revoked_at__isempty": "1"}):
        page = root.get(DEVICES, query).content.decode()
        assert f"{PEOPLE}{member.id}/change/" in page
        assert PHONE not in page
    assert "Pixel" not in root.get(DEVICES, {"revoked_at__isempty": "0"}).content.decode()


@pytest.mark.parametrize("path", [PEOPLE, DEVICES])
def test_a_list_costs_the_same_queries_for_many(root: Client, path: str) -> None:
    def count(people: range) -> int:
        for n in people:
            issue_device(user=sign_up(phone=f"+86138000{n:05d}", now=NOW), name=f"Phone {n}", now=NOW)
        root.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert root.get(path).status_code == 200
        return len(queries)

    assert count(range(2)) == count(range(2, 30))


def test_devices_are_logged_out_by_an_action_and_never_edited(root: Client, member: User) -> None:
    device, token = issue_device(user=member, name="Pixel", now=NOW)
    assert root.post(f"{DEVICES}{device.id}/change/", {"name": "x"}).status_code == 403
    assert root.post(f"{DEVICES}{device.id}/delete/", {"post": "yes"}).status_code == 403
    root.post(DEVICES, {"action": "revoke", "_selected_action": [str(device.id)]})
    assert find_device(token) is None
    assert Device.objects.filter(name="Pixel").exists()


def test_shutting_somebody_out_logs_them_out_everywhere(root: Client, phone_app: App, member: User) -> None:
    form = {"name": member.name, "language": member.language, "username": ""}
    assert root.post(f"{PEOPLE}{member.id}/change/", form).status_code == 302
    assert phone_app.call("GET", "/me").status_code == 401
    assert Device.objects.get().revoked_at
    member.refresh_from_db()
    assert (member.is_active, member.phone) == (False, PHONE)


def test_a_number_is_never_changed_and_nobody_is_deleted(root: Client, member: User) -> None:
    form = {"name": "x", "language": "en", "username": "", "is_active": "on", "phone": "+8613800000009"}
    root.post(f"{PEOPLE}{member.id}/change/", form)
    member.refresh_from_db()
    assert (member.name, member.phone) == ("x", PHONE)
    assert root.post(f"{PEOPLE}{member.id}/delete/", {"post": "yes"}).status_code == 403


def test_a_superuser_makes_an_operator(root: Client) -> None:
    form = {
        "username": "new",
        "name": "New",
        "usable_password": "true",
        "password1": "quite long pw",
        "password2": "quite long pw",
    }
    assert root.post(f"{PEOPLE}add/", form).status_code == 302
    user = User.objects.get(username="new")
    assert (user.is_staff, user.is_superuser, user.check_password("quite long pw")) == (True, False, True)
    assert root.get(f"{PEOPLE}{user.id}/password/").status_code == 200


def test_a_member_cannot_be_made_an_operator(root: Client, member: User) -> None:
    form = {"name": "x", "language": "en", "username": "x", "is_active": "on", "is_staff": "on"}
    root.post(f"{PEOPLE}{member.id}/change/", form)
    member.refresh_from_db()
    assert (member.name, member.username, member.is_staff) == ("x", None, False)


def test_a_clerk_cannot_make_or_touch_an_operator(clerk: Client, operator: User, member: User) -> None:
    me = User.objects.get(username="clerk")
    form: dict[str, Any] = {"name": "x", "language": "en", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert clerk.get(f"{PEOPLE}add/").status_code == 403
    for operator_id in (me.id, operator.id):
        assert clerk.get(f"{PEOPLE}{operator_id}/change/").status_code == 200
        assert clerk.post(f"{PEOPLE}{operator_id}/change/", form).status_code == 403
        assert clerk.get(f"{PEOPLE}{operator_id}/password/").status_code == 403
    assert clerk.post(f"{PEOPLE}{member.id}/change/", form).status_code == 302
    member.refresh_from_db()
    assert (member.name, member.is_staff, member.is_superuser) == ("x", False, False)


def test_who_may_only_look_logs_nobody_out(clerk: Client, member: User) -> None:
    looking = User.objects.get(username="clerk")
    looking.user_permissions.set(Permission.objects.filter(codename__in=["view_device", "view_user"]))
    device, token = issue_device(user=member, name="Pixel", now=NOW)
    assert clerk.get(DEVICES).status_code == 200
    clerk.post(DEVICES, {"action": "revoke", "_selected_action": [str(device.id)]})
    assert find_device(token)


def test_tables_of_allauth_are_not_shown(root: Client) -> None:
    for path in ("/admin/mfa/authenticator/", "/admin/account/emailaddress/"):
        assert root.get(path).status_code == 404


def test_powers_are_managed_in_the_same_dress(root: Client) -> None:
    assert root.get("/admin/auth/group/add/").status_code == 200
