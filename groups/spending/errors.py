"""What spending refuses."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal


class CodeUnknown(Refusal):
    """No such payment code was ever shown."""

    code = "payment_code_unknown"
    title = _("Payment code unknown")
    detail = _("This payment code is not valid. Ask for a new one.")


class CodeExpired(Refusal):
    """The payment code is older than its minute, or was replaced by a newer one."""

    code = "payment_code_expired"
    title = _("Payment code expired")
    detail = _("This payment code has expired. Ask for a new one.")


class CodeUsed(Refusal):
    """The payment code was used, whether the payment went through or not."""

    code = "payment_code_used"
    title = _("Payment code used")
    detail = _("This payment code has been used. Ask for a new one.")


class TradeNumberReused(Refusal):
    """The merchant's number stands for another payment."""

    code = "out_trade_no_reused"
    status = 409
    title = _("Number already used")
    detail = _("This out_trade_no already stands for another payment.")


class RefundNumberReused(Refusal):
    """The merchant's number stands for another refund."""

    code = "out_request_no_reused"
    status = 409
    title = _("Number already used")
    detail = _("This out_request_no already stands for another refund.")


class PaymentNotFound(NotFound):
    """There is no such payment, or it is not the caller's to see."""

    code = "payment_not_found"


class MerchantNotFound(NotFound):
    """There is no such merchant."""

    code = "merchant_not_found"


class PaymentNotSettled(Refusal):
    """A refused payment has nothing to give back, and nothing to share."""

    code = "payment_not_settled"
    title = _("Not paid")
    detail = _("This payment was refused; there is nothing to give back or to share.")


class RefundTooLarge(Refusal):
    """More than what is left of the payment."""

    code = "refund_too_large"
    title = _("More than was paid")
    detail = _("No more than %(left)s of this payment can still be given back.")
    fen = ("left",)


class PayerNotAllowed(Refusal):
    """Whoever showed the code may not spend in this group any more."""

    code = "payer_not_allowed"
    title = _("Payment refused")
    detail = _("This payment code cannot be used for paying.")


class NothingToReshare(Refusal):
    """Nobody who is in the group now, and whose share may change, bears anything of the payment any more."""

    code = "nothing_to_reshare"
    title = _("Nothing to share")
    detail = _("Nothing is left of this payment that could be shared anew.")


class NotConcerned(Refusal):
    """Only the payer, and who bears a part of the payment or shall bear one, may propose to share it anew."""

    code = "not_concerned"
    status = 403
    title = _("Not yours to propose")
    detail = _("Only the payer and those who bear it can propose to share this payment anew.")


class PaymentContested(Refusal):
    """The payment is contested: until that is decided its shares stay as they are."""

    code = "payment_contested"
    title = _("Contested")
    detail = _("A dispute about this payment is undecided; until then its shares stay as they are.")


class ShareDecided(Refusal):
    """Somebody was awarded their share by a dispute, and it stays until it has come back."""

    code = "share_decided"
    title = _("Already decided")
    detail = _("A dispute has decided about the share of somebody named; it stays as it is.")


class ResharedMeanwhile(Refusal):
    """The payment was shared anew after this was proposed: what was voted on started from other shares."""

    code = "reshared_meanwhile"
    status = 409
    title = _("Shared anew meanwhile")
    detail = _("This payment has been shared anew meanwhile. Propose it again.")
