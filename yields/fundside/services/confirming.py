"""Hears what the fund company confirmed. Each of its numbers counts once; an order is confirmed when all of it is.

What was confirmed beyond that, or for nobody, is kept like the rest: they are shares that we are said to have. Whether
it is what was asked for is for the reconciliation to say and for people to settle.
"""

from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import Sum

from yields.fundside.companies import get_company
from yields.fundside.companies.base import CompanyDown, CompanyNotConfigured, Confirmation
from yields.fundside.errors import CompanyUnavailable
from yields.fundside.models import FundConfirmation, FundOrder
from yields.models import Fund

logger = structlog.get_logger(__name__)


def hear_confirmations(*, fund: Fund, day: date, now: datetime) -> int:
    """Ask a fund's company what it confirmed on a day; say how much of it was news.

    :raises CompanyUnavailable: when it does not answer.
    """
    try:
        told = get_company(fund).list_confirmations(fund.pk, day)
    except (CompanyDown, CompanyNotConfigured) as problem:
        raise CompanyUnavailable(fund=fund.pk, date=day.isoformat()) from problem
    return sum(_hear(fund, each, now) for each in told)


@transaction.atomic
def _hear(fund: Fund, told: Confirmation, now: datetime) -> bool:
    """Keep a confirmation under its order's lock, so that two that are heard at once are both counted."""
    order = _lock_order(fund, told.order)
    kept, is_news = FundConfirmation.objects.get_or_create(
        fund=fund,
        number=told.number,
        defaults={
            "order": order,
            "order_number": told.order,
            "amount": told.amount,
            "confirmed_on": told.confirmed_on,
            "heard_at": now,
        },
    )
    if (kept.order_number, kept.amount, kept.confirmed_on) != (told.order, told.amount, told.confirmed_on):
        logger.error("fund_confirmation_changed", fund=fund.pk, number=told.number)
    if order is not None and is_news:
        _count(order, now)
    return is_news


def _lock_order(fund: Fund, number: str) -> FundOrder | None:
    return FundOrder.objects.select_for_update(no_key=True).filter(fund=fund, number=number).first()


def _count(order: FundOrder, now: datetime) -> None:
    order.confirmed_amount = order.confirmations.aggregate(sum=Sum("amount", default=0))["sum"]
    is_whole = order.confirmed_amount >= order.amount if order.amount > 0 else order.confirmed_amount <= order.amount
    if is_whole and order.state != FundOrder.State.CONFIRMED:
        order.state, order.confirmed_at = FundOrder.State.CONFIRMED, now
    order.save(update_fields=["confirmed_amount", "state", "confirmed_at"])
