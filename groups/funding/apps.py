from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FundingConfig(AppConfig):
    name = "groups.funding"
    label = "funding"
    verbose_name = _("Funding")

    def ready(self) -> None:
        from groups.funding import checks  # noqa: F401
        from groups.funding.models import CONTRIBUTION, WITHDRAWAL
        from groups.funding.services import finish_contribution, finish_withdrawal
        from groups.funding.services.waiting import hear_departure
        from groups.members.changes import departure
        from wallet.rails.outcomes import on_outcome

        on_outcome(CONTRIBUTION, finish_contribution)
        on_outcome(WITHDRAWAL, finish_withdrawal)
        departure.listen(hear_departure)
