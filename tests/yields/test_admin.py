"""Operators look yield up; two of them publish a rate, and one alone cannot."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from groups.members.models import Group
from tests.cast import Person, World, pay_in
from tests.yields.conftest import Desk, at, days_from, pay, run, switch_on
from tests.yields.speeds import take
from wallet.identity.models import User
from yields.models import Enrollment, FastAllowance, Fund, FundDay, YieldDay, YieldRun

pytestmark = pytest.mark.django_db
MON, TUE = days_from(date(2026, 11, 2), 2)
DAYS = "/admin/yields/fundday/"


def log_in(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def enter(client: Client, fund: Fund, day: date, rate: str = "1.2345") -> int:
    sent = {"fund": fund.pk, "date": day.isoformat(), "yield_per_10k": rate, "annualized_7d": "4.609"}
    return client.post(f"{DAYS}add/", sent).status_code


def publish(client: Client, *days: FundDay) -> str:
    sent = {"action": "publish", "_selected_action": [str(day.pk) for day in days]}
    return client.post(DAYS, sent, follow=True).content.decode()


def test_one_enters_and_another_publishes(fund: Fund, desk: Desk) -> None:
    clerk, chief = log_in(desk.clerk), log_in(desk.chief)
    assert enter(clerk, fund, MON) == 302
    entered = FundDay.objects.get()
    assert (entered.state, entered.entered_by, entered.yield_per_10k) == ("entered", desk.clerk, Decimal("1.2345"))
    assert "another operator publishes them" in publish(clerk, entered)
    assert "2026-11-02 is published." in publish(chief, entered)
    entered.refresh_from_db()
    assert (entered.state, entered.published_by) == ("published", desk.chief)
    assert "published and never change" in publish(chief, entered)


def test_what_is_entered_can_be_corrected_until_it_is_published(fund: Fund, desk: Desk) -> None:
    clerk = log_in(desk.clerk)
    enter(clerk, fund, MON)
    entered = FundDay.objects.get()
    page = f"{DAYS}{entered.pk}/change/"
    assert clerk.post(page, {"yield_per_10k": "1.5432", "annualized_7d": "4.609"}).status_code == 302
    entered.refresh_from_db()
    assert entered.yield_per_10k == Decimal("1.5432")
    publish(log_in(desk.chief), entered)
    assert clerk.post(page, {"yield_per_10k": "9.0000", "annualized_7d": "4.609"}).status_code == 403


def test_who_may_only_look_cannot_publish(fund: Fund, desk: Desk) -> None:
    clerk = User.objects.create(username="reader", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_fundday", "view_fund"]))
    reader = log_in(clerk)
    assert enter(reader, fund, MON) == 403
    enter(log_in(desk.clerk), fund, MON)
    entered = FundDay.objects.get()
    publish(reader, entered)
    entered.refresh_from_db()
    assert entered.state == "entered"


def test_everything_is_found_and_leads_on(group: Group, owner: Person, fund: Fund, desk: Desk) -> None:
    pay(group, owner, 10_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON, 2)
    run(fund, MON)
    run(fund, TUE)
    root = log_in(desk.chief)
    found = root.get("/admin/yields/yieldday/", {"q": "2026-11-03"}).content.decode()
    earned = YieldDay.objects.get(date=TUE)
    assert reverse("admin:members_group_change", args=[group.pk]) in found
    assert reverse("admin:ledger_entry_change", args=[earned.entry_id]) in found
    assert "¥1.23" in found
    page = root.get(f"/admin/yields/yieldday/{earned.pk}/change/").content.decode()
    assert "it is what was credited" in page
    assert "张伟" in page
    for model, row in ((YieldRun, YieldRun.objects.get(date=TUE)), (Enrollment, Enrollment.objects.get())):
        url = reverse(f"admin:yields_{model._meta.model_name}_change", args=[row.pk])
        assert fund.name in root.get(url).content.decode()
        assert root.post(url, {}).status_code == 403
    assert root.get("/admin/yields/enrollment/", {"q": str(group.pk)}).content.decode().count(group.name) >= 1


def test_no_list_asks_once_per_row(group: Group, owner: Person, fund: Fund, desk: Desk) -> None:
    pay(group, owner, 10_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON, 12)
    root, counts = log_in(desk.chief), []
    for days in (days_from(MON, 3), days_from(MON, 12)[3:]):
        for day in days:
            run(fund, day)
        for page in ("yieldday", "yieldrun", "fundday", "enrollment", "fund", "yieldexception"):
            with CaptureQueriesContext(connection) as queries:
                assert root.get(f"/admin/yields/{page}/").status_code == 200
            counts.append((page, len(queries)))
    assert counts[:6] == counts[6:]


def test_a_holders_day_shows_what_took_it_and_a_withdrawal_how_it_goes(
    world: World, group: Group, owner: Person, fund: Fund, desk: Desk
) -> None:
    pay_in(world, owner, group, 500_00)
    switch_on(group, owner, fund, world.now)
    fast = take(owner, group, 123_00).expect(201)["id"]
    slow = take(owner, group, 77_00, "ordinary").expect(201)["id"]
    chief = log_in(desk.chief)
    day = FastAllowance.objects.get()
    page = chief.get(f"/admin/yields/fastallowance/{day.pk}/change/").content.decode()
    assert "¥123.00" in page
    assert "¥77.00" not in page
    assert f"/admin/funding/withdrawal/{fast}/change/" in page
    assert str(day.pk) in chief.get("/admin/yields/fastallowance/", {"q": "张伟"}).content.decode()
    listed = chief.get("/admin/funding/withdrawal/", {"speed__exact": "ordinary"}).content.decode()
    assert (slow in listed, fast in listed) == (True, False)
    shown = chief.get(f"/admin/funding/withdrawal/{slow}/change/", headers={"Accept-Language": "zh"}).content.decode()
    assert "到账速度" in shown
    assert "普通" in shown
