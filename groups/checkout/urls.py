"""Below /api/v1/. The converter of merchants' numbers is registered by `groups.spending.urls`."""

from django.urls import path

from groups.checkout import views

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
