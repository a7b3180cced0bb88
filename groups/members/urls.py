"""Below /api/v1/."""

from django.urls import path

from groups.members import views

urlpatterns = [
    path("groups", views.Groups.as_view(), name="groups"),
    path("groups/<uuid:group_id>/members", views.Members.as_view(), name="members"),
    path("groups/<uuid:group_id>/invitations", views.Invitations.as_view(), name="group_invitations"),
    path(
        "groups/<uuid:group_id>/invitations/<uuid:invitation_id>",
        views.GroupInvitation.as_view(),
        name="group_invitation",
    ),
    path("invitations/<str:code>", views.Offer.as_view(), name="invitation"),
    path("invitations/<str:code>/accept", views.AcceptOffer.as_view(), name="accept_invitation"),
    path("invitations/<str:code>/decline", views.DeclineOffer.as_view(), name="decline_invitation"),
]
