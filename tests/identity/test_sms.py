"""The sandbox's text messages: on the console with the number masked, in the file for its owner alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.identity.conftest import PHONE, App
from wallet.identity.sms import MemorySender


@pytest.fixture
def console(settings: Any, tmp_path: Path) -> Path:
    settings.SMS_SENDER = "wallet.identity.sms.ConsoleSender"
    settings.DATA = tmp_path / "data"
    return tmp_path / "data" / "sms.log"


@pytest.mark.django_db
def test_a_script_can_log_in_by_the_file(console: Path, capsys: Any) -> None:
    app = App([])
    app.request_code()
    app.request_code()
    lines = [json.loads(line) for line in console.read_text().splitlines()]
    assert [(line["sandbox"], line["phone"], line["template"]) for line in lines] == [(True, PHONE, "login_code")] * 2
    assert console.stat().st_mode & 0o777 == 0o600
    shown = capsys.readouterr().out
    assert f"[sandbox SMS] +86138****0001: {lines[0]['text']}" in shown
    assert PHONE not in shown
    assert app.confirm(lines[1]["code"]).status_code == 200


@pytest.mark.django_db
def test_without_a_folder_there_is_no_file(settings: Any, console: Path, capsys: Any) -> None:
    settings.DATA = None
    App([]).request_code()
    assert not console.exists()
    assert "[sandbox SMS]" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_message_has_the_code_and_says_how_long(app: App) -> None:
    app.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    app.request_code()
    message = MemorySender.messages[-1]
    assert message.text == f"[Hehua] Your code is {app.code()}, valid for 5 minutes. Never tell it to anybody."
    assert len(app.code()) == 6
    assert app.code() not in repr(message)
    assert PHONE not in repr(message)
