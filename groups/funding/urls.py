"""Below /api/v1/."""

from django.urls import path

from groups.funding.views import Contributions, OneContribution

urlpatterns = [
    path("groups/<uuid:group_id>/contributions", Contributions.as_view(), name="contributions"),
    path("groups/<uuid:group_id>/contributions/<uuid:contribution_id>", OneContribution.as_view(), name="contribution"),
]
