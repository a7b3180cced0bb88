from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "wallet.events"
    label = "events"
    verbose_name = _("Events")

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from wallet.events import checks  # noqa: F401
        from wallet.events.relay import announce, announce_revocation
        from wallet.identity.revocations import on_revocation
        from wallet.ledger import news

        news.listen(announce)
        on_revocation(announce_revocation)
        # Every process knows every kind, also one that has served nothing yet: a websocket may ask for any event.
        autodiscover_modules("events")
