from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DisputesConfig(AppConfig):
    name = "groups.disputes"
    label = "disputes"
    verbose_name = _("Disputes and holds")

    def ready(self) -> None:
        from groups.disputes import checks  # noqa: F401
        from groups.disputes.selectors import contests_of
        from groups.disputes.services.repayments import hear_comeback, hear_refund
        from groups.funding.changes import comeback
        from groups.spending.changes import refunding, set_contests

        set_contests(contests_of)
        refunding.listen(hear_refund)
        comeback.listen(hear_comeback)
