"""Below /api/v1/."""

from django.urls import path

from groups.rules import views

urlpatterns = [
    path("groups/<uuid:group_id>", views.OneGroup.as_view(), name="group"),
    path("groups/<uuid:group_id>/limits", views.Limits.as_view(), name="limits"),
    path("groups/<uuid:group_id>/blocks", views.Blocks.as_view(), name="blocks"),
    path("groups/<uuid:group_id>/pauses", views.Pauses.as_view(), name="pauses"),
]
