"""Below /api/v1/."""

from django.urls import path

from groups.disputes import views

DISPUTES = "groups/<uuid:group_id>/disputes"

urlpatterns = [
    path(DISPUTES, views.Disputes.as_view(), name="disputes"),
    path(f"{DISPUTES}/<uuid:dispute_id>", views.OneDispute.as_view(), name="dispute"),
    path(f"{DISPUTES}/<uuid:dispute_id>/concede", views.Concede.as_view(), name="concede_dispute"),
    path(f"{DISPUTES}/<uuid:dispute_id>/withdraw", views.Withdraw.as_view(), name="withdraw_dispute"),
]
