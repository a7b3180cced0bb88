"""Which adapter speaks for a rail: built from the settings and kept per process, or put in its place by `use_adapter`.

The override is the process's, not a thread's: tests and replays drive many threads with one bank.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.conf import settings

from wallet.rails.adapters.base import Adapter, RailNotConfigured
from wallet.rails.adapters.sandbox import SandboxAdapter

_overrides: dict[str, Adapter] = {}


def get_adapter(rail: str) -> Adapter:
    """Get the adapter of a rail.

    :raises RailNotConfigured: when this installation has none of that name.
    """
    if rail in _overrides:
        return _overrides[rail]
    if rail == "sandbox" and rail in settings.RAILS and settings.SANDBOX_BANK_URL:
        return _build_sandbox(
            settings.SANDBOX_BANK_URL,
            settings.SANDBOX_BANK_KEY_ID,
            settings.SANDBOX_BANK_SECRET,
            f"{settings.BASE_URL}/api/v1/rails/{rail}/notifications",
            settings.RAIL_CONNECT_TIMEOUT_SECONDS,
            settings.RAIL_READ_TIMEOUT_SECONDS,
        )
    raise RailNotConfigured(rail)


@contextmanager
def use_adapter(rail: str, adapter: Adapter) -> Iterator[Adapter]:
    """Let `adapter` speak for a rail, in the whole process, until the block ends."""
    before = _overrides.get(rail)
    _overrides[rail] = adapter
    try:
        yield adapter
    finally:
        del _overrides[rail]
        if before is not None:
            _overrides[rail] = before


@lru_cache(maxsize=8)
def _build_sandbox(
    base_url: str, key_id: str, secret: str, notify_url: str, connect_seconds: float, read_seconds: float
) -> SandboxAdapter:
    return SandboxAdapter(
        base_url=base_url,
        key_id=key_id,
        secret=secret,
        notify_url=notify_url,
        connect_timeout_seconds=connect_seconds,
        read_timeout_seconds=read_seconds,
    )
