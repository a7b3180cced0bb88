"""One wallet's income of one day: computed on the wallet's base, split over the members' bases, posted as one entry."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from wallet.ledger.models import Account, Entry, Wallet
from wallet.ledger.money import split
from wallet.ledger.services import credit, debit, post_entry
from yields import events
from yields.base import Bases
from yields.errors import WalletClosed
from yields.models import Enrollment, YieldDay
from yields.rates import daily_income

YIELD = "yield"
Accounts = dict[uuid.UUID, Account]


def reference_of(day: date) -> str:
    """Name a day's income in the books; a wallet has it once."""
    return f"{YIELD}:{day.isoformat()}"


def read_accounts(wallet_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Accounts]:
    """Read the stakes and the FUND accounts of wallets, by wallet and id."""
    accounts: dict[uuid.UUID, Accounts] = defaultdict(dict)
    kinds = [Account.Kind.STAKE, Account.Kind.FUND]
    for account in Account.objects.filter(wallet__in=wallet_ids, kind__in=kinds):
        accounts[account.wallet_id][account.pk] = account
    return accounts


def credit_wallet(
    wallet: Wallet,
    enrollment: Enrollment,
    day: date,
    rate: Decimal,
    bases: Bases,
    accounts: Accounts,
    now: datetime,
) -> YieldDay:
    """Credit a day's income under the wallet's lock; give what was earned, not saved yet.

    :raises WalletClosed: when the wallet is closed and earns.
    """
    base = bases.wallet.base
    income = daily_income(base, rate)
    if income and wallet.status == Wallet.Status.CLOSED:
        raise WalletClosed
    entry = _post(wallet, enrollment, day, rate, base, income, bases, accounts, now) if income else None
    return YieldDay(
        group_id=wallet.pk,
        fund=enrollment.fund,
        date=day,
        base=base,
        yield_per_10k=rate,
        income=income,
        cut_off=cut_off(base, rate, income),
        entry=entry,
        credited_at=now,
    )


def cut_off(base: int, rate: Decimal, income: int) -> Decimal:
    """Say what part of a fen is cut off an income."""
    return (Decimal(base) * rate / 10_000 - income).quantize(Decimal("1e-8"))


def _post(
    wallet: Wallet,
    enrollment: Enrollment,
    day: date,
    rate: Decimal,
    base: int,
    income: int,
    bases: Bases,
    accounts: Accounts,
    now: datetime,
) -> Entry:
    parts = {account_id: part for account_id, part in split(income, bases.weights()).items() if part}
    fund_account = next(account for account in accounts.values() if account.kind == Account.Kind.FUND)
    credited = events.yield_credited(
        fund=enrollment.fund_id,
        date=day,
        yield_per_10k=str(rate),
        is_sandbox=enrollment.fund.is_sandbox,
        base=base,
        amount=income,
        shares={accounts[account_id].holder_id: part for account_id, part in parts.items()},
    )
    lines = [debit(fund_account, income), *(credit(accounts[account_id], part) for account_id, part in parts.items())]
    return post_entry(wallet=wallet, kind=YIELD, reference=reference_of(day), lines=lines, event=credited, now=now)
