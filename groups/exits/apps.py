from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExitsConfig(AppConfig):
    name = "groups.exits"
    label = "exits"
    verbose_name = _("Partings")

    def ready(self) -> None:
        from groups.exits import checks  # noqa: F401
        from groups.exits.services.leaving import hear_payout
        from groups.funding.changes import payout

        payout.listen(hear_payout)
