"""Which company a fund is ordered from: the sandbox for sandbox funds, or one put in its place by `use_company`.

The override is the process's, not a thread's. A real company's adapter is chosen here when there is one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from yields.fundside.companies.base import Company, CompanyNotConfigured
from yields.fundside.companies.sandbox import SandboxCompany
from yields.models import Fund, FundDay

_overrides: dict[str, Company] = {}


def get_company(fund: Fund) -> Company:
    """Get the company of a fund.

    :raises CompanyNotConfigured: when this installation has none for it.
    """
    if fund.pk in _overrides:
        return _overrides[fund.pk]
    if fund.is_sandbox and settings.SANDBOX_FUND_FILE:
        return _build_sandbox(settings.SANDBOX_FUND_FILE)
    raise CompanyNotConfigured(fund.pk)


@contextmanager
def use_company(fund: str, company: Company) -> Iterator[Company]:
    """Order a fund from `company`, in the whole process, until the block ends."""
    before = _overrides.get(fund)
    _overrides[fund] = company
    try:
        yield company
    finally:
        del _overrides[fund]
        if before is not None:
            _overrides[fund] = before


def open_sandbox(path: Path) -> SandboxCompany:
    """Open a sandbox company with a file; it is told the published rates and the trading days, as all the world is."""
    return SandboxCompany(path, published_rates, next_trading_day)


def published_rates(fund: str, first: date, last: date) -> Mapping[date, Decimal]:
    """Read what a fund published from one day to another."""
    days = FundDay.objects.filter(fund=fund, date__range=(first, last), state=FundDay.State.PUBLISHED)
    return dict(days.values_list("date", "yield_per_10k"))


def next_trading_day(fund: str, day: date) -> date:
    """Say when a fund trades next."""
    return Fund.objects.get(pk=fund).trading_days.next_trading_day(day)


@lru_cache(maxsize=2)
def _build_sandbox(path: str) -> SandboxCompany:
    return open_sandbox(Path(path))
