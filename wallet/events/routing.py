"""The websocket application for `wallet.config.asgi`. It has one address, which `handshake` checks."""

from wallet.events.consumer import serve

websocket = serve
