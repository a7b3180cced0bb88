"""Below /api/v1/."""

from django.urls import path

from groups.funding import views

urlpatterns = [
    path("groups/<uuid:group_id>/contributions", views.Contributions.as_view(), name="contributions"),
    path(
        "groups/<uuid:group_id>/contributions/<uuid:contribution_id>",
        views.OneContribution.as_view(),
        name="contribution",
    ),
    path("groups/<uuid:group_id>/withdrawals", views.Withdrawals.as_view(), name="withdrawals"),
    path("groups/<uuid:group_id>/withdrawals/<uuid:withdrawal_id>", views.OneWithdrawal.as_view(), name="withdrawal"),
    path(
        "groups/<uuid:group_id>/withdrawals/<uuid:withdrawal_id>/objections",
        views.Objections.as_view(),
        name="objections",
    ),
    path(
        "groups/<uuid:group_id>/withdrawals/<uuid:withdrawal_id>/cancel",
        views.WithdrawalCancellation.as_view(),
        name="cancel_withdrawal",
    ),
]
