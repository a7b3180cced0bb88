"""What the books refuse."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal


class WalletNotFound(NotFound):
    """There is no such wallet."""

    code = "wallet_not_found"


class WalletBusy(Refusal):
    """The wallet's lock was not to be had in time; nothing was done."""

    code = "wallet_busy"
    status = 409
    title = _("Busy")
    detail = _("Too much is happening in this wallet at once. Try again in a moment.")
    retry_after_seconds = 1


class InsufficientFunds(Refusal):
    """A stake would fall below its floor."""

    code = "insufficient_funds"
    title = _("Not enough money")
    detail = _("There is not enough money for this.")


class ReferenceReused(Refusal):
    """The reference is known with other content: somebody used one number for two things."""

    code = "reference_reused"
    status = 409
    title = _("Number already used")
    detail = _("This number already stands for something else.")


class ReversalTooLarge(Refusal):
    """More would be reversed than was posted."""

    code = "reversal_too_large"
    title = _("More than the original")
    detail = _("No more can be given back than was taken.")


class SharesChanged(Refusal):
    """A correction would leave a share below zero: it was worked out from what is not so any more."""

    code = "shares_changed"
    status = 409
    title = _("Shares have changed")
    detail = _("Who bears what has changed meanwhile. Look again.")
