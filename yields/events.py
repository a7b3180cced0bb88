"""What happens to a group's money in the fund. A day whose income is 0 moves nothing and tells nothing."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

yield_switched_on = define(
    "yield_switched_on",
    _("The balance earns from now on"),
    fields=("enrollment", "fund", "agreement_version", "is_sandbox"),
)
yield_switched_off = define("yield_switched_off", _("The balance no longer earns"), fields=("enrollment", "fund"))
yield_credited = define(
    "yield_credited",
    _("A day's yield was credited"),
    fields=("fund", "date", "yield_per_10k", "is_sandbox"),
    money=("base", "amount"),
    shares=("shares",),
    posts=True,
)
yield_corrected = define(
    "yield_corrected",
    _("A day's yield was credited anew, by a corrected rate"),
    fields=("fund", "date", "number", "yield_per_10k", "is_sandbox"),
    money=("base", "amount"),
    shares=("shares",),
    posts=True,
)
yield_reversed = define(
    "yield_reversed",
    _("A day's yield was taken back, for it was credited by a wrong rate"),
    fields=("fund", "date", "number", "is_sandbox"),
    money=("amount",),
    shares=("shares",),
    posts=True,
)
