"""News for the rooms above: a device has been revoked. They register here, so that this room need not know them.

Callbacks run after the commit, once per device, and must not fail: the revocation is already true, and a socket that
was not told finds out by itself when it next looks.
"""

from collections.abc import Callable

import structlog

from wallet.identity.models import Device

Callback = Callable[[Device], None]

log = structlog.get_logger(__name__)
_callbacks: list[Callback] = []


def on_revocation(callback: Callback) -> Callback:
    """Call this function with every device that is revoked from now on; usable as a decorator."""
    if callback not in _callbacks:
        _callbacks.append(callback)
    return callback


def tell_revocation(device: Device) -> None:
    """Tell everybody, whatever one of them does."""
    for callback in _callbacks:
        try:
            callback(device)
        except Exception:
            log.exception("revocation_not_heard", device=str(device.id))
