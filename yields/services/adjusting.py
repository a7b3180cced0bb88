"""One wallet's corrected day: the day's credit is taken back, and the income by the corrected rate is credited.

Both in one transaction under the wallet's lock: first the new credit, then the reversal, so that money that is only
exchanged is never missing in between, neither from a stake that has been emptied nor from what earns. The base is
derived again from the postings up to the end of that day; it must be the base that was credited, and the new income is
split by the same bases. A stake is never taken below zero, whatever its floor: who took the money out keeps it until
people have decided.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from wallet.ledger.models import Account, Entry, Wallet
from wallet.ledger.money import split
from wallet.ledger.remains import remaining_lines
from wallet.ledger.services import EventDraft, credit, debit, post_entry, reverse_entry
from yields import events
from yields.base import Bases
from yields.errors import BaseDiffers, StakeNotCovered, WalletClosed
from yields.models import CorrectedDay, RateCorrection, YieldDay
from yields.rates import daily_income

YIELD, REVERSAL = "yield", "yield_reversal"
Accounts = dict[uuid.UUID, Account]


@dataclass(frozen=True)
class Adjustment:
    """A wallet's day, worked out by a correction and not posted yet (fen)."""

    correction: RateCorrection
    earned: YieldDay
    standing: YieldDay | CorrectedDay
    income: int
    parts: dict[uuid.UUID, int]

    @property
    def cut_off(self) -> Decimal:
        """The part of a fen that is lost."""
        exact = Decimal(self.earned.base) * self.correction.yield_per_10k / 10_000
        return (exact - self.income).quantize(Decimal("1e-8"))

    def reference(self, prefix: str) -> str:
        """Name one of the two entries in the books; a wallet has each once."""
        return f"{prefix}:{self.earned.date.isoformat()}:{self.correction.number}"


def work_out(correction: RateCorrection, earned: YieldDay, bases: Bases) -> Adjustment:
    """Work out a wallet's day by the corrected rate.

    :raises BaseDiffers: when the base is no longer what was credited.
    """
    if bases.wallet.base != earned.base:
        raise BaseDiffers(credited=earned.base, derived=bases.wallet.base)
    income = daily_income(earned.base, correction.yield_per_10k)
    parts = split(income, bases.weights()) if income else {}
    return Adjustment(correction, earned, earned.in_force, income, {key: part for key, part in parts.items() if part})


def adjust_wallet(*, wallet: Wallet, adjustment: Adjustment, accounts: Accounts, now: datetime) -> CorrectedDay:
    """Exchange a day's credit under the wallet's lock; give what came of it, for the caller to save.

    A day whose income stays moves nothing.

    :raises WalletClosed: when the wallet is closed and money would move.
    :raises StakeNotCovered: when a stake no longer holds what would be taken back.
    """
    entry, reversal = adjustment.standing.entry, None
    if adjustment.income != adjustment.standing.income:
        if wallet.status == Wallet.Status.CLOSED:
            raise WalletClosed
        entry, reversal = _exchange(wallet, adjustment, accounts, now)
    return CorrectedDay(
        group_id=wallet.pk,
        correction=adjustment.correction,
        earned=adjustment.earned,
        date=adjustment.earned.date,
        number=adjustment.correction.number,
        base=adjustment.earned.base,
        yield_per_10k=adjustment.correction.yield_per_10k,
        income_before=adjustment.standing.income,
        income=adjustment.income,
        cut_off=adjustment.cut_off,
        reversal=reversal,
        entry=entry,
        credited_at=now,
    )


def _exchange(
    wallet: Wallet, adjustment: Adjustment, accounts: Accounts, now: datetime
) -> tuple[Entry | None, Entry | None]:
    taken: dict[uuid.UUID, int] = {}
    if (standing := adjustment.standing.entry) is not None:
        taken = {key: left for key, left in remaining_lines(wallet=wallet, entry=standing).items() if left > 0}
    _check_covered(adjustment, taken, accounts)
    credited = _credit(wallet, adjustment, accounts, now) if adjustment.income else None
    if standing is None:
        return credited, None
    event = events.yield_reversed(
        **_name(adjustment),
        amount=adjustment.standing.income,
        shares={accounts[key].holder_id: part for key, part in taken.items()},
    )
    reference = adjustment.reference("yield-reversal")
    reversal = reverse_entry(wallet=wallet, entry=standing, kind=REVERSAL, reference=reference, event=event, now=now)
    return credited, reversal


def _check_covered(adjustment: Adjustment, taken: dict[uuid.UUID, int], accounts: Accounts) -> None:
    for key, part in taken.items():
        less = part - adjustment.parts.get(key, 0)
        left = max(0, accounts[key].balance or 0)
        if less > left:
            raise StakeNotCovered(amount=less - left)


def _credit(wallet: Wallet, adjustment: Adjustment, accounts: Accounts, now: datetime) -> Entry:
    fund_account = next(account for account in accounts.values() if account.kind == Account.Kind.FUND)
    stakes = [credit(accounts[key], part) for key, part in adjustment.parts.items()]
    return post_entry(
        wallet=wallet,
        kind=YIELD,
        reference=adjustment.reference(YIELD),
        lines=[debit(fund_account, adjustment.income), *stakes],
        event=_describe(adjustment, accounts),
        now=now,
    )


def _describe(adjustment: Adjustment, accounts: Accounts) -> EventDraft:
    return events.yield_corrected(
        **_name(adjustment),
        yield_per_10k=str(adjustment.correction.yield_per_10k),
        base=adjustment.earned.base,
        amount=adjustment.income,
        shares={accounts[key].holder_id: part for key, part in adjustment.parts.items()},
    )


def _name(adjustment: Adjustment) -> dict[str, Any]:
    """Say in an event which day, and which correction of it."""
    fund = adjustment.earned.fund
    return {
        "fund": fund.pk,
        "date": adjustment.earned.date,
        "number": adjustment.correction.number,
        "is_sandbox": fund.is_sandbox,
    }
