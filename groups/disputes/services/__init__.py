"""Writes about money that is held, each under the wallet's lock.

    contests     a member contests a share; as much of it as there is leaves the respondent's stake
    outcomes     conceded, withdrawn, decided by an operator, or expired: once, and the money goes where it belongs
    repayments   what comes back after an award goes on to the respondent
    legal_holds  asked for by one operator and answered by another; ended by time, or by two people again

Postings: what is held goes from a stake to HELD, and comes back from HELD; what was awarded and comes back a second
time goes from one stake to the other. Nothing else of the wallet is touched.
"""

from groups.disputes.services.contests import contest
from groups.disputes.services.legal_holds import (
    approve_legal_hold,
    approve_release,
    ask_legal_hold,
    ask_release,
    decline_legal_hold,
    decline_release,
    end_legal_holds,
)
from groups.disputes.services.outcomes import concede, decide_dispute, expire_disputes, withdraw

__all__ = [
    "approve_legal_hold",
    "approve_release",
    "ask_legal_hold",
    "ask_release",
    "concede",
    "contest",
    "decide_dispute",
    "decline_legal_hold",
    "decline_release",
    "end_legal_holds",
    "expire_disputes",
    "withdraw",
]
