"""What happens to proposals."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

proposal_made = define(
    "proposal_made",
    _("Something was proposed"),
    fields=("proposal", "kind", "proposer", "payload", "voters", "needed", "expires_at"),
)
vote_cast = define(
    "vote_cast", _("Somebody voted"), fields=("proposal", "voter", "choice", "approvals", "rejections", "needed")
)
vote_reminded = define(
    "vote_reminded", _("A proposal still waits for votes"), fields=("proposal", "silent", "expires_at")
)
proposal_ended = define("proposal_ended", _("A proposal has ended"), fields=("proposal", "kind", "status", "outcome"))
