"""Every path of the service, room by room."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from wallet.api.health import Live, Ready
from wallet.api.problems import not_found

api: list[URLPattern | URLResolver] = [
    path("health/live", Live.as_view()),
    path("health/ready", Ready.as_view()),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("", include("wallet.identity.urls")),
    path("", include("wallet.rails.urls")),
    path("", include("groups.members.urls")),
    path("", include("groups.proposals.urls")),
    path("", include("groups.rules.urls")),
    path("", include("groups.funding.urls")),
    path("", include("groups.autotransfers.urls")),
    path("", include("groups.spending.urls")),
    path("", include("groups.checkout.urls")),
    path("", include("groups.disputes.urls")),
    path("", include("groups.exits.urls")),
    path("", include("groups.insight.urls")),
    path("", include("wallet.events.urls")),
    path("", include("yields.urls")),
    re_path(r"^.*$", not_found),
]

urlpatterns = [
    path("admin/language/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("_allauth/app/v1/", include("wallet.identity.login_urls")),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include(api)),
]

handler404 = "wallet.api.problems.not_found"
handler500 = "wallet.api.problems.server_error"
