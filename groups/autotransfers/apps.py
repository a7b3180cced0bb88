from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutoTransfersConfig(AppConfig):
    name = "groups.autotransfers"
    label = "autotransfers"
    verbose_name = _("Auto-transfers")

    def ready(self) -> None:
        from groups.autotransfers import checks  # noqa: F401
        from groups.autotransfers.services.ending import hear_closure, hear_departure, hear_role, object_to_unlinking
        from groups.autotransfers.services.running import hear_outcome
        from groups.funding.changes import outcome
        from groups.members.changes import closure, departure, new_role
        from wallet.rails.unlinking import before_unlinking

        outcome.listen(hear_outcome)
        departure.listen(hear_departure)
        new_role.listen(hear_role)
        closure.listen(hear_closure)
        before_unlinking(object_to_unlinking)
