"""Below /api/v1/."""

from django.urls import path

from groups.exits import views

urlpatterns = [
    path("groups/<uuid:group_id>/members/<uuid:user_id>", views.OneMember.as_view(), name="member"),
    path("groups/<uuid:group_id>/exit", views.Exit.as_view(), name="exit"),
    path("groups/<uuid:group_id>/dissolution", views.GroupDissolution.as_view(), name="dissolution"),
    path("groups/<uuid:group_id>/resignation", views.Resignation.as_view(), name="resignation"),
    path("groups/<uuid:group_id>/settle-up", views.SettlementPlan.as_view(), name="settle_up"),
]
