"""Writes about money in and out. The outcome comes later, from the rail, once.

contributions  in, from a member's source
withdrawals    out of a member's own stake to their own source: nobody is asked
shared         out of everybody's, borne by the group: guarded by its rules
waiting        announced first: others may object before it leaves
ways           how money goes out: fast, or by the ordinary way
late           out after all, though it had failed: its money is taken again, or owed
"""

from groups.funding.services.contributions import (
    contribute,
    finish_contribution,
    start_contribution,
)
from groups.funding.services.late import collect_claim, set_off_claims
from groups.funding.services.shared import withdraw_shared
from groups.funding.services.waiting import cancel_shared, object_to, send_waiting
from groups.funding.services.ways import foresee_way
from groups.funding.services.withdrawals import check_cover, finish_withdrawal, pay_out, withdraw

__all__ = [
    "cancel_shared",
    "check_cover",
    "collect_claim",
    "contribute",
    "finish_contribution",
    "finish_withdrawal",
    "foresee_way",
    "object_to",
    "pay_out",
    "send_waiting",
    "set_off_claims",
    "start_contribution",
    "withdraw",
    "withdraw_shared",
]
