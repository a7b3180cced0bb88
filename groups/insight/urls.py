"""Below /api/v1/."""

from django.urls import path

from groups.insight.views import Entries, MonthStatement, Snapshot

urlpatterns = [
    path("groups/<uuid:group_id>/entries", Entries.as_view(), name="entries"),
    path("groups/<uuid:group_id>/statement", MonthStatement.as_view(), name="statement"),
    path("groups/<uuid:group_id>/snapshot", Snapshot.as_view(), name="snapshot"),
]
