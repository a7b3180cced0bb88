from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RulesConfig(AppConfig):
    name = "groups.rules"
    label = "rules"
    verbose_name = _("Rules")

    def ready(self) -> None:
        from groups.members.changes import arrival, departure, founding, set_admission
        from groups.rules import checks  # noqa: F401
        from groups.rules.services import beginning

        founding.listen(beginning.write_rulebook)
        set_admission(beginning.may_admit)
        arrival.listen(beginning.ask_for_spender)
        departure.listen(beginning.forget_debt_rule)
