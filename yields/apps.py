from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class YieldsConfig(AppConfig):
    name = "yields"
    label = "yields"
    verbose_name = _("Yield")

    def ready(self) -> None:
        from groups.funding.changes import outcome, payout
        from groups.funding.speeds import Ways, set_ways
        from groups.members.changes import closing, closure, succession
        from yields import checks  # noqa: F401
        from yields.services.allowances import find_allowance, hear_outcome, say_arrival, take_allowance
        from yields.services.enrollment import hear_closure, hear_succession
        from yields.services.settling import hear_closing

        succession.listen(hear_succession)
        closing.listen(hear_closing)
        closure.listen(hear_closure)
        set_ways(Ways(arrive=say_arrival, allow=find_allowance, take=take_allowance))
        outcome.listen(hear_outcome)
        payout.listen(hear_outcome)
