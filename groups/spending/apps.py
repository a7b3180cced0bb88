from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SpendingConfig(AppConfig):
    name = "groups.spending"
    label = "spending"
    verbose_name = _("Spending")

    def ready(self) -> None:
        from groups.spending import checks  # noqa: F401
