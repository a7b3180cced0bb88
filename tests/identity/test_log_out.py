"""Logging out ends the device and its session, with either of the two secrets that an app has."""

import pytest

from tests.identity.conftest import App
from wallet.identity.models import Device, LoginSession
from wallet.identity.selectors import find_device

pytestmark = pytest.mark.django_db


def test_logging_out_by_session_revokes_the_device(app: App) -> None:
    app.log_in()
    answer = app.login_call("DELETE", "/session")
    assert (answer.status_code, answer.json()["meta"]["is_authenticated"]) == (401, False)
    _assert_out(app)


def test_logging_out_by_token_alone_revokes_the_device(app: App) -> None:
    app.log_in()
    answer = app.client.delete("/_allauth/app/v1/auth/session", headers={"Authorization": f"Bearer {app.token}"})
    assert answer.status_code == 401
    _assert_out(app)


def test_logging_out_leaves_other_devices_in(app: App) -> None:
    app.log_in()
    other = App(app.inbox)
    other.log_in()
    app.login_call("DELETE", "/session")
    assert other.call("GET", "/me").status_code == 200


def test_logging_out_without_being_in_changes_nothing(app: App) -> None:
    assert app.login_call("DELETE", "/session").status_code == 401
    answer = app.client.delete("/_allauth/app/v1/auth/session", headers={"Authorization": "Bearer made-up"})
    assert answer.status_code == 401


def _assert_out(app: App) -> None:
    device = Device.objects.get()
    assert device.revoked_at is not None
    assert find_device(app.token) is None
    assert not LoginSession.objects.exclude(session_key="").filter(session_key=device.session_hash).exists()
    assert app.call("GET", "/me").status_code == 401
