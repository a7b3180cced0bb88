"""Operators get into the admin by username and password, and by a code where they have set one up; never by phone."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.management import CommandError, call_command
from django.test import Client

from tests.identity.conftest import NOW
from wallet.identity.management.commands import second_factor
from wallet.identity.models import LoginSession, User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def _log_in(client: Client, *, address: str = "192.0.2.1", **typed: str) -> Any:
    body = {"username": "root", "password": PASSWORD, "code": ""} | typed
    return client.post("/admin/login/?next=/admin/", body, REMOTE_ADDR=address)


def _error(response: Any) -> str:
    assert response.status_code == 200
    return str(response.context["form"].errors.as_data()["__all__"][0].code)


def _code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(NOW.timestamp()) // 30)))


@pytest.fixture
def secret(operator: User) -> str:
    """The secret of the operator's authenticator app."""
    made = str(generate_totp_secret())
    TOTP.activate(operator, made)
    return made


def test_an_operator_logs_in_by_password(client: Client, operator: User) -> None:
    assert _log_in(client).url == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert not LoginSession.objects.filter(session_key=client.cookies["sessionid"].value).exists()
    assert LoginSession.objects.count() == 1


def test_the_page_asks_for_all_three(client: Client) -> None:
    page = client.get("/admin/login/").content.decode()
    assert all(f'name="{field}"' in page for field in ("username", "password", "code"))


def test_a_wrong_password_is_refused(client: Client, operator: User) -> None:
    assert _error(_log_in(client, password="wrong")) == "invalid_login"
    assert _error(_log_in(client, username="nobody")) == "invalid_login"


def test_a_member_never_gets_in(client: Client, member: User) -> None:
    assert _error(_log_in(client, username=member.phone or "", password="!")) == "invalid_login"


def test_who_is_no_operator_never_gets_in(client: Client, operator: User) -> None:
    User.objects.filter(id=operator.id).update(is_staff=False)
    assert _error(_log_in(client)) == "invalid_login"


def test_an_operator_with_a_second_factor_needs_its_code(client: Client, secret: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert _error(_log_in(client)) == "code_required"
        assert _error(_log_in(client, code="abcdef")) == "code_wrong"
        assert _error(_log_in(client, password="wrong", code=_code(secret))) == "invalid_login"
        assert client.get("/admin/").status_code == 302
        assert _log_in(client, code=_code(secret)).url == "/admin/"
        assert Authenticator.objects.get().last_used_at == NOW


def test_a_code_from_the_app_is_used_once_and_in_time(client: Client, secret: str) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        _log_in(client, code=_code(secret))
        assert _error(_log_in(Client(), code=_code(secret))) == "code_wrong"
        clock.shift(timedelta(seconds=60))
        assert _error(_log_in(Client(), code=_code(secret))) == "code_wrong"


def test_the_secret_is_encrypted_at_rest(secret: str) -> None:
    assert secret not in str(Authenticator.objects.get().data)


def test_five_failures_lock_a_username_from_any_address(client: Client, operator: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for n in range(5):
            assert _error(_log_in(client, password="wrong", address=f"192.0.2.{n + 1}")) == "invalid_login"
        assert _error(_log_in(client, address="192.0.2.9")) == "rate_limited"
        clock.shift(timedelta(minutes=5))
        assert _log_in(client, address="192.0.2.9").status_code == 302


def test_wrong_second_codes_count_like_wrong_passwords(client: Client, secret: str) -> None:
    with time_machine.travel(NOW, tick=False):
        for _ in range(5):
            assert _error(_log_in(client, code="000000")) == "code_wrong"
        assert _error(_log_in(client, code=_code(secret))) == "rate_limited"


def test_ten_failures_lock_an_address(client: Client, operator: User) -> None:
    with time_machine.travel(NOW, tick=False):
        for n in range(10):
            _log_in(client, username=f"guess{n}")
        assert _error(_log_in(client)) == "rate_limited"
        assert _log_in(client, address="192.0.2.2").status_code == 302


def test_good_logins_cost_nothing(operator: User) -> None:
    with time_machine.travel(NOW, tick=False):
        assert {_log_in(Client()).status_code for _ in range(12)} == {302}


def test_the_command_sets_a_second_factor_up_and_takes_it_away(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = generate_totp_secret()
    monkeypatch.setattr(second_factor, "generate_totp_secret", lambda: secret)
    monkeypatch.setattr("builtins.input", lambda prompt: _code(secret))
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("second_factor", "root", stdout=out)
    assert f"secret={secret}" in out.getvalue()
    assert Authenticator.objects.get().user == operator
    with pytest.raises(CommandError):
        call_command("second_factor", "root")
    call_command("second_factor", "root", "--remove", stdout=out)
    assert not Authenticator.objects.exists()


def test_the_command_saves_nothing_without_the_right_code(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: "abcdef")
    with pytest.raises(CommandError):
        call_command("second_factor", "root", stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("second_factor", "nobody")
    assert not Authenticator.objects.exists()
