"""A day's figures: one operator enters or imports them, another publishes. Published, they never change.

Before publishing, 七日年化 is computed from the seven days and compared with the figure that the fund published: a
mistyped rate shows. Days are published one after the other, so that from the seventh on this can always be done.
"""

from collections.abc import Iterable
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
from yields.services.funds import ONE_DAY, check_annualized, read_figures


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
def import_rates(*, actor: User, fund: Fund, lines: Iterable[str], now: datetime) -> list[FundDay]:
    """Enter many days from a CSV (`date,yield_per_10k,annualized_7d`), all or none. Another operator publishes them.

    :raises RateUnreadable: when a row is not a day's figures.
    :raises RateAlreadyPublished: when a day is published.
    """
    return [
        enter_rate(actor=actor, fund=fund, day=day, yield_per_10k=rate, annualized_7d=annualized, now=now)
        for day, rate, annualized in read_figures(lines)
    ]


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
    """Look up the rates of the six days before, and append this one's: fewer than seven only at the beginning."""
    published = fund.days.filter(state=FundDay.State.PUBLISHED, date__lt=day)
    before = dict(published.filter(date__gte=day - 6 * ONE_DAY).values_list("date", "yield_per_10k"))
    if day - ONE_DAY not in before and published.exists():
        raise RateOutOfOrder(date=day.isoformat(), missing=(day - ONE_DAY).isoformat())
    return [*(before[each] for each in sorted(before)), rate]
