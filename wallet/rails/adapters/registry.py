"""Which adapter speaks for a rail: built from the settings and kept per process, or put in its place by `use_adapter`.

The override is the process's, not a thread's: tests and replays drive many threads with one bank.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from wallet.rails.adapters import rsa2
from wallet.rails.adapters.alipay import AlipayAdapter, Keys
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
    if rail == "alipay" and rail in settings.RAILS and settings.ALIPAY_APP_ID:
        return _build_alipay(
            settings.ALIPAY_GATEWAY,
            settings.ALIPAY_APP_ID,
            settings.ALIPAY_PRIVATE_KEY_FILE,
            settings.ALIPAY_PUBLIC_KEY_FILE,
            settings.ALIPAY_SIGN_SCENE,
            f"{settings.BASE_URL}/api/v1/rails/{rail}/notifications",
        )
    raise RailNotConfigured(rail)


def is_served(rail: str) -> bool:
    """Say whether this installation has an adapter for a rail."""
    try:
        get_adapter(rail)
    except RailNotConfigured:
        return False
    return True


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
def _build_alipay(
    gateway: str, app_id: str, private_key_file: str, public_key_file: str, sign_scene: str, notify_url: str
) -> AlipayAdapter:
    own = rsa2.read_private_key(Path(private_key_file).read_bytes())
    theirs = rsa2.read_public_key(Path(public_key_file).read_bytes())
    return AlipayAdapter(
        gateway=gateway,
        keys=Keys(app_id, own, theirs),
        notify_url=notify_url,
        sign_scene=sign_scene,
        connect_timeout_seconds=settings.RAIL_CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=settings.RAIL_READ_TIMEOUT_SECONDS,
    )


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
