"""Below /api/v1/."""

from django.urls import path

from wallet.identity.views import Me, MyDevice, MyDevices, MyPin, MyPinReset, MyPinResetConfirm, PinProofs, WsTickets

urlpatterns = [
    path("me", Me.as_view(), name="me"),
    path("me/devices", MyDevices.as_view(), name="my_devices"),
    path("me/devices/<uuid:device_id>", MyDevice.as_view(), name="my_device"),
    path("me/pin", MyPin.as_view(), name="my_pin"),
    path("me/pin/reset", MyPinReset.as_view(), name="my_pin_reset"),
    path("me/pin/reset/confirm", MyPinResetConfirm.as_view(), name="my_pin_reset_confirm"),
    path("pin/proofs", PinProofs.as_view(), name="pin_proofs"),
    path("ws-tickets", WsTickets.as_view(), name="ws_tickets"),
]
