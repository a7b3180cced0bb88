from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CheckoutConfig(AppConfig):
    name = "groups.checkout"
    label = "checkout"
    verbose_name = _("Online checkout")

    def ready(self) -> None:
        from groups.checkout import checks  # noqa: F401
