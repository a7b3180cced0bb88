"""Writes about standing orders.

terms     what an order says, and whether a change of it needs the others
orders    make, change, pause, resume, skip one: by people
ending    what ends an order, by people or by itself, and what cannot be unlinked meanwhile
running   what is due happens, once; what does not succeed is tried again, and in the end missed
sweeping  workers take what is due, over all wallets
"""

from groups.autotransfers.services.ending import end_order
from groups.autotransfers.services.orders import change_order, make_order, pause_order, resume_order, skip_next
from groups.autotransfers.services.running import pay_by_hand
from groups.autotransfers.services.sweeping import run_due
from groups.autotransfers.services.terms import Terms, terms_of

__all__ = [
    "Terms",
    "change_order",
    "end_order",
    "make_order",
    "pause_order",
    "pay_by_hand",
    "resume_order",
    "run_due",
    "skip_next",
    "terms_of",
]
