"""One order a trading day and fund, made some minutes after 15:00 and sent to the fund company.

Made means counted and kept in one transaction: (fund, trade date) is unique, so it may be doubled or killed at any
point, and what was made first stays. Sent means that the company has taken it: asked for again under the same number,
it is taken once. An order of nothing is kept like any other, for it says that the day was done, and is not sent.
"""

from datetime import date, datetime

import structlog
from django.db import IntegrityError, transaction

from wallet.refusals import Refusal
from yields.calendar import CalendarNotLoaded
from yields.fundside.companies import get_company
from yields.fundside.companies.base import CompanyDown, CompanyNotConfigured, OrderRequest
from yields.fundside.errors import CutNotOver
from yields.fundside.flows import count_parts
from yields.fundside.models import FundOrder
from yields.fundside.trading import CUT_PASSES, list_trade_dates, window_of
from yields.models import Fund

logger = structlog.get_logger(__name__)


def make_order(*, fund: Fund, day: date, now: datetime) -> FundOrder:
    """Make the order of a trading day from the flows since the cut before, or give the one that was made.

    :raises NotATradingDay: when the fund does not trade on the day.
    :raises CutNotOver: before 15:00 and some minutes in Shanghai.
    :raises CalendarMissing: when the day lies outside the fund's calendar.
    """
    window = window_of(fund, day)
    if now < window.until + CUT_PASSES:
        raise CutNotOver(date=day.isoformat())
    made = FundOrder.objects.filter(fund=fund, trade_date=day).first()
    if made is not None:
        return made
    parts = count_parts(fund, window.since, window.until)
    is_nothing = parts.amount == 0
    order = FundOrder(
        fund=fund,
        trade_date=day,
        confirm_date=window.confirm_date,
        number=f"{fund.pk}-{day:%Y%m%d}",
        since=window.since,
        until=window.until,
        amount=parts.amount,
        money_in=parts.money_in,
        money_out=parts.money_out,
        switched_on=parts.switched_on,
        switched_off=parts.switched_off,
        income_paid_out=parts.income_paid_out,
        income_credited=parts.income_credited,
        state=FundOrder.State.CONFIRMED if is_nothing else FundOrder.State.CREATED,
        made_at=now,
        confirmed_at=now if is_nothing else None,
    )
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError:  # somebody else was faster; theirs stands
        return FundOrder.objects.get(fund=fund, trade_date=day)
    logger.info("fund_order_made", fund=fund.pk, day=day.isoformat(), amount=order.amount)
    return order


def make_due_orders(*, now: datetime) -> int:
    """Make every order that is due and was not made; say how many that was.

    A fund that cannot be ordered keeps no other from it.
    """
    made = 0
    for fund in Fund.objects.filter(runs_nightly=True).order_by("code"):
        try:
            known = set(fund.orders.values_list("trade_date", flat=True))
            for day in list_trade_dates(fund, now):
                if day not in known:
                    make_order(fund=fund, day=day, now=now)
                    made += 1
        except (Refusal, CalendarNotLoaded) as error:
            logger.error("fund_order_waits", fund=fund.pk, problem=str(error))
        except Exception:
            logger.exception("fund_order_failed", fund=fund.pk)
    return made


def send_orders(*, now: datetime) -> int:
    """Send what the companies have not taken yet, the oldest first; say how many were."""
    waiting = FundOrder.objects.filter(state=FundOrder.State.CREATED).select_related("fund")
    return sum(send_order(order=order, now=now) for order in waiting.order_by("fund", "trade_date"))


def send_order(*, order: FundOrder, now: datetime) -> bool:
    """Send an order that was not sent, and say whether the company took it. Outside of any transaction."""
    if order.state != FundOrder.State.CREATED:
        return False
    try:
        request = OrderRequest(order.number, order.fund_id, order.trade_date, order.amount)
        get_company(order.fund).submit(request)
    except (CompanyDown, CompanyNotConfigured) as problem:
        logger.warning("fund_order_not_sent", order=order.number, problem=str(problem))
        return False
    waiting = FundOrder.objects.filter(pk=order.pk, state=FundOrder.State.CREATED)
    return bool(waiting.update(state=FundOrder.State.SENT, sent_at=now))
