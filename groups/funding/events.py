"""What happens to money that comes in from members and goes back to them."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

FIELDS = ("user", "source")

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
    fields=("withdrawal", *FIELDS),
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
