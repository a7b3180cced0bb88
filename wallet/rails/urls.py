"""Below /api/v1/."""

from django.urls import path

from wallet.rails.views import MySource, MySources, Notifications

urlpatterns = [
    path("me/sources", MySources.as_view(), name="my_sources"),
    path("me/sources/<uuid:source_id>", MySource.as_view(), name="my_source"),
    path("rails/<str:rail>/notifications", Notifications.as_view(), name="rail_notifications"),
]
