"""Below /api/v1/."""

from django.urls import path

from groups.spending import converters as _converters  # noqa: F401
from groups.spending import views

urlpatterns = [
    path("groups/<uuid:group_id>/payment-codes", views.PaymentCodes.as_view(), name="payment_codes"),
    path("groups/<uuid:group_id>/payments", views.Payments.as_view(), name="payments"),
    path("groups/<uuid:group_id>/payments/<uuid:payment_id>", views.OnePayment.as_view(), name="payment"),
    path("groups/<uuid:group_id>/payments/<uuid:payment_id>/reshare", views.Reshare.as_view(), name="reshare"),
    path("merchant/payments", views.MerchantPayments.as_view(), name="merchant_payments"),
    path(
        "merchant/payments/<payment_number:out_trade_no>/refunds",
        views.MerchantRefunds.as_view(),
        name="merchant_refunds",
    ),
]
