"""`manage.py run_yield`: one day by hand, loudly when it is short; and the task that beat calls."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from groups.members.models import Group
from tests.cast import Person
from tests.yields.conftest import Desk, at, balance_of, pay, run, switch_on
from wallet.config.celery import app
from wallet.ledger.models import Wallet
from yields.models import Fund, YieldRun
from yields.tasks import run_due_days

pytestmark = pytest.mark.django_db
MON, TUE = date(2026, 11, 2), date(2026, 11, 3)


@pytest.fixture
def earning(group: Group, owner: Person, fund: Fund, desk: Desk) -> Group:
    pay(group, owner, 10_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON, 2)
    return group


@pytest.fixture(autouse=True)
def _wednesday(monkeypatch: pytest.MonkeyPatch, earning: Group) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(TUE + timedelta(days=1), "09:00"))


def test_a_day_by_hand(earning: Group, fund: Fund, capsys: Any) -> None:
    call_command("run_yield", day=MON)
    call_command("run_yield", "--day", "2026-11-03", "--fund", "T0001")
    assert balance_of(earning) == 10_001_23
    assert "1 of 1 wallets, 1 credited; base 1000000 fen, income 123 fen" in capsys.readouterr().out


def test_it_ends_with_an_error_when_anything_is_short(earning: Group, fund: Fund, capsys: Any) -> None:
    call_command("run_yield", day=MON)
    Wallet.objects.filter(pk=earning.pk).update(status=Wallet.Status.CLOSED)
    with pytest.raises(CommandError, match="2026-11-03 is not finished"):
        call_command("run_yield", day=TUE)
    assert "1 of 1 wallets are not done" in capsys.readouterr().out


def test_it_ends_with_an_error_when_it_may_not_run(earning: Group, capsys: Any) -> None:
    for day, code in ((TUE, "day_out_of_order"), (TUE + timedelta(days=1), "day_not_over")):
        with pytest.raises(CommandError):
            call_command("run_yield", day=day)
        assert code in capsys.readouterr().err
    with pytest.raises(CommandError, match="no fund X"):
        call_command("run_yield", day=MON, fund="X")


def test_a_day_without_anybody_is_no_error(fund: Fund, capsys: Any) -> None:
    call_command("run_yield", day=MON - timedelta(days=30))
    assert "nobody was enrolled" in capsys.readouterr().out


def test_beat_calls_what_is_due(earning: Group, fund: Fund) -> None:
    run(fund, MON)
    run_due_days()
    assert set(YieldRun.objects.values_list("date", "state")) == {(MON, "finished"), (TUE, "finished")}
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert run_due_days.name in scheduled
