"""Below /api/v1/."""

urlpatterns: list[object] = []
