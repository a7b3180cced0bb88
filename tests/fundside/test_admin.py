"""Operators look the fund's side up, and say once why a day does not agree."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from groups.members.models import Group
from tests.cast import Person
from tests.fundside.conftest import Nights
from tests.yields.conftest import at, days_from, pay, switch_on
from wallet.identity.models import User
from yields.fundside.companies.sandbox import SandboxCompany
from yields.fundside.models import FundConfirmation, FundDifference, FundOrder, FundPosition
from yields.models import Fund

pytestmark = pytest.mark.django_db
MON, TUE = days_from(date(2026, 11, 2), 2)


@pytest.fixture
def lived(group: Group, owner: Person, fund: Fund, nights: Nights, company: SandboxCompany) -> FundDifference:
    """Two days; of the second the company states a position that is another."""
    pay(group, owner, 12_345_67, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    company.misstate(fund.pk, TUE, shares=5_00)
    nights.live(MON)
    return nights.live(TUE).differences.get()


def log_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    return client


def show(client: Client, row: object) -> str:
    name = type(row).__name__.lower()
    return client.get(f"/admin/fundside/{name}/{row.pk}/change/").content.decode()  # type: ignore[attr-defined]


def test_each_page_says_what_is_so(lived: FundDifference, nights: Nights) -> None:
    root = log_in(nights.desk.chief)
    order = show(root, FundOrder.objects.get(trade_date=MON))
    for words in ("purchase", "¥12,345.67", "C-T0001-20261102-1", "Switched on"):
        assert words in order
    assert "T0001-20261102" in show(root, FundConfirmation.objects.get())
    day = show(root, FundPosition.objects.get(date=TUE))
    for words in ("another position", "¥12,350.67", "1 to explain", "0.40729615"):
        assert words in day
    assert "2026-11-03" in root.get("/admin/fundside/fundposition/", {"q": "2026-11-03"}).content.decode()
    front = root.get("/admin/").content.decode()
    assert "Fund days to explain" in front
    assert "¥12,345.67 · 2026-11-02" in front


def test_in_chinese_too(lived: FundDifference, nights: Nights) -> None:
    root = log_in(nights.desk.chief, "zh-hans")
    assert "持仓不一致" in show(root, lived)
    assert "截尾余数" in show(root, FundPosition.objects.get(date=TUE))
    assert "申购" in show(root, FundOrder.objects.get(trade_date=MON))


def test_why_is_said_once(lived: FundDifference, nights: Nights) -> None:
    root, page = log_in(nights.desk.chief), f"/admin/fundside/funddifference/{lived.pk}/change/"
    assert root.post(page, {"why": "对方更正"}).status_code == 302
    lived.refresh_from_db()
    assert (lived.explanation, lived.explained_by) == ("对方更正", nights.desk.chief)
    assert root.post(page, {"why": "再说一次"}).status_code == 403
    assert "0 days without a statement" in root.get("/admin/").content.decode()


def test_who_may_only_look_cannot(lived: FundDifference) -> None:
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__in=["view_funddifference", "view_fundorder"]))
    client = log_in(reader)
    assert "another position" in show(client, lived)
    assert client.post(f"/admin/fundside/funddifference/{lived.pk}/change/", {"why": "x"}).status_code == 403
    assert client.post(f"/admin/fundside/fundorder/{FundOrder.objects.first().pk}/change/", {}).status_code == 403  # type: ignore[union-attr]
