"""What happens to money that is contested or stopped.

Where nothing is held there is no entry, and a kind comes always with one or never; so a dispute about money that is
not there has kinds of its own. Of a legal hold the group learns whose money is held and how much, and nothing else.
"""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

PARTIES = ("dispute", "user", "respondent", "payment", "withdrawal")
OPENED = (*PARTIES, "deadline_at", "default")
ENDED = (*PARTIES, "outcome", "reason")
OUTCOME = ("amount", "awarded", "returned")

dispute_opened = define(
    "dispute_opened",
    _("A payment or a transfer is contested, and the amount is held"),
    fields=OPENED,
    money=("amount", "held"),
    posts=True,
)
dispute_opened_unfunded = define(
    "dispute_opened_unfunded",
    _("A payment or a transfer is contested; there was nothing to hold"),
    fields=OPENED,
    money=("amount", "held"),
)
dispute_upheld = define(
    "dispute_upheld", _("A dispute ended; the contested money was given back"), fields=ENDED, money=OUTCOME, posts=True
)
dispute_closed = define(
    "dispute_closed", _("A dispute ended; what was held is back"), fields=ENDED, money=OUTCOME, posts=True
)
dispute_closed_unfunded = define(
    "dispute_closed_unfunded", _("A dispute ended; no money moved"), fields=ENDED, money=OUTCOME
)
dispute_refunded = define(
    "dispute_refunded",
    _("What came back after a dispute went to who had made up for it"),
    fields=PARTIES,
    money=("amount",),
    posts=True,
)
legal_hold_placed = define(
    "legal_hold_placed", _("A part of a member's share is held"), fields=("user",), money=("amount",), posts=True
)
legal_hold_released = define(
    "legal_hold_released",
    _("What was held of a member's share is back"),
    fields=("user",),
    money=("amount",),
    posts=True,
)
