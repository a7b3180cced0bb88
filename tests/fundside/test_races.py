"""At once: many make one order, and two confirmations of one order are both counted."""

from datetime import date, timedelta

import pytest

from groups.members.models import Group
from tests.cast import Person
from tests.fundside.conftest import order
from tests.proofs.crowd import MeetingPoint, at_once
from tests.yields.conftest import at, pay, switch_on
from yields.fundside.companies.base import Confirmation
from yields.fundside.companies.sandbox import SandboxCompany
from yields.fundside.flows import count_parts
from yields.fundside.models import FundConfirmation, FundOrder
from yields.fundside.services import confirming, hear_confirmations
from yields.models import Fund

pytestmark = pytest.mark.django_db(transaction=True)
MON = date(2026, 11, 2)
TUE = MON + timedelta(days=1)


@pytest.fixture
def enrolled(group: Group, owner: Person, fund: Fund) -> Group:
    """Enrolled since Monday morning with ¥1,000."""
    pay(group, owner, 1_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    return group


def test_many_at_once_make_one_order(
    enrolled: Group, fund: Fund, company: SandboxCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All have counted before the first one keeps anything."""
    meeting = MeetingPoint(4)
    monkeypatch.setattr("yields.fundside.services.orders.count_parts", meeting.after(count_parts))
    made = at_once([lambda: order(fund, MON).pk] * 4)
    assert len(set(made)) == 1, made
    assert FundOrder.objects.count() == 1
    assert len(company.list_confirmations(fund.pk, TUE)) == 1


def hear_both_at_once(fund: Fund, company: SandboxCompany, patch: pytest.MonkeyPatch) -> int:
    """Let two workers hear one half of an order each, and both count before one saves; say what is counted then."""
    number = order(fund, MON).number
    halves = [Confirmation(f"half-{n}", number, 500_00, TUE) for n in (1, 2)]
    patch.setattr(company, "list_confirmations", lambda fund, day: [halves.pop()])
    meeting = MeetingPoint(2)
    patch.setattr(FundOrder, "save", meeting.before(FundOrder.save))
    at_once([lambda: hear_confirmations(fund=fund, day=TUE, now=at(TUE))] * 2)
    assert FundConfirmation.objects.count() == 2
    return FundOrder.objects.get().confirmed_amount


def test_two_halves_that_are_heard_at_once_are_both_counted(
    enrolled: Group, fund: Fund, company: SandboxCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hear_both_at_once(fund, company, monkeypatch) == 1_000_00
    assert FundOrder.objects.get().state == "confirmed"


def test_without_the_lock_one_of_them_is_lost(
    enrolled: Group, fund: Fund, company: SandboxCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(
        confirming, "_lock_order", lambda fund, number: FundOrder.objects.filter(fund=fund, number=number).first()
    )
    assert hear_both_at_once(fund, company, monkeypatch) == 500_00
