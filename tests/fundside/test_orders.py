"""One order a trading day: which flows are in it, which are not, and once."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from groups.members.models import Group, Membership
from groups.members.services import hand_over
from tests import books
from tests.books import without_triggers
from tests.cast import Person, Shop, World, buy, pay_in
from tests.fundside.conftest import order, parts
from tests.yields.conftest import Desk, at, days_from, move, pay, run, switch_on
from wallet.ledger.services import lock_wallet
from yields.errors import CalendarMissing
from yields.fundside import flows
from yields.fundside.checks import check_order, check_orders
from yields.fundside.companies.base import CompanyDown, NumberReused, OrderRequest
from yields.fundside.companies.sandbox import SandboxCompany
from yields.fundside.errors import CutNotOver, NotATradingDay
from yields.fundside.models import FundOrder
from yields.fundside.services import make_due_orders, make_order, send_orders
from yields.fundside.tasks import order_due
from yields.models import Fund
from yields.services import end_enrollment

pytestmark = pytest.mark.django_db
MON = date(2026, 11, 2)
TUE, WED, THU, FRI, SAT, SUN, NEXT_MON, NEXT_TUE = days_from(MON + timedelta(days=1), 8)


@pytest.fixture
def enrolled(group: Group, owner: Person, fund: Fund) -> Group:
    """Enrolled since Monday morning with ¥1,000."""
    pay(group, owner, 1_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    return group


def test_an_order_is_the_net_of_a_window(enrolled: Group, owner: Person, fund: Fund, company: SandboxCompany) -> None:
    first = order(fund, MON)
    assert (first.kind, first.amount, parts(first)) == ("purchase", 1_000_00, {"switched_on": 1_000_00})
    assert (first.since, first.until, first.confirm_date) == (at(date(2026, 10, 30), "15:00"), at(MON, "15:00"), TUE)
    pay(enrolled, owner, 70_00, at(MON, "15:00"))
    pay(enrolled, owner, -300_00, at(TUE, "09:00"))
    pay(enrolled, owner, 20_00, at(TUE, "14:59:59.999999"))
    pay(enrolled, owner, 5_00, at(TUE, "15:00"))
    second = order(fund, TUE)
    assert parts(second) == {"money_in": 90_00, "money_out": 300_00}
    assert (second.kind, second.amount, second.state) == ("redemption", -210_00, "sent")
    assert parts(order(fund, WED)) == {"money_in": 5_00}


@pytest.mark.parametrize("calendar", ["shanghai", "weekdays"])
def test_a_weekend_is_one_order(
    calendar: str, enrolled: Group, owner: Person, fund: Fund, company: SandboxCompany
) -> None:
    Fund.objects.filter(pk=fund.pk).update(calendar=calendar)
    fund.refresh_from_db()
    for day in (MON, TUE, WED, THU, FRI):
        order(fund, day)
    for moment in (at(FRI, "15:00"), at(SAT), at(SUN, "23:59"), at(NEXT_MON, "14:59")):
        pay(enrolled, owner, 1_00, moment)
    with pytest.raises(NotATradingDay):
        make_order(fund=fund, day=SAT, now=at(NEXT_TUE))
    assert order(fund, NEXT_MON).amount == 4_00


def test_national_day_is_one_order(group: Group, owner: Person, fund: Fund, company: SandboxCompany) -> None:
    before, after = date(2026, 9, 30), date(2026, 10, 8)
    switch_on(group, owner, fund, at(before, "09:00"))
    pay(group, owner, 3_00, at(before, "14:00"))
    for moment in (at(before, "15:00"), at(date(2026, 10, 3)), at(after, "14:59:59")):
        pay(group, owner, 100_00, moment)
    pay(group, owner, 7_00, at(date(2026, 10, 10)))  # a make-up working day: not a trading day
    assert order(fund, before).amount == 3_00
    assert (order(fund, after).amount, order(fund, after).confirm_date) == (300_00, date(2026, 10, 9))
    assert order(fund, date(2026, 10, 9)).amount == 0
    assert order(fund, date(2026, 10, 12)).amount == 7_00


def test_what_flows_while_not_enrolled_does_not_count(
    enrolled: Group, owner: Person, fund: Fund, company: SandboxCompany
) -> None:
    order(fund, MON)
    pay(enrolled, owner, 50_00, at(TUE, "09:00"))
    end_enrollment(actor=owner.user, group_id=enrolled.pk, now=at(TUE, "10:00"))
    pay(enrolled, owner, 11_00, at(TUE, "11:00"))
    pay(enrolled, owner, -1_00, at(TUE, "12:00"))
    switch_on(enrolled, owner, fund, at(TUE, "13:00"))
    pay(enrolled, owner, 2_00, at(TUE, "13:00"))
    tuesday = order(fund, TUE)
    assert parts(tuesday) == {"money_in": 52_00, "switched_off": 1_050_00, "switched_on": 1_060_00}
    assert tuesday.amount == 62_00
    end_enrollment(actor=owner.user, group_id=enrolled.pk, now=at(TUE, "15:00"))
    assert parts(order(fund, WED)) == {"switched_off": 1_062_00}
    assert check_order(fund, WED) is None


def test_switching_on_and_off_at_the_cut_is_the_next_day_s(
    group: Group, owner: Person, fund: Fund, company: SandboxCompany
) -> None:
    pay(group, owner, 10_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "15:00"))
    pay(group, owner, 1_00, at(MON, "15:00"))
    assert order(fund, MON).amount == 0
    assert parts(order(fund, TUE)) == {"money_in": 1_00, "switched_on": 10_00}


def test_an_owner_who_changes_leaves_the_fund(
    enrolled: Group, owner: Person, member: Person, fund: Fund, company: SandboxCompany
) -> None:
    order(fund, MON)
    heir = Membership.objects.get(group=enrolled, user=member.user)
    with transaction.atomic():
        hand_over(wallet=lock_wallet(enrolled.pk), heir=heir, actor=None, now=at(TUE, "11:00"))
    pay(enrolled, owner, 4_00, at(TUE, "11:30"))
    assert parts(order(fund, TUE)) == {"switched_off": 1_000_00}
    switch_on(enrolled, member, fund, at(WED, "12:00"))
    assert parts(order(fund, WED)) == {"switched_on": 1_004_00}


def test_an_owner_who_changes_and_enrolls_afresh_the_same_day_orders_nothing(
    enrolled: Group, member: Person, fund: Fund, company: SandboxCompany
) -> None:
    order(fund, MON)
    heir = Membership.objects.get(group=enrolled, user=member.user)
    with transaction.atomic():
        hand_over(wallet=lock_wallet(enrolled.pk), heir=heir, actor=None, now=at(TUE, "11:00"))
    switch_on(enrolled, member, fund, at(TUE, "12:00"))
    tuesday = order(fund, TUE)
    assert parts(tuesday) == {"switched_off": 1_000_00, "switched_on": 1_000_00}
    assert (tuesday.amount, tuesday.kind, tuesday.state) == (0, "nothing", "confirmed")


def test_a_payment_redeems_and_its_refund_buys_again(
    world: World, group: Group, owner: Person, shop: Shop, fund: Fund, company: SandboxCompany
) -> None:
    switch_on(group, owner, fund, world.now)
    pay_in(world, owner, group, 300_00)
    number = buy(owner, group, shop, 40_00)
    assert parts(order(fund, MON)) == {"money_in": 300_00, "money_out": 40_00}
    world.go_to(at(TUE, "11:00"))
    shop.refund(number, 11_00).expect(201)
    assert parts(order(fund, TUE)) == {"money_in": 11_00}


def test_what_members_move_among_themselves_is_no_flow(
    enrolled: Group, owner: Person, member: Person, fund: Fund, company: SandboxCompany
) -> None:
    order(fund, MON)
    move(enrolled.pk, {owner.id: -400_00, member.id: 400_00}, at(TUE, "11:00"))
    assert parts(order(fund, TUE)) == {}


def test_credited_income_is_noted_and_not_ordered(
    enrolled: Group, fund: Fund, desk: Desk, company: SandboxCompany
) -> None:
    desk.publish_days(fund, MON, 3)
    for day in (MON, TUE):
        run(fund, day)
    order(fund, MON)
    wednesday = order(fund, WED)
    assert parts(wednesday) == {"income_credited": 12}  # Tuesday's, credited on Wednesday at two
    assert (wednesday.amount, wednesday.kind) == (0, "nothing")


def test_income_of_a_wallet_that_has_left_is_redeemed(
    enrolled: Group, owner: Person, fund: Fund, desk: Desk, company: SandboxCompany
) -> None:
    desk.publish_days(fund, MON, 3)
    run(fund, MON)
    end_enrollment(actor=owner.user, group_id=enrolled.pk, now=at(WED, "00:30"))
    run(fund, TUE)  # the day that was earned until its end is credited at two
    wednesday = order(fund, WED)
    assert parts(wednesday) == {"switched_off": 1_000_00, "income_paid_out": 12, "income_credited": 12}
    assert wednesday.amount == -1_000_12
    assert check_order(fund, WED) is None


def test_income_of_the_fund_before_is_a_purchase_in_the_next(
    enrolled: Group, owner: Person, fund: Fund, desk: Desk, company: SandboxCompany
) -> None:
    other = Fund.objects.create(code="T0002", name="另一只", calendar=fund.calendar)
    desk.publish_days(fund, MON, 2)
    run(fund, MON)
    end_enrollment(actor=owner.user, group_id=enrolled.pk, now=at(WED, "00:30"))
    switch_on(enrolled, owner, other, at(WED, "00:40"))
    run(fund, TUE)
    here, there = (make_order(fund=each, day=WED, now=at(WED, "15:05")) for each in (fund, other))
    assert parts(here) == {"switched_off": 1_000_00, "income_paid_out": 12, "income_credited": 12}
    assert parts(there) == {"switched_on": 1_000_00, "money_in": 12}
    assert [check_order(each, WED) for each in (fund, other)] == [None, None]


# --- once, and sent ---------------------------------------------------------------------------------------------------
def test_an_order_waits_for_what_is_committed_after_the_cut(enrolled: Group, fund: Fund) -> None:
    with pytest.raises(CutNotOver):
        make_order(fund=fund, day=MON, now=at(MON, "15:04:59"))
    assert make_order(fund=fund, day=MON, now=at(MON, "15:05")).state == "created"


def test_past_the_loaded_calendar_nothing_is_ordered(enrolled: Group, fund: Fund) -> None:
    with pytest.raises(CalendarMissing):
        make_order(fund=fund, day=date(2026, 12, 31), now=at(date(2027, 1, 2)))


def test_a_second_call_gives_the_first_order(
    enrolled: Group, owner: Person, fund: Fund, company: SandboxCompany
) -> None:
    first = order(fund, MON)
    pay(enrolled, owner, 9_00, at(MON, "12:00"))  # comes too late to be counted: the order is out
    again = order(fund, MON)
    assert (again.pk, again.amount) == (first.pk, 1_000_00)
    finding = check_order(fund, MON)
    assert finding is not None
    assert (finding.kind, finding.ordered, finding.booked) == ("order_differs", 1_000_00, 1_009_00)


def test_what_was_ordered_never_changes(enrolled: Group, fund: Fund, company: SandboxCompany) -> None:
    made = order(fund, MON)
    for change in ({"amount": 1, "money_in": 1, "switched_on": 0}, {"trade_date": TUE}):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            FundOrder.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        FundOrder.objects.filter(pk=made.pk).delete()


def test_beat_makes_up_for_days_that_were_missed_and_sends_when_the_company_is_there(
    enrolled: Group, owner: Person, fund: Fund, company: SandboxCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_order(fund=fund, day=WED, now=at(WED, "15:05"))
    pay(enrolled, owner, 8_00, at(THU, "09:00"))
    with monkeypatch.context() as down:
        down.setattr(company, "submit", refuse)
        assert make_due_orders(now=at(THU, "16:00")) == 3
        assert send_orders(now=at(THU, "16:00")) == 0
    orders = FundOrder.objects.order_by("trade_date")
    assert list(orders.values_list("trade_date", "amount", "state")) == [
        (MON, 1_000_00, "created"),
        (TUE, 0, "confirmed"),
        (WED, 0, "confirmed"),
        (THU, 8_00, "created"),
    ]
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(FRI, "10:00"))
    assert order_due() == 2
    assert order_due() == 0
    assert list(orders.values_list("state", flat=True)) == ["confirmed"] * 4


def refuse(request: OrderRequest) -> None:
    raise CompanyDown("no answer")


def test_killed_before_the_answer_it_is_sent_again_and_taken_once(
    enrolled: Group, fund: Fund, company: SandboxCompany
) -> None:
    made = order(fund, MON)
    with without_triggers("fundside_fundorder"):
        FundOrder.objects.filter(pk=made.pk).update(state="created", sent_at=None)
    order(fund, MON)
    assert len(company.list_confirmations(fund.pk, TUE)) == 1
    with pytest.raises(NumberReused):
        company.submit(OrderRequest(made.number, fund.pk, MON, 1))


def test_a_fund_without_a_company_keeps_its_orders(enrolled: Group, fund: Fund) -> None:
    assert make_due_orders(now=at(MON, "16:00")) == 1
    assert send_orders(now=at(MON, "16:00")) == 0
    assert FundOrder.objects.get().state == "created"


def test_the_command_makes_sends_and_prints(
    enrolled: Group, fund: Fund, company: SandboxCompany, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(MON, "16:00"))
    call_command("make_fund_orders", "--fund", fund.pk, "--day", "2026-11-02")
    assert "T0001-20261102: purchase ¥1,000.00, sent, to be confirmed on 2026-11-03." in capsys.readouterr().out
    with pytest.raises(CommandError, match="cut_not_over"):
        call_command("make_fund_orders", "--fund", fund.pk, "--day", "2026-11-03")
    with pytest.raises(CommandError, match="fund_not_found"):
        call_command("make_fund_orders", "--fund", "NONE", "--day", "2026-11-03")


# --- the check --------------------------------------------------------------------------------------------------------
def plant(statement: str) -> None:
    with without_triggers("fundside_fundorder"):
        books.run(statement)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE fundside_fundorder SET amount = amount + 1, money_in = money_in + 1 WHERE trade_date = '2026-11-03'",
         "order_differs"),
        ("UPDATE fundside_fundorder SET since = since + interval '1 hour' WHERE trade_date = '2026-11-03'",
         "order_differs"),
        ("DELETE FROM fundside_fundorder WHERE trade_date = '2026-11-03'", "order_missing"),
        ("UPDATE fundside_fundorder SET trade_date = '2026-11-07' WHERE trade_date = '2026-11-04'", "order_differs"),
    ],
)  # fmt: skip
def test_the_check_finds_each_planted_fault(
    statement: str, kind: str, enrolled: Group, owner: Person, fund: Fund, company: SandboxCompany, monkeypatch: Any
) -> None:
    pay(enrolled, owner, 25_00, at(TUE))
    for day in (MON, TUE, WED):
        order(fund, day)
    assert list(check_orders(fund, MON, SUN)) == []
    plant(statement)
    assert [finding.kind for finding in check_orders(fund, MON, SUN)] == [kind]
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(SUN))
    with pytest.raises(SystemExit):
        call_command("check_funds")


def test_the_check_would_see_a_window_that_is_shifted(
    enrolled: Group, owner: Person, fund: Fund, company: SandboxCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what is posted at the cut, counted in the window before."""
    pay(enrolled, owner, 25_00, at(MON, "15:00"))
    mistaken = flows.ORDER.replace("n.posted_at < %(until)s", "n.posted_at <= %(until)s")
    assert mistaken != flows.ORDER
    monkeypatch.setattr(flows, "ORDER", mistaken)
    order(fund, MON)
    assert check_order(fund, MON) is not None
