"""What happens to money that is spent."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

payment_settled = define(
    "payment_settled",
    _("A payment was made"),
    fields=("payment", "merchant", "user", "subject", "category", "sharing_rule"),
    money=("amount",),
    shares=("shares",),
    posts=True,
)
payment_refused = define(
    "payment_refused",
    _("A payment was refused"),
    fields=("payment", "merchant", "user", "subject", "category", "refusal_code", "limit"),
    money=("amount",),
)
payment_refunded = define(
    "payment_refunded",
    _("A payment was given back"),
    fields=("payment", "refund", "merchant"),
    money=("amount", "refunded"),
    posts=True,
)
payment_reshared = define(
    "payment_reshared",
    _("A payment was shared anew"),
    fields=("payment", "merchant", "proposal"),
    shares=("before", "after"),
    posts=True,
)
