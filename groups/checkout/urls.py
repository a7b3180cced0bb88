"""Below /api/v1/."""

from django.urls import path

from groups.checkout import views
from groups.spending import converters as _converters  # noqa: F401

urlpatterns = [
    path("merchant/orders", views.MerchantOrders.as_view(), name="merchant_orders"),
    path("merchant/orders/<merchant_number:out_trade_no>", views.OneMerchantOrder.as_view(), name="merchant_order"),
    path(
        "merchant/orders/<merchant_number:out_trade_no>/cancel",
        views.MerchantOrderCancellation.as_view(),
        name="merchant_order_cancellation",
    ),
    path("orders/<uuid:checkout_id>", views.OneOrder.as_view(), name="order"),
    path("orders/<uuid:checkout_id>/pay", views.OrderPayment.as_view(), name="order_payment"),
]
