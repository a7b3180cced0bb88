from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ProposalsConfig(AppConfig):
    name = "groups.proposals"
    label = "proposals"
    verbose_name = _("Proposals")

    def ready(self) -> None:
        from groups.members.changes import departure
        from groups.proposals import checks  # noqa: F401
        from groups.proposals.services import hear_departure

        departure.listen(hear_departure)
        # Every process knows every kind: any of them may be asked to execute one.
        autodiscover_modules("proposals")
