"""A fund's day agrees to the last part of a fen, or says by class what does not."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from groups.members.models import Group
from tests import books
from tests.books import without_triggers
from tests.cast import Person, found
from tests.fundside.conftest import Nights, assert_sums, kinds, order
from tests.yields.conftest import RATE, Desk, at, days_from, pay, run, switch_on
from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User
from wallet.rails.differences import explain_difference
from wallet.rails.errors import AlreadyExplained, DifferenceNotFound, ExplanationMissing
from yields.errors import DayNotOver, DayOutOfOrder
from yields.fundside.companies import use_company
from yields.fundside.companies.base import CompanyDown
from yields.fundside.companies.registry import open_sandbox
from yields.fundside.companies.sandbox import SandboxCompany
from yields.fundside.errors import CompanyUnavailable
from yields.fundside.models import FundConfirmation, FundDifference, FundOrder, FundPosition
from yields.fundside.services import hear_confirmations, reconcile_fund, reconcile_funds_due
from yields.fundside.tasks import order_due, reconcile_due_days
from yields.models import Fund
from yields.services import end_enrollment, ensure_fund_000198, run_due
from yields.services.funds import ensure_demo_fund

pytestmark = pytest.mark.django_db
MON = date(2026, 11, 2)
TUE, WED, THU, FRI, SAT, SUN, NEXT_MON, NEXT_TUE, NEXT_WED = days_from(MON + timedelta(days=1), 9)


@pytest.fixture
def enrolled(group: Group, owner: Person, fund: Fund) -> Group:
    """Enrolled since Monday morning with ¥12,345.67."""
    pay(group, owner, 12_345_67, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    return group


def test_a_week_agrees_and_the_remainder_has_its_name(enrolled: Group, fund: Fund, nights: Nights) -> None:
    week = nights.live_on(MON, NEXT_MON)
    for position in week:
        assert_sums(position)
    tuesday, wednesday = week[1:3]
    # ¥12,345.67 at 1.2345: 152.40729… fen, of which 152 are credited; a wallet alone, so the fund cuts the same.
    assert (tuesday.shares, tuesday.bases, tuesday.stated_income, tuesday.credits) == (1_234_567, 1_234_567, 152, 152)
    assert (tuesday.truncated, tuesday.beside) == (Decimal("0.40729615"), Decimal(0))
    # The fund lets Tuesday's 152 fen earn on Wednesday already; with the wallet they are credited and wait.
    assert (wednesday.reinvested, wednesday.waiting, wednesday.kept) == (152, 152, 0)
    assert wednesday.beside == 152 * RATE / 10_000


def test_what_is_cut_off_of_many_wallets_stays_in_the_fund(
    enrolled: Group, owner: Person, stranger: Person, fund: Fund, nights: Nights
) -> None:
    for person in (owner, stranger):
        for n in range(3):
            small = found(person, now=at(MON, "09:00"), name=f"小{n}")
            pay(small, person, 70_00 + n, at(MON, "09:30"))
            switch_on(small, person, fund, at(MON, "11:00"))
    tuesday, wednesday = nights.live_on(MON, WED)[1:]
    assert tuesday.shares == 12_345_67 + 6 * 70_00 + 6
    assert (tuesday.stated_income, tuesday.credits) == (157, 152)
    assert tuesday.truncated == Decimal("5.59293685")
    assert_sums(wednesday)
    assert (wednesday.kept, wednesday.waiting) == (5, 152)


def test_money_in_and_out_over_a_weekend(enrolled: Group, owner: Person, fund: Fund, nights: Nights) -> None:
    nights.live_on(MON, THU)
    pay(enrolled, owner, -2_000_00, at(FRI, "15:00"))
    pay(enrolled, owner, 500_00, at(SAT))
    friday, saturday, sunday = nights.live_on(FRI, SUN)
    # It earns with the fund, and with nobody here; of Thursday's income, which is not confirmed, 1.52 went first.
    assert (friday.leaving, saturday.leaving) == (2_000_00 - 152, 2_000_00 - 152)
    pay(enrolled, owner, -3_000_00, at(NEXT_MON, "10:00"))
    monday, tuesday, wednesday = nights.live_on(NEXT_MON, NEXT_WED)
    assert monday.under_way == -4_500_00
    assert (tuesday.leaving, tuesday.under_way) == (0, 0)
    for position in (friday, saturday, sunday, monday, tuesday, wednesday):
        assert_sums(position)


def test_national_day(group: Group, owner: Person, fund: Fund, nights: Nights) -> None:
    first = date(2026, 9, 29)
    pay(group, owner, 5_000_00, at(first, "09:00"))
    switch_on(group, owner, fund, at(first, "10:00"))
    pay(group, owner, 100_00, at(date(2026, 9, 30), "15:00"))
    pay(group, owner, -1_700_00, at(date(2026, 10, 4)))
    for position in nights.live_on(first, date(2026, 10, 12)):
        assert_sums(position)
    eighth = FundPosition.objects.get(date=date(2026, 10, 8))
    assert (eighth.leaving, eighth.bases) == (1_600_00, 3_400_00)


def test_who_switches_off_leaves_and_comes_again(enrolled: Group, owner: Person, fund: Fund, nights: Nights) -> None:
    nights.live_on(MON, TUE)
    end_enrollment(actor=owner.user, group_id=enrolled.pk, now=at(WED, "16:00"))
    (wednesday,) = nights.live_on(WED, WED)
    assert (wednesday.bases, wednesday.leaving) == (0, 12_345_67)
    pay(enrolled, owner, 54_33, at(THU, "09:00"))
    switch_on(enrolled, owner, fund, at(THU, "10:00"))
    lived = nights.live_on(THU, NEXT_TUE)
    for position in lived:
        assert_sums(position)
    # Tuesday's income was credited in time, on Wednesday at two; the fund keeps what the shares earned beside.
    assert lived[-1].bases == 12_400_00 + 152 + 3 * 153
    assert lived[-1].kept > 0


def test_six_weeks_of_the_real_fund_agree(group: Group, owner: Person, tmp_path: Path) -> None:
    """Published rates, Spring Festival among the days, and money that moves every third of them."""
    fund = ensure_fund_000198()
    first = date(2014, 1, 20)
    pay(group, owner, 98_765_43, at(first, "08:00"))
    switch_on(group, owner, fund, at(first, "09:00"))
    with use_company(fund.pk, open_sandbox(tmp_path / "company.sqlite3")):
        for n, day in enumerate(days_from(first, 42)):
            if n % 3 == 1:
                pay(group, owner, (-1) ** n * (n * 37_11 + 1), at(day, "14:59" if n % 2 else "15:00"))
            if fund.trading_days.is_trading_day(day):
                order(fund, day)
            run(fund, day)
            position = reconcile_fund(fund=fund, day=day, now=at(day + timedelta(days=1), "03:00"))
            assert kinds(position) == [], day
            assert_sums(position)


# --- what does not agree ----------------------------------------------------------------------------------------------
def plant(statement: str) -> None:
    with without_triggers("fundside_fundorder", "fundside_fundconfirmation", "yields_yieldday"):
        books.run(statement)


def test_a_late_confirmation_is_seen_on_both_days_and_costs(
    enrolled: Group, nights: Nights, company: SandboxCompany
) -> None:
    company.misbehave("late")
    nights.live(MON)
    tuesday, wednesday = nights.live(TUE), nights.live(WED)
    # Nothing was there on Tuesday to earn what was credited.
    assert kinds(tuesday) == ["income_short", "not_confirmed"]
    assert (tuesday.shares, tuesday.under_way) == (0, 12_345_67)
    assert kinds(wednesday) == ["confirmed_late"]
    assert (wednesday.shares, wednesday.kept, wednesday.waiting) == (12_345_67, -152, 152)
    assert FundOrder.objects.get(trade_date=MON).state == "confirmed"
    assert kinds(nights.live(THU)) == []


@pytest.mark.parametrize(
    ("whim", "found", "confirmed", "state"),
    [
        ("part", ["confirmed_in_part", "income_short"], 6_172_83, "sent"),
        ("twice", ["confirmed_too_much"], 24_691_34, "confirmed"),
        ("wrong", ["confirmed_too_much"], 12_345_68, "confirmed"),
    ],
)
def test_each_way_to_confirm_something_else_has_its_class(
    whim: str, found: list[str], confirmed: int, state: str, enrolled: Group, nights: Nights, company: SandboxCompany
) -> None:
    company.misbehave(whim)
    nights.live(MON)
    tuesday = nights.live(TUE)
    assert kinds(tuesday) == found
    assert tuesday.shares == confirmed
    made = FundOrder.objects.get(trade_date=MON)
    assert (made.confirmed_amount, made.state) == (confirmed, state)


def test_the_same_confirmation_twice_is_one(enrolled: Group, fund: Fund, nights: Nights) -> None:
    nights.live_on(MON, TUE)
    assert hear_confirmations(fund=fund, day=TUE, now=at(WED)) == 0
    assert FundConfirmation.objects.count() == 1
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        FundConfirmation.objects.update(amount=1)


def test_a_number_that_was_never_ours(enrolled: Group, fund: Fund, nights: Nights, company: SandboxCompany) -> None:
    company.invent(fund.pk, TUE, 1_00)
    nights.live(MON)
    tuesday = nights.live(TUE)
    assert kinds(tuesday) == ["unknown_order"]
    assert tuesday.shares == 12_346_67


@pytest.mark.parametrize(("lie", "found"), [({"shares": 1}, ["position_differs"]), ({"income": 3}, ["income_differs"])])
def test_a_statement_that_says_something_else(
    lie: dict[str, int], found: list[str], enrolled: Group, fund: Fund, nights: Nights, company: SandboxCompany
) -> None:
    company.misstate(fund.pk, TUE, **lie)
    nights.live(MON)
    assert kinds(nights.live(TUE)) == found


def test_a_fund_that_pays_less_than_was_credited(
    enrolled: Group, fund: Fund, nights: Nights, company: SandboxCompany
) -> None:
    company.misstate(fund.pk, TUE, income=-1)
    nights.live(MON)
    assert kinds(nights.live(TUE)) == ["income_differs", "income_short"]


@pytest.mark.plants_a_fault
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE yields_yieldday SET base = base + 7 WHERE date = '2026-11-03'", ["bases_differ", "credits_differ"]),
        ("UPDATE yields_yieldday SET income = income - 1 WHERE date = '2026-11-03'", ["credits_differ"]),
        ("UPDATE yields_yieldday SET cut_off = 0 WHERE date = '2026-11-03'", ["credits_differ"]),
        ("UPDATE fundside_fundorder SET amount = amount + 7, money_in = money_in + 7 WHERE trade_date = '2026-11-03'",
         ["order_differs"]),
        ("DELETE FROM fundside_fundorder WHERE trade_date = '2026-11-03'", ["order_missing"]),
        ("UPDATE fundside_fundorder SET amount = amount + 7, switched_on = switched_on + 7"
         " WHERE trade_date = '2026-11-02'", ["bases_differ", "confirmed_in_part"]),
        ("UPDATE fundside_fundconfirmation SET amount = amount - 7", ["confirmed_in_part", "position_differs"]),
        ("UPDATE yields_yieldrun SET state = 'short' WHERE date = '2026-11-03'", ["run_unfinished"]),
    ],
)  # fmt: skip
def test_each_planted_difference_is_found_by_its_class(
    statement: str, found: list[str], enrolled: Group, owner: Person, nights: Nights
) -> None:
    pay(enrolled, owner, 20_00, at(TUE, "09:00"))
    nights.live_on(MON, TUE)
    plant(statement)
    assert kinds(nights.reconcile(TUE, at(THU))) == found


def test_a_flow_that_came_too_late_for_its_order(enrolled: Group, owner: Person, nights: Nights) -> None:
    nights.live(MON)
    order(nights.fund, TUE)
    pay(enrolled, owner, 10_00, at(TUE, "14:00"))
    tuesday, wednesday = nights.live(TUE), nights.live(WED)
    assert [kinds(tuesday), kinds(wednesday)] == [["order_differs"], ["bases_differ"]]
    told = wednesday.differences.get()
    assert int(told.ours) - int(told.theirs) == 10_00


# --- once more, and in order ------------------------------------------------------------------------------------------
def test_running_a_day_again_finds_the_same_rows_and_what_is_gone(
    enrolled: Group, fund: Fund, nights: Nights, company: SandboxCompany, desk: Desk
) -> None:
    company.misstate(fund.pk, TUE, shares=5)
    nights.live(MON)
    first = nights.live(TUE).differences.get()
    again = nights.reconcile(TUE, at(THU))
    assert (again.times, again.differences.get().pk) == (2, first.pk)
    company.misstate(fund.pk, TUE)
    assert kinds(nights.reconcile(TUE, at(FRI))) == []
    first.refresh_from_db()
    assert first.gone_at == at(FRI)
    company.misstate(fund.pk, TUE, shares=5)
    assert nights.reconcile(TUE, at(SAT)).differences.get(gone_at__isnull=True).pk == first.pk


def test_a_difference_is_explained_once_and_stays_so(
    enrolled: Group, fund: Fund, nights: Nights, company: SandboxCompany, desk: Desk
) -> None:
    company.misstate(fund.pk, TUE, shares=5)
    nights.live(MON)
    told = nights.live(TUE).differences.get()
    explain: dict[str, Any] = {
        "of": FundDifference,
        "difference_id": told.pk,
        "explanation": "基金公司已更正",
        "now": at(WED),
    }
    with pytest.raises(OperatorNotAllowed):
        explain_difference(operator=User.objects.create_user("clerk2"), **explain)
    with pytest.raises(ExplanationMissing):
        explain_difference(operator=desk.clerk, **explain | {"explanation": " "})
    with pytest.raises(DifferenceNotFound):
        explain_difference(operator=desk.clerk, **explain | {"difference_id": told.position_id})
    explain_difference(operator=desk.clerk, **explain)
    with pytest.raises(AlreadyExplained):
        explain_difference(operator=desk.chief, **explain)
    nights.reconcile(TUE, at(THU))
    told.refresh_from_db()
    assert (told.explanation, told.explained_by, told.gone_at) == ("基金公司已更正", desk.clerk, None)


def test_days_follow_one_another_and_none_before_its_end(enrolled: Group, fund: Fund, nights: Nights) -> None:
    with pytest.raises(DayNotOver):
        nights.reconcile(MON, at(MON, "23:59"))
    with pytest.raises(DayOutOfOrder):
        nights.reconcile(TUE)


def test_without_a_statement_the_day_waits_and_says_so(
    enrolled: Group, fund: Fund, nights: Nights, company: SandboxCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.live(MON)
    with monkeypatch.context() as down:
        down.setattr(company, "get_statement", no_answer)
        with pytest.raises(CompanyUnavailable):
            nights.live(TUE)
    waiting = FundPosition.objects.get(date=TUE)
    assert (waiting.finished_at, waiting.problem) == (None, "closed for the night")
    assert reconcile_funds_due(now=at(WED, "04:00")) == 1
    waiting.refresh_from_db()
    assert (waiting.problem, kinds(waiting)) == ("", [])


def no_answer(fund: str, day: date) -> None:
    raise CompanyDown("closed for the night")


def test_beat_waits_for_the_credits_and_comes_back_for_them(
    enrolled: Group, fund: Fund, desk: Desk, nights: Nights, company: SandboxCompany
) -> None:
    for day in (MON, TUE):
        desk.publish(fund, day)
        order(fund, day)
    assert reconcile_funds_due(now=at(TUE, "08:00")) == 0
    assert reconcile_funds_due(now=at(WED, "13:00")) == 1
    monday = FundPosition.objects.get()
    assert kinds(monday) == []  # nothing was due to earn yet
    assert reconcile_funds_due(now=at(THU, "13:00")) == 1
    tuesday = FundPosition.objects.get(date=TUE)
    assert kinds(tuesday) == ["run_unfinished"]
    for day in (MON, TUE):
        run(fund, day)
    assert reconcile_funds_due(now=at(THU, "14:00")) == 1
    assert kinds(tuesday) == []


def test_the_sandbox_fund_lives_by_itself(
    group: Group, owner: Person, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SANDBOX_FUND_FILE = str(tmp_path / "fund.sqlite3")
    Group.objects.filter(pk=group.pk).update(is_sandbox=True)
    fund = ensure_demo_fund(MON)
    pay(group, owner, 20_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    for day in days_from(MON, 10):
        for clock in ("02:30", "03:00", "15:07"):
            now = at(day, clock)
            monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
            run_due(now=now)
            reconcile_due_days()
            order_due()
    positions = FundPosition.objects.order_by("date")
    assert [position.date for position in positions] == days_from(MON, 9)
    assert all(position.finished_at for position in positions)
    assert not FundDifference.objects.exists()
    assert positions[8].bases > 20_000_00


def test_the_command_names_the_sums_and_fails_while_something_is_open(
    enrolled: Group,
    fund: Fund,
    nights: Nights,
    company: SandboxCompany,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nights.live_on(MON, TUE)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(WED, "05:00"))
    call_command("reconcile_fund", "--fund", fund.pk, "--day", "2026-11-03")
    told = capsys.readouterr().out
    assert "income ¥1.52; credits ¥1.52, truncated 0.40729615 fen, earned beside the bases 0.00000000 fen" in told
    company.misstate(fund.pk, TUE, shares=5)
    with pytest.raises(SystemExit):
        call_command("reconcile_fund", "--fund", fund.pk, "--day", "2026-11-03")
    assert "position_differs   -: we say 1234567, the other side 1234572" in capsys.readouterr().out
    with pytest.raises(CommandError, match="day_not_over"):
        call_command("reconcile_fund", "--fund", fund.pk, "--day", "2026-11-04")
