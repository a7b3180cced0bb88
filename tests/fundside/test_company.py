"""The sandbox fund company: what it does with orders by itself, and what on demand."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from yields.fundside.companies.base import CompanyDown, NumberReused, OrderRequest, Statement
from yields.fundside.companies.sandbox import SandboxCompany

MON, TUE, WED, THU, FRI = (date(2026, 11, 2) + timedelta(days=n) for n in range(5))
RATE = Decimal("1.2345")


def rates(fund: str, first: date, last: date) -> Mapping[date, Decimal]:
    """Published until Thursday."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {day: RATE for day in days if day <= THU}


def next_day(fund: str, day: date) -> date:
    return day + timedelta(days=1)


@pytest.fixture
def company(tmp_path: Path) -> SandboxCompany:
    return SandboxCompany(tmp_path / "book", rates, next_day)


def buy(company: SandboxCompany, amount: int = 10_000_00, day: date = MON, number: str = "one") -> None:
    company.submit(OrderRequest(number, "F", day, amount))


def confirmed(company: SandboxCompany, *days: date) -> list[int]:
    return [each.amount for day in days for each in company.list_confirmations("F", day)]


def test_it_confirms_in_full_on_the_next_trading_day_and_pays_from_then(company: SandboxCompany) -> None:
    buy(company)
    assert company.get_statement("F", MON) == Statement(0, 0)
    assert confirmed(company, MON, TUE, WED) == [10_000_00]
    days = [company.get_statement("F", day) for day in (TUE, WED, THU)]
    assert days == [Statement(10_000_00, 123), Statement(10_001_23, 123), Statement(10_002_46, 123)]
    with pytest.raises(CompanyDown, match="2026-11-06 is not published"):
        company.get_statement("F", FRI)
    assert company.get_statement("other", FRI) == Statement(0, 0)


def test_its_book_outlives_it_and_a_number_is_one_order(company: SandboxCompany, tmp_path: Path) -> None:
    buy(company)
    again = SandboxCompany(tmp_path / "book", rates, next_day)
    buy(again)
    assert confirmed(again, TUE) == [10_000_00]
    with pytest.raises(NumberReused):
        buy(again, 1)
    assert confirmed(again, TUE) == [10_000_00]


@pytest.mark.parametrize(
    ("whim", "tuesday", "wednesday"),
    [
        ("late", [], [10_000_01]),
        ("part", [5_000_00], []),
        ("twice", [10_000_01, 10_000_01], []),
        ("wrong", [10_000_02], []),
    ],
)
def test_on_demand_it_treats_the_next_order_otherwise(
    whim: str, tuesday: list[int], wednesday: list[int], company: SandboxCompany
) -> None:
    company.misbehave(whim)
    buy(company, 10_000_01)
    assert (confirmed(company, TUE), confirmed(company, WED)) == (tuesday, wednesday)
    buy(company, 7, TUE, "two")
    assert confirmed(company, WED)[-1] == 7


def test_it_states_what_it_is_told_to(company: SandboxCompany) -> None:
    buy(company)
    company.misstate("F", TUE, shares=5, income=-3)
    assert company.get_statement("F", TUE) == Statement(10_000_05, 120)
    assert company.get_statement("F", WED) == Statement(10_001_23, 123)
    with pytest.raises(ValueError, match="does not know"):
        company.misbehave("nicely")
