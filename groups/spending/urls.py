"""Below /api/v1/."""

from django.urls import path, register_converter

from groups.spending import views
from groups.spending.serializers import MERCHANT_NUMBER


class MerchantNumber:
    """A merchant's own number; what cannot be one leads nowhere."""

    regex = MERCHANT_NUMBER.strip("^$")

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MerchantNumber, "merchant_number")

urlpatterns = [
    path("groups/<uuid:group_id>/payment-codes", views.PaymentCodes.as_view(), name="payment_codes"),
    path("groups/<uuid:group_id>/payments", views.Payments.as_view(), name="payments"),
    path("groups/<uuid:group_id>/payments/<uuid:payment_id>", views.OnePayment.as_view(), name="payment"),
    path("merchant/payments", views.MerchantPayments.as_view(), name="merchant_payments"),
    path(
        "merchant/payments/<merchant_number:out_trade_no>/refunds",
        views.MerchantRefunds.as_view(),
        name="merchant_refunds",
    ),
]
