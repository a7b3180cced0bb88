from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IdentityConfig(AppConfig):
    name = "wallet.identity"
    label = "identity"
    verbose_name = _("People and devices")

    def ready(self) -> None:
        from django.contrib import admin

        # Django and drf-spectacular find their checks and extensions by their being imported.
        from wallet.identity import deployment, schema  # noqa: F401
        from wallet.identity.forms import OperatorLoginForm

        admin.site.login_form = OperatorLoginForm
        admin.site.login_template = "identity/operator_login.html"
