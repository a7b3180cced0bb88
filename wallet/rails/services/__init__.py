"""Writes about outside institutions. No call to one is ever made inside a transaction.

linking    cards, balances and payees: link them, choose one, unlink them
transfers  a transfer begins, and takes its steps
booking    what the rail said of it, by answer or by notice, is booked once
"""

from wallet.rails.services.booking import hear_notice
from wallet.rails.services.linking import (
    link_account,
    link_card,
    link_payee,
    set_default_source,
    unlink_payee,
    unlink_source,
)
from wallet.rails.services.transfers import advance_transfer, ask_again, create_transfer

__all__ = [
    "advance_transfer",
    "ask_again",
    "create_transfer",
    "hear_notice",
    "link_account",
    "link_card",
    "link_payee",
    "set_default_source",
    "unlink_payee",
    "unlink_source",
]
