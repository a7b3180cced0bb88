"""Outside institutions and money on its way, to be read; written here is only why our books and a rail's differ.

linked          sources and payees
transfers       transfers and notices
reconciliation  days and differences
"""

from wallet.rails.admin.linked import FundingSourceAdmin, PayeeAdmin
from wallet.rails.admin.reconciliation import DifferenceAdmin, ReconciliationRunAdmin
from wallet.rails.admin.transfers import RailNoticeAdmin, TransferAdmin

__all__ = [
    "DifferenceAdmin",
    "FundingSourceAdmin",
    "PayeeAdmin",
    "RailNoticeAdmin",
    "ReconciliationRunAdmin",
    "TransferAdmin",
]
