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
    """A refused payment has nothing to give back."""

    code = "payment_not_settled"
    title = _("Not paid")
    detail = _("This payment was refused; there is nothing to give back.")


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
