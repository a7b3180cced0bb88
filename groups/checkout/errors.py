"""What checkout refuses."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal


class OrderNotFound(NotFound):
    """There is no such order, or it is not this merchant's."""

    code = "order_not_found"


class OrderNumberReused(Refusal):
    """The merchant's number stands for another order."""

    code = "order_number_reused"
    status = 409
    title = _("Number already used")
    detail = _("This out_trade_no already stands for another order.")


class OrderNotOpen(Refusal):
    """The order was paid or closed."""

    code = "order_not_open"
    status = 409
    title = _("Not open any more")
    detail = _("This order has been paid or closed.")


class MerchantClosed(Refusal):
    """Operators have closed the merchant since the order was made."""

    code = "merchant_closed"
    status = 409
    title = _("Shop closed")
    detail = _("This shop is not paid any more.")


class OrderExpired(Refusal):
    """The order's time is over."""

    code = "order_expired"
    status = 409
    title = _("Order expired")
    detail = _("The time to pay this order is over. Order again.")


class CancelTooLate(Refusal):
    """An order that was paid on an earlier day is refunded, not cancelled."""

    code = "cancel_too_late"
    title = _("Too late to cancel")
    detail = _("This order was paid on an earlier day. Give the money back with a refund.")


class NotifyAddressRefused(Refusal):
    """A merchant is told over https, at port 443 or 8443 of a host that everybody can reach, with no user named."""

    code = "notify_url_refused"
    title = _("Not an address for messages")
    detail = _("Messages go to an https address, port 443 or 8443, that can be reached from everywhere.")
