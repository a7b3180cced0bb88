"""Below /api/v1/."""

from django.urls import path

from groups.autotransfers import payees, views

ORDERS = "groups/<uuid:group_id>/auto-transfers"
ORDER = f"{ORDERS}/<uuid:order_id>"

urlpatterns = [
    path(ORDERS, views.AutoTransfers.as_view(), name="auto_transfers"),
    path(ORDER, views.OneAutoTransfer.as_view(), name="auto_transfer"),
    path(f"{ORDER}/pause", views.AutoTransferPause.as_view(), name="pause_auto_transfer"),
    path(f"{ORDER}/resume", views.AutoTransferResumption.as_view(), name="resume_auto_transfer"),
    path(f"{ORDER}/skip", views.AutoTransferSkip.as_view(), name="skip_auto_transfer"),
    path(f"{ORDER}/runs", views.AutoTransferRuns.as_view(), name="auto_transfer_runs"),
    path(f"{ORDER}/runs/<uuid:run_id>/contribution", views.RunPaidByHand.as_view(), name="pay_auto_transfer_run"),
    path("groups/<uuid:group_id>/payees", payees.Payees.as_view(), name="payees"),
    path("groups/<uuid:group_id>/payees/<uuid:payee_id>", payees.OnePayee.as_view(), name="payee"),
]
