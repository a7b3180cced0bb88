from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "groups.members"
    label = "members"
    verbose_name = _("Groups and members")

    def ready(self) -> None:
        from groups.members import checks  # noqa: F401
        from groups.members.selectors import readable_wallets
        from wallet.events.readers import set_readers

        set_readers(readable_wallets)
