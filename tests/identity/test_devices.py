"""A person sees where they are logged in and ends it from anywhere; somebody else's device does not exist for them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from tests.identity.conftest import NOW, App
from wallet.identity import revocations
from wallet.identity.models import Device, LoginSession, User
from wallet.identity.revocations import on_revocation
from wallet.identity.selectors import find_device
from wallet.identity.services import issue_device, revoke_device, revoke_devices

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    """The devices whose revocation was told to the rooms above."""
    monkeypatch.setattr(revocations, "_callbacks", [])
    devices: list[Device] = []
    on_revocation(devices.append)
    return devices


def test_a_login_is_a_device(app: App) -> None:
    app.log_in()
    page = app.call("GET", "/me/devices").json()
    assert page["next"] is None
    assert [(d["name"], d["current"]) for d in page["data"]] == [("Hehua/1.0", True)]


def test_devices_are_listed_newest_first_and_paged(phone_app: App, member: User, stranger: User) -> None:
    issue_device(user=stranger, name="Theirs", now=NOW)
    for number in range(3):
        issue_device(user=member, name=f"Phone {number}", now=NOW)
    first = phone_app.call("GET", "/me/devices?limit=3").json()
    rest = phone_app.call("GET", f"/me/devices?limit=3&after={first['next']}").json()
    assert [d["name"] for d in first["data"] + rest["data"]] == ["Phone 2", "Phone 1", "Phone 0", "Pixel"]
    assert set(first["data"][0]) == {"id", "name", "created_at", "last_seen_at", "current"}


def test_a_revoked_device_is_out_and_gone_from_the_list(phone_app: App, member: User) -> None:
    other, token = issue_device(user=member, name="Lost phone", now=NOW)
    assert phone_app.call("DELETE", f"/me/devices/{other.id}").status_code == 204
    assert [d["name"] for d in phone_app.call("GET", "/me/devices").json()["data"]] == ["Pixel"]
    phone_app.token = token
    refused = phone_app.call("GET", "/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    assert refused["WWW-Authenticate"] == "Bearer"
    assert find_device(token) is None


def test_a_device_can_log_itself_out(phone_app: App, device_and_token: tuple[Device, str]) -> None:
    assert phone_app.call("DELETE", f"/me/devices/{device_and_token[0].id}").status_code == 204
    assert phone_app.call("GET", "/me").status_code == 401


def test_a_foreign_an_unknown_and_a_revoked_device_are_all_not_found(
    phone_app: App, member: User, stranger: User, told: list[Device]
) -> None:
    foreign, token = issue_device(user=stranger, name="Theirs", now=NOW)
    gone, _ = issue_device(user=member, name="Gone", now=NOW)
    revoke_device(device=gone, now=NOW)
    answers = [phone_app.call("DELETE", f"/me/devices/{id}") for id in (foreign.id, uuid4(), gone.id)]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "device_not_found")] * 3
    assert find_device(token) == foreign


def test_revoking_ends_the_session_so_that_it_makes_no_other_token(app: App) -> None:
    app.log_in()
    session_token = app.session_token
    revoke_device(device=Device.objects.get(), now=NOW)
    assert not LoginSession.objects.exists()
    assert App(app.inbox, session_token=session_token).login_call("GET", "/session").status_code == 410


def test_an_authenticated_session_gets_no_second_token(app: App) -> None:
    app.log_in()
    for method, path in (("GET", "/session"), ("POST", "/code/request")):
        assert "access_token" not in app.login_call(method, path).json().get("meta", {})
    assert Device.objects.count() == 1


def test_revocation_is_told_once_after_the_commit(
    member: User, told: list[Device], django_capture_on_commit_callbacks: Any
) -> None:
    device, _ = issue_device(user=member, name="Phone", now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        revoke_device(device=device, now=NOW)
        assert not told
        revoke_device(device=device, now=NOW + timedelta(hours=1))
    assert told == [device]
    device.refresh_from_db()
    assert device.revoked_at == NOW


def test_a_listener_that_fails_does_not_silence_the_next(
    member: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def fail(device: Device) -> None:
        raise RuntimeError

    told: list[Device] = []
    monkeypatch.setattr(revocations, "_callbacks", [fail, told.append])
    device, _ = issue_device(user=member, name="Phone", now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        revoke_device(device=device, now=NOW)
    assert told == [device]


def test_a_person_can_be_logged_out_everywhere(member: User, stranger: User) -> None:
    tokens = [issue_device(user=member, name=f"{n}", now=NOW)[1] for n in range(3)]
    _, theirs = issue_device(user=stranger, name="Theirs", now=NOW)
    revoke_devices(user=member, now=NOW)
    assert [find_device(token) for token in tokens] == [None] * 3
    assert find_device(theirs)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer a b", "Bearer ", "Bearer made-up", "bearer \xff", "Bearer " + "x" * 5000]
)
def test_an_invented_token_is_refused(app: App, member: User, header: str) -> None:
    response = app.client.get("/api/v1/me", headers={"Authorization": header})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


def test_an_inactive_person_is_out(phone_app: App, member: User) -> None:
    User.objects.filter(id=member.id).update(is_active=False)
    assert phone_app.call("GET", "/me").status_code == 401


def test_a_call_costs_one_query_and_notes_the_device_once_a_minute(
    phone_app: App, device_and_token: tuple[Device, str], django_assert_num_queries: Any
) -> None:
    device = device_and_token[0]
    with time_machine.travel(NOW + timedelta(seconds=59), tick=False) as clock:
        with django_assert_num_queries(1):
            phone_app.call("GET", "/me")
        clock.shift(timedelta(seconds=1))
        with django_assert_num_queries(2):
            phone_app.call("GET", "/me")
        with django_assert_num_queries(1):
            phone_app.call("GET", "/me")
    device.refresh_from_db()
    assert device.last_seen_at == NOW + timedelta(minutes=1)
