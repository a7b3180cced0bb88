from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class YieldsConfig(AppConfig):
    name = "yields"
    label = "yields"
    verbose_name = _("Yield")

    def ready(self) -> None:
        from groups.members.changes import closure, succession
        from yields import checks  # noqa: F401
        from yields.services.enrollment import hear_closure, hear_succession

        succession.listen(hear_succession)
        closure.listen(hear_closure)
