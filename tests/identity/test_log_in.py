"""Logging in by phone and code: for whoever is new and whoever is known, once, in time, and in five tries."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.identity.conftest import NOW, PHONE, App
from wallet.identity.login import PhoneCodeProcess
from wallet.identity.models import Device, LoginSession, User
from wallet.identity.services import update_profile
from wallet.identity.sessions import SessionStore

pytestmark = pytest.mark.django_db


def test_a_new_number_is_signed_up_by_its_first_code(app: App) -> None:
    asked = app.request_code()
    assert asked.status_code == 401
    assert {"id": "login_by_code", "is_pending": True} in asked.json()["data"]["flows"]
    assert not User.objects.exists()

    answer = app.confirm(app.code()).json()

    user = User.objects.get()
    assert (user.phone, user.phone_verified, user.has_usable_password()) == (PHONE, True, False)
    assert answer["data"]["user"] == {"id": str(user.id), "phone": "+86138****0001", "language": "zh-hans"}
    assert answer["meta"]["is_authenticated"] is True
    assert app.call("GET", "/me").json()["id"] == str(user.id)


def test_a_known_number_gets_in_as_the_same_person(app: App, member: User) -> None:
    app.log_in()
    assert app.call("GET", "/me").json() == {
        "id": str(member.id),
        "name": "张小明",
        "phone": "+86138****0001",
        "language": "zh-hans",
    }


def test_known_and_unknown_numbers_are_answered_alike(inbox: Any, member: User) -> None:
    known, unknown = App(inbox), App(inbox)
    with time_machine.travel(NOW, tick=False):
        first, second = known.request_code(PHONE), unknown.request_code("+8613800000009")
    assert (first.status_code, _without_token(first)) == (second.status_code, _without_token(second))
    assert [m.template for m in inbox] == ["login_code", "login_code"]
    known_size, unknown_size = (len(s.session_data) for s in LoginSession.objects.all())
    assert abs(known_size - unknown_size) < 8


def test_asking_for_a_code_looks_nobody_up(app: App, member: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        app.request_code()
    assert [q for q in queries.captured_queries if "identity_loginsession" in q["sql"]]
    assert not [q for q in queries.captured_queries if "identity_user" in q["sql"]]


def test_the_fifth_wrong_code_ends_the_login(app: App) -> None:
    app.request_code()
    for _ in range(5):
        assert app.confirm(app.wrong_code()).json()["errors"][0]["code"] == "incorrect_code"
    assert app.confirm(app.code()).status_code == 409
    assert not Device.objects.exists()


def test_the_fifth_try_may_be_right(app: App) -> None:
    app.request_code()
    for _ in range(4):
        app.confirm(app.wrong_code())
    assert app.confirm(app.code()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_wrong_codes_sent_at_once_are_counted_one_by_one(app: App) -> None:
    app.request_code()
    assert sorted(_confirm_at_once(app, app.wrong_code(), times=40)) == [400] * 5 + [409] * 35


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_more_than_five_would_be_compared(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: every guess has been compared before the first of them is counted."""
    everybody = Barrier(8, timeout=10)
    count = PhoneCodeProcess.record_invalid_attempt

    def count_together(process: PhoneCodeProcess) -> bool:
        everybody.wait()
        return bool(count(process))

    monkeypatch.setattr(SessionStore, "lock", lambda self: None)
    monkeypatch.setattr(PhoneCodeProcess, "record_invalid_attempt", count_together)
    app.request_code()
    assert _confirm_at_once(app, app.wrong_code(), times=8) == [400] * 8


@pytest.mark.django_db(transaction=True)
def test_the_right_code_sent_at_once_logs_in_once(app: App) -> None:
    app.request_code()
    answers = _confirm_at_once(app, app.code(), times=8)
    assert answers.count(200) == 1
    assert set(answers) <= {200, 409, 410}
    assert Device.objects.count() == 1


def test_a_code_lives_five_minutes(app: App) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        app.request_code()
        clock.shift(timedelta(seconds=300))
        assert app.confirm(app.wrong_code()).status_code == 400
        clock.shift(timedelta(seconds=1))
        assert app.confirm(app.code()).status_code == 409


