"""Other figures for a published day: one operator enters them, another publishes them. The published day itself stays.

A correction is checked as a publication is: 七日年化 is computed from the corrected rate and the six days in force
before it, and must be what the fund now says. The figures of the six days after it were computed with the old rate;
`list_disagreements` says which of them no longer agree, which is for people to know and no reason to refuse.

Only a day that has been credited can be corrected, or one whose negative rate keeps it from being credited; and only
after the correction before it has been carried out as far as it went. A published correction is carried out by
`yields.services.correcting`.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from wallet.identity.models import User
from wallet.identity.rights import check_permission
from yields.errors import (
    CorrectionChangesNothing,
    CorrectionNeedsAnother,
    CorrectionNegative,
    CorrectionNotEntered,
    CorrectionUnderWay,
    DayNotCredited,
    RateNotPublished,
)
from yields.models import Fund, FundDay, RateCorrection, YieldRun
from yields.rates import DAYS_OF_ANNUALIZED, annualized_7d
from yields.selectors import enrolled_at_end_of, list_published_days, read_rates
from yields.services.funds import ONE_DAY, check_annualized


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A later day whose annualised figure, as it stands, does not follow from the rates with the correction."""

    date: date
    stands: Decimal
    computed: Decimal


@transaction.atomic
def enter_correction(
    *,
    actor: User,
    fund: Fund,
    day: date,
    yield_per_10k: Decimal,
    annualized_7d: Decimal,
    reason: str,
    now: datetime,
) -> RateCorrection:
    """Enter a correction of a published day, or change the one that is entered and not published.

    :raises OperatorNotAllowed: without the right to add corrections.
    :raises RateNotPublished: when the day is not published.
    :raises CorrectionNegative: when the rate is below zero.
    :raises CorrectionChangesNothing: when both figures are those that stand.
    :raises DayNotCredited: when the day is still to be credited.
    :raises CorrectionUnderWay: when the one before is still being carried out.
    """
    check_permission(actor, "yields.add_ratecorrection")
    fund_day = _lock_day(fund, day)
    if yield_per_10k < 0:
        raise CorrectionNegative
    stands = list_published_days(fund).get(pk=fund_day.pk).in_force
    if (stands.yield_per_10k, stands.annualized_7d) == (yield_per_10k, annualized_7d):
        raise CorrectionChangesNothing(date=day.isoformat())
    _check_carried_out(fund_day)
    correction = fund_day.corrections.filter(state=RateCorrection.State.ENTERED).first() or _next(fund_day)
    correction.yield_per_10k, correction.annualized_7d, correction.reason = yield_per_10k, annualized_7d, reason
    correction.entered_by, correction.entered_at = actor, now
    correction.save()
    return correction


@transaction.atomic
def withdraw_correction(*, actor: User, correction_id: uuid.UUID) -> RateCorrection:
    """Withdraw a correction that is not published. Its number is not used again.

    :raises OperatorNotAllowed: without the right to add corrections.
    :raises CorrectionNotEntered: when it is published or withdrawn.
    """
    check_permission(actor, "yields.add_ratecorrection")
    correction = _lock_entered(correction_id)
    correction.state = RateCorrection.State.WITHDRAWN
    correction.save(update_fields=["state"])
    return correction


@transaction.atomic
def publish_correction(*, actor: User, correction_id: uuid.UUID, now: datetime) -> RateCorrection:
    """Publish what another operator has entered. It is carried out from then on, wallet by wallet.

    :raises OperatorNotAllowed: without the right to publish corrections.
    :raises CorrectionNotEntered: when it is published or withdrawn.
    :raises CorrectionNeedsAnother: when the actor entered it.
    :raises RateMismatch: when the annualised figure does not follow from the seven days.
    :raises DayNotCredited: when the day is still to be credited.
    :raises CorrectionUnderWay: when the one before is still being carried out.
    """
    check_permission(actor, "yields.publish_ratecorrection")
    correction = _lock_entered(correction_id)
    if correction.entered_by_id == actor.pk:
        raise CorrectionNeedsAnother
    _check_carried_out(correction.fund_day)
    week = _week_of(correction)
    if len(week) == DAYS_OF_ANNUALIZED:
        check_annualized(correction.fund_day.date, correction.annualized_7d, week)
    short = correction.fund_day.corrections.filter(state=RateCorrection.State.SHORT)
    short.update(state=RateCorrection.State.REPLACED)
    correction.state = RateCorrection.State.RUNNING
    correction.published_by, correction.published_at = actor, now
    correction.save(update_fields=["state", "published_by", "published_at"])
    return correction


