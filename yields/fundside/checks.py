"""The orders once more, from the other end: not from what flowed, but from what was held at the two cuts.

    order = held by the enrolled wallets at 15:00 of the trade date − held at the cut before − income credited between

It shares no expression with `yields.fundside.flows`: a flow that is counted twice, or by neither window, is seen here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from yields.fundside.models import FundDifference, FundOrder
from yields.fundside.trading import Window, first_trade_date, window_of
from yields.models import Fund

HELD = """
SELECT coalesce(sum(w.balance), 0)::bigint - coalesce(sum(later.amount), 0)::bigint
FROM yields_enrollment e
JOIN ledger_wallet w ON w.id = e.wallet_id
LEFT JOIN LATERAL (
    SELECT sum(p.amount) AS amount FROM ledger_posting p
    JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id
    JOIN ledger_entry n ON n.wallet_id = p.wallet_id AND n.id = p.entry_id
    WHERE n.wallet_id = w.id AND n.posted_at >= %(cut)s AND a.kind = 'STAKE'
) later ON true
WHERE e.fund_id = %(fund)s AND e.enrolled_at < %(cut)s AND (e.ended_at IS NULL OR e.ended_at >= %(cut)s)
"""
INCOME = """
SELECT coalesce(-sum(p.amount), 0)::bigint
FROM yields_enrollment e
JOIN ledger_entry n ON n.wallet_id = e.wallet_id
JOIN ledger_account a ON a.wallet_id = n.wallet_id AND a.kind = 'FUND'
JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.account_id = a.id AND p.entry_id = n.id
LEFT JOIN yields_yieldday d ON d.wallet_id = n.wallet_id AND n.reference = 'yield:' || d.date AND d.entry_id = n.id
    AND d.date >= (%(since)s AT TIME ZONE 'Asia/Shanghai')::date - 400
WHERE n.posted_at >= %(since)s AND n.posted_at < %(until)s
AND e.id = (
    SELECT x.id FROM yields_enrollment x
    WHERE x.wallet_id = n.wallet_id AND x.enrolled_at <= n.posted_at AND (d.id IS NULL OR x.fund_id = d.fund_id)
    ORDER BY x.enrolled_at DESC LIMIT 1
)
AND e.fund_id = %(fund)s
"""


@dataclass(frozen=True, slots=True)
class OrderFinding:
    """An order that is not there, or is not what the books say (fen)."""

    kind: str
    fund: str
    trade_date: date
    ordered: int | None
    booked: int


def check_order(fund: Fund, day: date) -> OrderFinding | None:
    """Check the order of a trading day that is over; None where it is right, or where nothing was to be ordered."""
    window = window_of(fund, day)
    booked = count_from_holdings(fund, window)
    order = FundOrder.objects.filter(fund=fund, trade_date=day).first()
    if order is None:
        return OrderFinding(FundDifference.Kind.ORDER_MISSING, fund.pk, day, None, booked) if booked else None
    if (order.amount, order.since, order.until) != (booked, window.since, window.until):
        return OrderFinding(FundDifference.Kind.ORDER_DIFFERS, fund.pk, day, order.amount, booked)
    return None


def check_orders(fund: Fund, first: date, last: date) -> Iterator[OrderFinding]:
    """Check every trading day of a fund from `first` to `last`, and that no order since then stands on another day."""
    begin, calendar = first_trade_date(fund), fund.trading_days
    if begin is None:
        return
    day = calendar.first_trading_day_from(max(first, begin))
    while day <= last:
        if (finding := check_order(fund, day)) is not None:
            yield finding
        day = calendar.next_trading_day(day)
    for order in FundOrder.objects.filter(fund=fund, trade_date__gte=first).order_by("trade_date"):
        if order.trade_date < begin or not calendar.is_trading_day(order.trade_date):
            yield OrderFinding(FundDifference.Kind.ORDER_DIFFERS, fund.pk, order.trade_date, order.amount, 0)


def count_from_holdings(fund: Fund, window: Window) -> int:
    """Count what an order must be from what was held before and after its window."""
    held = _read(HELD, fund=fund.pk, cut=window.until) - _read(HELD, fund=fund.pk, cut=window.since)
    return held - _read(INCOME, fund=fund.pk, since=window.since, until=window.until)


def _read(statement: str, **arguments: str | datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return int(cursor.fetchone()[0])
