"""What the stories of yield need: money that comes and goes at any moment, and a fund with figures of our own.

The cast is the house's (`tests.cast`). Money is posted straight into the books at the moment that a story names,
because the moment is what these stories are about.
"""

import itertools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from groups.members.models import Group
from tests.cast import Person, group, member, owner, stranger, viewer, world
from wallet.identity.models import User
from wallet.ledger.models import Account, Wallet
from wallet.ledger.selectors import get_stake, system_account
from wallet.ledger.services import EventDraft, Line, lock_wallet, post_entry
from yields.calendar import SHANGHAI_TIME
from yields.models import Enrollment, Fund, FundDay, RateCorrection, YieldRun
from yields.rates import annualized_7d
from yields.selectors import read_rates
from yields.services import (
    enroll,
    enter_correction,
    enter_rate,
    publish_correction,
    publish_rate,
    run_correction,
    run_day,
)

__all__ = ["group", "member", "owner", "stranger", "viewer", "world"]

ACCEPTED = {"risk_level": "R1", "accepted": True}
RATE = Decimal("1.2345")
_numbers = itertools.count(1)


def at(day: date, clock: str = "10:00") -> datetime:
    """Give a moment of a day in Shanghai."""
    return datetime.combine(day, time.fromisoformat(clock), SHANGHAI_TIME)


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def move(wallet_id: uuid.UUID, amounts: Mapping[uuid.UUID, int], moment: datetime) -> None:
    """Let money (fen) come into and go out of stakes at a moment; what does not balance among them is from outside."""
    with transaction.atomic():
        wallet = lock_wallet(wallet_id)
        stakes = {get_stake(wallet_id, holder).pk: amount for holder, amount in amounts.items()}
        lines = [Line(stake, amount) for stake, amount in stakes.items()]
        if rest := -sum(amounts.values()):
            lines.append(Line(system_account(wallet, Account.Kind.RAIL).pk, rest))
        event = EventDraft("contribution_settled", {"contribution": "", "user": "", "source": "", "amount": 1})
        post_entry(
            wallet=wallet, kind="moved", reference=f"moved:{next(_numbers)}", lines=lines, event=event, now=moment
        )


def pay(group: Group, person: Person, amount: int, moment: datetime) -> None:
    """Let one person's stake grow or shrink at a moment."""
    move(group.pk, {person.id: amount}, moment)


def switch_on(group: Group, owner: Person, fund: Fund, moment: datetime) -> Enrollment:
    return enroll(
        actor=owner.user,
        group_id=group.pk,
        fund=fund,
        agreement_version="2026-11",
        questionnaire=ACCEPTED,
        now=moment,
    )


def run(fund: Fund, day: date, clock: str = "02:00") -> YieldRun:
    """Run a day in the night after it."""
    return run_day(fund=fund, day=day, now=at(day + timedelta(days=1), clock))


def balance_of(group: Group) -> int:
    return Wallet.objects.get(pk=group.pk).balance


@dataclass
class Desk:
    """Two operators and what they publish."""

    clerk: User
    chief: User
    rates: dict[tuple[str, date], Decimal] = field(default_factory=dict)

    def publish(self, fund: Fund, day: date, rate: Decimal = RATE) -> FundDay:
        """Enter and publish a day, with the annualised figure that its seven days give."""
        self.rates[fund.pk, day] = rate
        week = [self.rates.get((fund.pk, day - timedelta(days=n))) for n in range(6, -1, -1)]
        known = [each for each in week if each is not None]
        computed = annualized_7d(known) if len(known) == 7 and min(known) >= 0 else Decimal("4.500")
        now = at(day + timedelta(days=1), "00:10")
        figures: dict[str, Any] = {"yield_per_10k": rate, "annualized_7d": computed}
        enter_rate(actor=self.clerk, fund=fund, day=day, now=now, **figures)
        return publish_rate(actor=self.chief, fund=fund, day=day, now=now)

    def publish_days(self, fund: Fund, first: date, count: int, rate: Decimal = RATE) -> None:
        for day in days_from(first, count):
            self.publish(fund, day, rate)


def enter_correct_rate(fund: Fund, day: date, rate: Decimal, clerk: User, now: datetime) -> RateCorrection:
    """Let an operator enter what a fund really paid on a day, with the annualised figure that its seven days give."""
    rates = read_rates(fund, day - timedelta(days=6), day) | {day: rate}
    week = [rates[each] for each in sorted(rates)]
    return enter_correction(
        actor=clerk,
        fund=fund,
        day=day,
        yield_per_10k=rate,
        annualized_7d=annualized_7d(week) if len(week) == 7 else Decimal("9.000"),
        reason="基金更正了当日数据",
        now=now,
    )


def correct_rate(
    fund: Fund, day: date, clerk: User, chief: User, now: datetime, rate: Decimal | None = None
) -> RateCorrection:
    """Let two operators correct what a fund paid on a day, to twice as much by itself, and carry it out."""
    rate = read_rates(fund, day, day)[day] * 2 if rate is None else rate
    entered = enter_correct_rate(fund, day, rate, clerk, now)
    publish_correction(actor=chief, correction_id=entered.pk, now=now)
    return run_correction(correction_id=entered.pk, now=now)


@pytest.fixture
def desk(db: None) -> Desk:
    clerk, chief = (User.objects.create(username=name, is_staff=True, is_superuser=True) for name in ("clerk", "chief"))
    return Desk(clerk, chief)


@pytest.fixture
def fund(db: None) -> Fund:
    """A real fund by Shanghai's calendar, which has published nothing yet."""
    return Fund.objects.create(code="T0001", name="测试货币", calendar=Fund.Calendar.SHANGHAI)
