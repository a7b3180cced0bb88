from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class YieldsConfig(AppConfig):
    name = "yields"
    label = "yields"
    verbose_name = _("Yield")

    def ready(self) -> None:
        from yields import checks  # noqa: F401
