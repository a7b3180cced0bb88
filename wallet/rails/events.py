"""What happens to money on its way."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

transfer_submitted = define(
    "transfer_submitted", _("The bank was asked"), fields=("transfer", "purpose", "subject", "user"), money=("amount",)
)
transfer_unknown = define(
    "transfer_unknown",
    _("The bank has not answered; it is asked again"),
    fields=("transfer", "purpose", "subject", "user"),
    money=("amount",),
)
