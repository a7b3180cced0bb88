from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FundsideConfig(AppConfig):
    name = "yields.fundside"
    label = "fundside"
    verbose_name = _("Fund company")
