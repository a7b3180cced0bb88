from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RailsConfig(AppConfig):
    name = "wallet.rails"
    label = "rails"
    verbose_name = _("Rails")

    def ready(self) -> None:
        from wallet.rails import checks  # noqa: F401
