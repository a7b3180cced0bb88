"""Writes about spending.

codes      a member shows a code
charging   a merchant charges it
refunds    a merchant gives back
merchants  who may charge

The merchant's own numbers are the keys: `out_trade_no` stands for one payment of that merchant for ever,
`out_request_no` for one refund of that payment.
"""

from groups.spending.services.charging import Charge, Charged, charge
from groups.spending.services.codes import ShownCode, show_code
from groups.spending.services.merchants import create_merchant
from groups.spending.services.refunds import Refunded, refund

__all__ = [
    "Charge",
    "Charged",
    "Refunded",
    "ShownCode",
    "charge",
    "create_merchant",
    "refund",
    "show_code",
]
