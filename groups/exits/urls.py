"""Below /api/v1/."""

from django.urls import path

from groups.exits.views import OneMember

urlpatterns = [path("groups/<uuid:group_id>/members/<uuid:user_id>", OneMember.as_view(), name="member")]
