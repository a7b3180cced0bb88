"""A fund with a company of its own, in a sandbox: every story orders, confirms and reconciles day by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.cast import group, member, owner, shop, stranger, viewer, world
from tests.yields.conftest import Desk, at, desk, fund, run
from yields.fundside.checks import check_orders
from yields.fundside.companies import use_company
from yields.fundside.companies.registry import open_sandbox
from yields.fundside.companies.sandbox import SandboxCompany
from yields.fundside.models import FundOrder, FundPosition
from yields.fundside.services import hear_confirmations, make_order, reconcile_fund, send_order
from yields.models import Fund

__all__ = ["desk", "fund", "group", "member", "owner", "shop", "stranger", "viewer", "world"]

FIGURES = ("money_in", "money_out", "switched_on", "switched_off", "income_paid_out", "income_credited")


@pytest.fixture
def company(fund: Fund, tmp_path: Path) -> Iterator[SandboxCompany]:
    """The fund's company."""
    company = open_sandbox(tmp_path / "company.sqlite3")
    with use_company(fund.pk, company):
        yield company


def order(fund: Fund, day: date) -> FundOrder:
    """Make and send the order of a trading day."""
    now = at(day, "15:06")
    made = make_order(fund=fund, day=day, now=now)
    send_order(order=made, now=now)
    made.refresh_from_db()
    return made


def parts(made: FundOrder) -> dict[str, int]:
    """What an order is made of, without what is nothing."""
    return {name: getattr(made, name) for name in FIGURES if getattr(made, name)}


def kinds(position: FundPosition) -> list[str]:
    """The classes of the differences that are there."""
    found = position.differences.filter(gone_at__isnull=True).order_by("kind")
    return list(found.values_list("kind", flat=True))


@dataclass
class Nights:
    """Lets days pass: publishes, orders after 15:00, hears, credits at two in the night, reconciles at three."""

    fund: Fund
    desk: Desk

    def live(self, day: date) -> FundPosition:
        """Let one day pass, whose money has moved already, and give it reconciled."""
        if self.fund.trading_days.is_trading_day(day):
            order(self.fund, day)
        hear_confirmations(fund=self.fund, day=day, now=at(day, "20:00"))
        self.desk.publish(self.fund, day)
        run(self.fund, day)
        return self.reconcile(day)

    def reconcile(self, day: date, now: datetime | None = None) -> FundPosition:
        return reconcile_fund(fund=self.fund, day=day, now=now or at(day + timedelta(days=1), "03:00"))

    def live_on(self, first: date, last: date) -> list[FundPosition]:
        """Let days pass in which nobody moves money, and find nothing wrong in any."""
        lived = []
        while first <= last:
            lived.append(self.live(first))
            assert kinds(lived[-1]) == [], lived[-1].date
            first += timedelta(days=1)
        assert list(check_orders(self.fund, lived[0].date - timedelta(days=20), lived[-1].date)) == []
        return lived


@pytest.fixture
def nights(fund: Fund, desk: Desk, company: SandboxCompany) -> Nights:
    return Nights(fund, desk)


def assert_sums(position: FundPosition) -> None:
    """The two sums of docs/funds.md, to the last fen and beyond."""
    held = position.bases + position.leaving + position.waiting + position.kept
    assert position.ordered + position.reinvested == held
    assert position.yield_per_10k is not None
    exact = position.shares * position.yield_per_10k / 10_000
    assert exact == position.credits + position.truncated + position.beside
    assert 0 <= exact - position.income < 1
