"""Below /api/v1/."""

from django.urls import path

from wallet.events.views import EventKinds, Events

urlpatterns = [
    path("groups/<uuid:group_id>/events", Events.as_view(), name="events"),
    path("event-kinds", EventKinds.as_view(), name="event_kinds"),
]
