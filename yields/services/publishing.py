"""A day's figures: one operator enters (or imports) them, another publishes. Published, they never change.

Before publishing, 七日年化 is computed from the seven days and compared with the figure that the fund published: a
mistyped rate shows. Days are published one after the other, so that from the seventh on this can always be done.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from wallet.identity.models import User
from wallet.identity.rights import check_permission
from yields.errors import (
    RateAlreadyPublished,
    RateNeedsAnother,
    RateNotEntered,
    RateOutOfOrder,
)
from yields.models import Fund, FundDay
from yields.rates import DAYS_OF_ANNUALIZED
from yields.selectors import list_published_days, read_rates
from yields.services.funds import ONE_DAY, check_annualized


@transaction.atomic
def enter_rate(
    *, actor: User, fund: Fund, day: date, yield_per_10k: Decimal, annualized_7d: Decimal, now: datetime
) -> FundDay:
    """Enter a day's figures, or correct what was entered and not published.

    :raises OperatorNotAllowed: without the right to add fund days.
    :raises RateAlreadyPublished: when they are published.
    """
    check_permission(actor, "yields.add_fundday")
    entered = FundDay.objects.select_for_update().filter(fund=fund, date=day).first() or FundDay(fund=fund, date=day)
    if entered.state == FundDay.State.PUBLISHED:
        raise RateAlreadyPublished(date=day.isoformat())
    entered.yield_per_10k, entered.annualized_7d = yield_per_10k, annualized_7d
    entered.entered_by, entered.entered_at = actor, now
    entered.save()
    return entered


@transaction.atomic
def publish_rate(*, actor: User, fund: Fund, day: date, now: datetime) -> FundDay:
    """Publish what another operator has entered.

    :raises OperatorNotAllowed: without the right to publish.
    :raises RateNotEntered: when nothing is entered.
    :raises RateAlreadyPublished: when it is published.
    :raises RateNeedsAnother: when the actor entered it.
    :raises RateOutOfOrder: when the day before is not published, and an earlier day is.
    :raises RateMismatch: when the annualised figure does not follow from the seven days.
    """
    check_permission(actor, "yields.publish_fundday")
    entered = FundDay.objects.select_for_update().filter(fund=fund, date=day).first()
    if entered is None:
        raise RateNotEntered(date=day.isoformat())
    if entered.state == FundDay.State.PUBLISHED:
        raise RateAlreadyPublished(date=day.isoformat())
    if entered.entered_by_id == actor.pk:
        raise RateNeedsAnother
    week = _published_week(fund, day, entered.yield_per_10k)
    if len(week) == DAYS_OF_ANNUALIZED:
        check_annualized(day, entered.annualized_7d, week)
    entered.state, entered.published_by, entered.published_at = FundDay.State.PUBLISHED, actor, now
    entered.save(update_fields=["state", "published_by", "published_at"])
    return entered


def _published_week(fund: Fund, day: date, rate: Decimal) -> list[Decimal]:
    """Look up the rates of the six days before, and append this one's: fewer than seven only at the beginning.

    A corrected day counts as corrected, as it does in the figures that the fund publishes from then on.
    """
    before = read_rates(fund, day - 6 * ONE_DAY, day - ONE_DAY)
    if day - ONE_DAY not in before and list_published_days(fund).filter(date__lt=day).exists():
        raise RateOutOfOrder(date=day.isoformat(), missing=(day - ONE_DAY).isoformat())
    return [*(before[each] for each in sorted(before)), rate]