def list_disagreements(correction: RateCorrection) -> list[Disagreement]:
    """List the six days after a corrected one whose figures would not agree with the corrected rate."""
    fund, day = correction.fund_day.fund, correction.fund_day.date
    last = day + (DAYS_OF_ANNUALIZED - 1) * ONE_DAY
    rates = read_rates(fund, day - (DAYS_OF_ANNUALIZED - 1) * ONE_DAY, last)
    rates[day] = correction.yield_per_10k
    disagreements = []
    for after in list_published_days(fund).filter(date__gt=day, date__lte=last).order_by("date"):
        week = [rates.get(after.date - ONE_DAY * n) for n in range(DAYS_OF_ANNUALIZED - 1, -1, -1)]
        known = [rate for rate in week if rate is not None and rate >= 0]
        if len(known) == DAYS_OF_ANNUALIZED and (computed := annualized_7d(known)) != after.in_force.annualized_7d:
            disagreements.append(Disagreement(after.date, after.in_force.annualized_7d, computed))
    return disagreements


def _lock_day(fund: Fund, day: date) -> FundDay:
    """Lock a published day, so that its corrections are numbered one after the other."""
    published = FundDay.objects.select_for_update().filter(fund=fund, date=day, state=FundDay.State.PUBLISHED).first()
    if published is None:
        raise RateNotPublished(date=day.isoformat())
    return published


def _lock_entered(correction_id: uuid.UUID) -> RateCorrection:
    """Lock a correction that waits, and its day before it, as everybody does."""
    correction = RateCorrection.objects.select_related("fund_day__fund").get(pk=correction_id)
    _lock_day(correction.fund_day.fund, correction.fund_day.date)
    correction.refresh_from_db(fields=["state", "entered_by", "yield_per_10k", "annualized_7d"])
    if correction.state != RateCorrection.State.ENTERED:
        raise CorrectionNotEntered
    return correction


def _next(fund_day: FundDay) -> RateCorrection:
    last = fund_day.corrections.aggregate(last=Max("number"))["last"] or 0
    return RateCorrection(fund_day=fund_day, number=last + 1)


def _check_carried_out(fund_day: FundDay) -> None:
    """Check that the day was worked through, and the correction before this one, so that there is one thing to undo."""
    day = fund_day.date
    run = YieldRun.objects.filter(fund=fund_day.fund_id, date=day).first()
    is_through = run is not None and run.state in (YieldRun.State.FINISHED, YieldRun.State.SHORT)
    waits_for_it = fund_day.yield_per_10k < 0
    if not is_through and not waits_for_it and (run is not None or enrolled_at_end_of(fund_day.fund, day).exists()):
        raise DayNotCredited(date=day.isoformat())
    running = fund_day.corrections.filter(state=RateCorrection.State.RUNNING).first()
    if running is not None:
        raise CorrectionUnderWay(number=running.number, date=day.isoformat())


def _week_of(correction: RateCorrection) -> list[Decimal]:
    """Look up the rates in force of the six days before, and append the corrected one."""
    day = correction.fund_day.date
    before = read_rates(correction.fund_day.fund, day - (DAYS_OF_ANNUALIZED - 1) * ONE_DAY, day - ONE_DAY)
    return [*(before[each] for each in sorted(before)), correction.yield_per_10k]