def test_a_code_is_used_once(app: App) -> None:
    app.request_code()
    pending = app.session_token
    app.confirm(app.code())
    again = App(app.inbox, session_token=pending)
    assert again.confirm(app.code()).status_code == 410  # that session ended with the login
    assert app.confirm(app.code()).status_code == 409
    assert Device.objects.count() == 1


def test_a_code_belongs_to_its_login(app: App, inbox: Any) -> None:
    app.request_code()
    other = App(inbox)
    other.request_code("+8613800000002")
    assert app.confirm(other.code()).status_code == (200 if inbox[0].params == inbox[1].params else 400)


def test_a_new_code_replaces_the_old_one(app: App) -> None:
    app.request_code()
    old = app.code()
    app.request_code()
    if old != app.code():
        assert app.confirm(old).status_code == 400
    assert app.confirm(app.code()).status_code == 200


@pytest.mark.parametrize("typed", ["13800000001", "138 0000 0001", "+86-138-0000-0001", "0086 13800000001"])
def test_a_number_may_be_typed_as_people_do(app: App, typed: str) -> None:
    app.log_in(typed)
    assert User.objects.get().phone == PHONE


@pytest.mark.parametrize(
    "typed", ["", "hello", "12", "+", "+999123456789", "1" * 40, "138000000011380000", "\x00", None, 7]
)
def test_what_is_no_number_is_refused(app: App, typed: Any) -> None:
    response = app.login_call("POST", "/code/request", {"phone": typed})
    assert response.status_code == 400
    assert response.json()["errors"][0]["param"] == "phone"
    assert not app.inbox


@pytest.mark.parametrize("body", ["", "[]", "{", '"x"', "\xff"])
def test_a_broken_body_is_refused(app: App, body: str) -> None:
    for path in ("/_allauth/app/v1/auth/code/request", "/_allauth/app/v1/auth/code/confirm"):
        response = app.client.post(path, body, content_type="application/json")
        assert response.status_code in (400, 409)


def test_a_code_without_a_login_is_refused(app: App) -> None:
    assert app.confirm("123456").status_code == 409
    app.session_token = "made-up"
    assert app.confirm("123456").status_code == 410


def test_somebody_who_was_shut_out_stays_out(app: App, member: User) -> None:
    User.objects.filter(id=member.id).update(is_active=False)
    app.request_code()
    response = app.confirm(app.code())
    assert (response.status_code, response.json()["errors"][0]["code"]) == (403, "account_inactive")
    assert not Device.objects.exists()


def test_who_is_logged_in_asks_for_no_code(app: App) -> None:
    app.log_in()
    assert app.request_code().status_code == 409
    assert app.login_call("GET", "/session").status_code == 200
    assert Device.objects.count() == 1


def test_the_language_of_the_first_login_stays(app: App) -> None:
    app.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    app.log_in()
    assert User.objects.get().language == "en"
    update_profile(user=User.objects.get(), language="zh-hans")
    app.session_token = ""
    app.log_in()
    assert User.objects.get().language == "zh-hans"


def test_a_member_session_opens_nothing_in_the_admin(app: App) -> None:
    app.log_in()
    app.client.cookies["sessionid"] = app.session_token
    assert app.client.get("/admin/").status_code == 302


@pytest.mark.parametrize("path", ["/login", "/signup", "/password/request", "/phone/verify", "/2fa/authenticate"])
def test_other_doors_of_allauth_are_closed(app: App, path: str) -> None:
    assert app.login_call("POST", path, {}).status_code == 404


def test_nobody_is_anybody_without_a_token(app: App) -> None:
    response = app.call("GET", "/me")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


def _confirm_at_once(app: App, code: str, *, times: int) -> list[int]:
    def confirm(_: int) -> int:
        try:
            return int(App(app.inbox, session_token=app.session_token).confirm(code).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(confirm, range(times)))


def _without_token(response: Any) -> Any:
    answer = response.json()
    assert len(answer["meta"].pop("session_token")) >= 32
    return answer
