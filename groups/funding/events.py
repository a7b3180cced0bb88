"""What happens to money that comes in from members and goes back to them."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

FIELDS = ("user", "source")
#: Of one that leaves: how it goes, whether that is slower than it was asked for, and when an ordinary one is expected.
WAY = ("speed", "slowed", "expected_at")

contribution_requested = define(
    "contribution_requested", _("A contribution is on its way"), fields=("contribution", *FIELDS), money=("amount",)
)
contribution_settled = define(
    "contribution_settled",
    _("A contribution has arrived"),
    fields=("contribution", *FIELDS),
    money=("amount",),
    posts=True,
)
contribution_failed = define(
    "contribution_failed",
    _("A contribution did not arrive"),
    fields=("contribution", "failure_code", *FIELDS),
    money=("amount",),
)
withdrawal_requested = define(
    "withdrawal_requested",
    _("A payout is on its way"),
    fields=("withdrawal", *WAY, *FIELDS),
    money=("amount",),
    posts=True,
)
withdrawal_settled = define(
    "withdrawal_settled", _("A payout has arrived"), fields=("withdrawal", *FIELDS), money=("amount",), posts=True
)
withdrawal_failed = define(
    "withdrawal_failed",
    _("A payout did not arrive; the money is back"),
    fields=("withdrawal", "failure_code", *FIELDS),
    money=("amount",),
    posts=True,
)
withdrawal_settled_late = define(
    "withdrawal_settled_late",
    _("A payout that had failed has arrived after all; its money was taken again"),
    fields=("withdrawal", *FIELDS),
    money=("amount", "claimed"),
    posts=True,
)
transfer_announced = define(
    "transfer_announced",
    _("A payout that the group bears was announced; until it leaves, anybody may object"),
    fields=("withdrawal", "memo", "executes_at", "speed", *FIELDS),
    money=("amount",),
)
transfer_stopped = define(
    "transfer_stopped", _("An announced payout was stopped"), fields=("withdrawal", *FIELDS), money=("amount",)
)
transfer_refused = define(
    "transfer_refused",
    _("An announced payout could not leave any more"),
    fields=("withdrawal", "failure_code", *FIELDS),
    money=("amount",),
)
transfer_requested = define(
    "transfer_requested",
    _("A payout that the group bears is on its way"),
    fields=("withdrawal", *WAY, *FIELDS),
    money=("amount",),
    shares=("shares",),
    posts=True,
)
transfer_settled = define(
    "transfer_settled",
    _("A payout that the group bears has arrived"),
    fields=("withdrawal", *FIELDS),
    money=("amount",),
    posts=True,
)
transfer_failed = define(
    "transfer_failed",
    _("A payout that the group bears did not arrive; the money is back"),
    fields=("withdrawal", "failure_code", *FIELDS),
    money=("amount",),
    posts=True,
)
transfer_settled_late = define(
    "transfer_settled_late",
    _("A payout that the group bears had failed and has arrived after all; its money was taken again"),
    fields=("withdrawal", *FIELDS),
    money=("amount", "claimed"),
    shares=("shares",),
    posts=True,
)
claim_collected = define(
    "claim_collected",
    _("What a payout that arrived late had left owing was taken from a stake"),
    fields=("claim", "withdrawal", "user"),
    money=("amount", "outstanding"),
    posts=True,
)
