"""Writes about proposals.

proposing  make one
voting     vote on it, or take it back
ending     it is carried out, rejected, cancelled or overdue
reminding  tell who is silent
payloads   what is proposed, as it is stored

Everything is judged under the wallet's lock, and time by the database's clock; `now` only dates the events.
"""

from groups.proposals.services.ending import cancel_open, expire_proposals, hear_departure
from groups.proposals.services.proposing import open_proposal, propose
from groups.proposals.services.reminding import remind_silent
from groups.proposals.services.voting import cancel, vote

__all__ = [
    "cancel",
    "cancel_open",
    "expire_proposals",
    "hear_departure",
    "open_proposal",
    "propose",
    "remind_silent",
    "vote",
]
