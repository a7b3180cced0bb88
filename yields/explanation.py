"""A day's yield, worked out again from the postings: base, rate, formula, what was cut off, and each member's part.

Everything here is computed anew and compared with what was credited. `agrees` says whether it is the same. A day that
was corrected is explained as it stands, by the corrected rate; its corrections are told one by one, with both entries.
"""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from wallet.ledger.models import Account, Posting
from wallet.ledger.money import split
from wallet.ledger.selectors import list_stakes
from yields.base import Standing, derive_bases
from yields.lots import Lot, list_unconfirmed
from yields.models import CorrectedDay, FundDay, RateCorrection, YieldDay
from yields.rates import daily_income
from yields.selectors import get_enrollment_of_day


@dataclass(frozen=True, slots=True)
class Part:
    """What one member's stake held and earned on the day (fen)."""

    user: uuid.UUID
    name: str
    standing: Standing
    income: int


@dataclass(frozen=True, slots=True)
class Step:
    """What one correction changed: the rate and the income (fen) before and after it."""

    corrected: CorrectedDay
    rate_before: Decimal


@dataclass(frozen=True, slots=True)
class Explanation:
    """A day's yield, and how it came about (fen). `standing_day` is what stands of it, `figures` what the fund says."""

    earned: YieldDay
    standing_day: YieldDay | CorrectedDay
    figures: FundDay | RateCorrection
    corrections: list[Step]
    standing: Standing
    lots: list[Lot]
    income: int
    exact_income: Decimal
    cut_off: Decimal
    split_by: str
    members: list[Part]
    agrees: bool

    @property
    def formula(self) -> str:
        exact = f"{self.exact_income:.8f}"
        rate = self.standing_day.yield_per_10k
        return f"{self.standing.base} fen × {rate} ÷ 10,000 = {exact} fen → {self.income} fen"


def explain_day(earned: YieldDay) -> Explanation:
    """Explain what a group earned on a day."""
    enrollment = get_enrollment_of_day(earned)
    standing_day = earned.in_force
    enrolled_at = {earned.group_id: enrollment.enrolled_at}
    bases = derive_bases(day=earned.date, calendar=earned.fund.trading_days, enrolled_at=enrolled_at)[earned.group_id]
    base, rate = bases.wallet.base, standing_day.yield_per_10k
    income = daily_income(base, rate)
    parts = split(income, bases.weights()) if income else {}
    exact = Decimal(base) * rate / 10_000
    by_bases = any(standing.base for standing in bases.stakes.values())
    stakes = list_stakes(earned.group_id).select_related("holder")
    members = [
        Part(stake.holder.pk, stake.holder.name, bases.stakes[stake.pk], parts.get(stake.pk, 0))
        for stake in stakes
        if stake.holder and (parts.get(stake.pk) or bases.stakes[stake.pk].balance)
    ]
    credited = {account_id: part for account_id, part in parts.items() if part}
    return Explanation(
        earned=earned,
        standing_day=standing_day,
        figures=_find_figures(standing_day),
        corrections=_list_steps(earned),
        standing=bases.wallet,
        lots=list_unconfirmed(enrollment, earned.date, bases.wallet),
        income=income,
        exact_income=exact,
        cut_off=exact - income,
        split_by="bases" if by_bases else "stakes",
        members=members,
        agrees=(base, income, credited) == (standing_day.base, standing_day.income, _read_parts(standing_day)),
    )


def _find_figures(standing_day: YieldDay | CorrectedDay) -> FundDay | RateCorrection:
    """Find the figures by which a day stands: the fund's first ones, or a correction's."""
    if isinstance(standing_day, CorrectedDay):
        return RateCorrection.objects.get(pk=standing_day.correction_id)
    return FundDay.objects.get(fund=standing_day.fund_id, date=standing_day.date)


def _list_steps(earned: YieldDay) -> list[Step]:
    rate, steps = earned.yield_per_10k, []
    for corrected in sorted(earned.corrections.all(), key=lambda each: each.number):
        steps.append(Step(corrected, rate))
        rate = corrected.yield_per_10k
    return steps


def _read_parts(day: YieldDay | CorrectedDay) -> dict[uuid.UUID, int]:
    """Read from the books who got what (fen), by account."""
    if day.entry_id is None:
        return {}
    lines = Posting.objects.filter(wallet=day.group_id, entry=day.entry_id, account__kind=Account.Kind.STAKE)
    return dict(lines.values_list("account_id", "amount"))
