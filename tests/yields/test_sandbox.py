"""The sandbox fund: pays the real series, one rate after the other, round and round, on its own calendar."""

import csv
from datetime import date, timedelta
from decimal import Decimal

import pytest

from groups.members.models import Group
from tests.cast import Person
from tests.yields.conftest import at, balance_of, days_from, pay, switch_on
from yields.models import FundDay, YieldRun
from yields.rates import annualized_7d
from yields.services import ensure_demo_fund, ensure_sandbox_rates, run_day, run_due, sandbox_rate
from yields.services.funds import PUBLISHED_000198

pytestmark = pytest.mark.django_db
START = date(2026, 12, 24)


def series() -> list[Decimal]:
    with PUBLISHED_000198.open(encoding="utf-8", newline="") as file:
        return [Decimal(row["yield_per_10k"]) for row in csv.DictReader(file)]


def test_it_pays_the_series_round_and_round() -> None:
    fund = ensure_demo_fund(START)
    rates = [sandbox_rate(fund, day) for day in days_from(START, 900)]
    assert rates[:427] == series()
    assert rates[427:854] == series()
    assert sandbox_rate(fund, START - timedelta(days=1)) == series()[-1]


def test_it_publishes_every_day_up_to_yesterday_and_no_further() -> None:
    fund = ensure_demo_fund(START)
    now = at(START + timedelta(days=500), "00:00")
    assert ensure_sandbox_rates(now) == 500
    assert ensure_sandbox_rates(now) == 0
    days = list(fund.days.order_by("date"))
    assert [each.date for each in days] == days_from(START, 500)
    assert {each.state for each in days} == {"published"}
    rates = [each.yield_per_10k for each in days]
    for index in range(6, 500):
        assert days[index].annualized_7d == annualized_7d(rates[: index + 1])


def test_the_first_start_stays_the_start() -> None:
    fund = ensure_demo_fund(START)
    ensure_sandbox_rates(at(START + timedelta(days=3), "03:00"))
    first_rates = list(fund.days.order_by("date").values_list("yield_per_10k", flat=True))
    assert ensure_demo_fund(START - timedelta(days=10)).series_start == START
    assert fund.days.count() == 13
    assert (
        list(fund.days.filter(date__gte=START).order_by("date").values_list("yield_per_10k", flat=True)) == first_rates
    )


def test_it_earns_over_new_year_where_the_real_calendar_is_not_loaded(group: Group, owner: Person) -> None:
    fund = ensure_demo_fund(START)
    pay(group, owner, 10_000_00, at(START, "09:00"))
    switch_on(group, owner, fund, at(START, "10:00"))
    runs = run_due(now=at(date(2027, 1, 4), "03:00"))
    assert [(each.date, each.state) for each in runs] == [(day, "finished") for day in days_from(START, 11)]
    assert balance_of(group) > 10_010_00


def test_a_day_can_be_run_without_the_rates_being_made_first(group: Group, owner: Person) -> None:
    """As the replay does, with a clock of its own."""
    fund = ensure_demo_fund(START)
    switch_on(group, owner, fund, at(START, "10:00"))
    assert run_day(fund=fund, day=START, now=at(START + timedelta(days=1), "02:00")).state == YieldRun.State.FINISHED
    assert FundDay.objects.get().date == START
