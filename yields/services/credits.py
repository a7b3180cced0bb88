"""One wallet's income of one day: computed on the wallet's base, split over the members' bases, posted as one entry."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from wallet.ledger.models import Account, Entry, Wallet
from wallet.ledger.money import split
from wallet.ledger.services import EventDraft, credit, debit, post_entry
from yields import events
from yields.base import Bases
from yields.errors import WalletClosed
from yields.models import Enrollment, YieldDay
from yields.rates import daily_income

YIELD = "yield"
Accounts = dict[uuid.UUID, Account]


@dataclass(frozen=True)
class Accrual:
    """A wallet's day, computed and not credited yet (fen)."""

    enrollment: Enrollment
    day: date
    rate: Decimal
    bases: Bases

    @property
    def base(self) -> int:
        return self.bases.wallet.base

    @cached_property
    def income(self) -> int:
        return daily_income(self.base, self.rate)

    @property
    def cut_off(self) -> Decimal:
        """The part of a fen that is lost."""
        return (Decimal(self.base) * self.rate / 10_000 - self.income).quantize(Decimal("1e-8"))

    @property
    def reference(self) -> str:
        """The name of the day's income in the books; a wallet has it once."""
        return f"{YIELD}:{self.day.isoformat()}"

    def split_income(self) -> dict[uuid.UUID, int]:
        """Split the income over the stakes; who gets nothing is left out."""
        return {account_id: part for account_id, part in split(self.income, self.bases.weights()).items() if part}


def read_accounts(wallet_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Accounts]:
    """Read the stakes and the FUND accounts of wallets, by wallet and id."""
    accounts: dict[uuid.UUID, Accounts] = defaultdict(dict)
    kinds = [Account.Kind.STAKE, Account.Kind.FUND]
    for account in Account.objects.filter(wallet__in=wallet_ids, kind__in=kinds):
        accounts[account.wallet_id][account.pk] = account
    return accounts


def credit_wallet(*, wallet: Wallet, accrual: Accrual, accounts: Accounts, now: datetime) -> YieldDay:
    """Credit a day's income under the wallet's lock; give what was earned, for the caller to save.

    :raises WalletClosed: when the wallet is closed and earns.
    """
    if accrual.income and wallet.status == Wallet.Status.CLOSED:
        raise WalletClosed
    return YieldDay(
        group_id=wallet.pk,
        fund=accrual.enrollment.fund,
        date=accrual.day,
        base=accrual.base,
        yield_per_10k=accrual.rate,
        income=accrual.income,
        cut_off=accrual.cut_off,
        entry=_post(wallet, accrual, accounts, now) if accrual.income else None,
        credited_at=now,
    )


def _post(wallet: Wallet, accrual: Accrual, accounts: Accounts, now: datetime) -> Entry:
    parts = {accounts[account_id]: part for account_id, part in accrual.split_income().items()}
    fund_account = next(account for account in accounts.values() if account.kind == Account.Kind.FUND)
    return post_entry(
        wallet=wallet,
        kind=YIELD,
        reference=accrual.reference,
        lines=[debit(fund_account, accrual.income), *(credit(stake, part) for stake, part in parts.items())],
        event=_describe(accrual, parts),
        now=now,
    )


def _describe(accrual: Accrual, parts: dict[Account, int]) -> EventDraft:
    return events.yield_credited(
        fund=accrual.enrollment.fund_id,
        date=accrual.day,
        yield_per_10k=str(accrual.rate),
        is_sandbox=accrual.enrollment.fund.is_sandbox,
        base=accrual.base,
        amount=accrual.income,
        shares={stake.holder_id: part for stake, part in parts.items()},
    )
