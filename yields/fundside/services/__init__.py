"""Writes of the fund's side: orders, what the company confirmed, and the reconciliation of a day.

orders        one order a trading day and fund, made once and sent until the company has it
confirming    hears what the company confirmed
reconciling   a fund's day: position, income and credits against what its company states
"""

from yields.fundside.services.confirming import hear_confirmations
from yields.fundside.services.orders import make_due_orders, make_order, send_order, send_orders
from yields.fundside.services.reconciling import reconcile_fund, reconcile_funds_due

__all__ = [
    "hear_confirmations",
    "make_due_orders",
    "make_order",
    "reconcile_fund",
    "reconcile_funds_due",
    "send_order",
    "send_orders",
]
