"""Below /api/v1/."""

from django.urls import path

from groups.proposals import views

urlpatterns = [
    path("proposal-kinds", views.ProposalKinds.as_view(), name="proposal_kinds"),
    path("groups/<uuid:group_id>/proposals", views.Proposals.as_view(), name="proposals"),
    path("groups/<uuid:group_id>/proposals/<uuid:proposal_id>", views.OneProposal.as_view(), name="proposal"),
    path("groups/<uuid:group_id>/proposals/<uuid:proposal_id>/votes", views.Votes.as_view(), name="votes"),
    path(
        "groups/<uuid:group_id>/proposals/<uuid:proposal_id>/cancel",
        views.Cancellation.as_view(),
        name="cancel_proposal",
    ),
]
