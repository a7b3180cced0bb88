"""Everything on one port for development, and `/ws/` alone in production (docs/deploy.md)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wallet.config.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402  (the apps must be ready)

from wallet.events.routing import websocket  # noqa: E402

application = ProtocolTypeRouter({"http": http, "websocket": websocket})
