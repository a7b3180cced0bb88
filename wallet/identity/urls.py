"""Below /api/v1/."""

from django.urls import path

from wallet.identity.views import Me, MyDevice, MyDevices, WsTickets

urlpatterns = [
    path("me", Me.as_view(), name="me"),
    path("me/devices", MyDevices.as_view(), name="my_devices"),
    path("me/devices/<uuid:device_id>", MyDevice.as_view(), name="my_device"),
    path("ws-tickets", WsTickets.as_view(), name="ws_tickets"),
]
