"""To which addresses a message may go: https, at a port for it, and public, so that no merchant makes us call inside.

An address is judged twice: by its form when the order is made, and by where it leads when it is called.
"""

import asyncio
import ipaddress
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from groups.checkout.errors import NotifyAddressRefused

PORTS = {443, 8443}
DEFAULT_PORTS = {"https": 443, "http": 80}
#: What is handed out to hosts of the internet; the rest of IPv6 is private, multicast, or IPv4 in disguise (NAT64).
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
#: IPv4 in disguise within it: what is sent there may come out at any IPv4 address.
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address with the one machine that it leads to: what is judged is what is called."""

    url: str
    name: str
    host: str


def check_address(url: str) -> None:
    """Refuse an address to which no message may ever go; none at all is fine.

    :raises NotifyAddressRefused: when it is not https, names a user, or its host or port is none.
    """
    if url:
        _read(url)


async def pin(url: str) -> Pinned:
    """Resolve an address, once. Whoever waits may stop waiting at any time.

    :raises NotifyAddressRefused: when it leads, or may lead, to a machine that is not public.
    :raises OSError: when it leads nowhere.
    """
    parts, name, port = _read(url)
    found = [ipaddress.ip_address(each[4][0]) for each in await _resolve(name, port)]
    if not settings.WEBHOOK_PRIVATE_ALLOWED and not all(is_public(address) for address in found):
        raise NotifyAddressRefused
    literal = f"[{found[0]}]" if found[0].version == 6 else str(found[0])
    host = f"[{name}]" if ":" in name else name
    if port != DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    return Pinned(parts._replace(netloc=f"{literal}:{port}").geturl(), name, host)


def is_public(address: IPAddress) -> bool:
    """Say whether an address is a public machine's, and nothing that leads elsewhere."""
    if address.is_multicast or not address.is_global:
        return False
    return address.version == 4 or (address in GLOBAL_UNICAST and address not in SIX_TO_FOUR)


def _read(url: str) -> tuple[SplitResult, str, int]:
    """Take an address apart: its host in ASCII, and its port."""
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").encode("idna").decode()
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):  # no such port, no such host, another scheme
        raise NotifyAddressRefused from None
    if not name or "@" in parts.netloc:
        raise NotifyAddressRefused
    if not settings.WEBHOOK_PRIVATE_ALLOWED and (parts.scheme != "https" or port not in PORTS):
        raise NotifyAddressRefused
    return parts, name, port


async def _resolve(name: str, port: int) -> list[Any]:
    """Look a host up in a thread that nobody waits for at the end: the system's resolver cannot be stopped."""
    found: Future[list[Any]] = Future()
    found.set_running_or_notify_cancel()

    def look() -> None:
        try:
            found.set_result(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        except Exception as problem:
            found.set_exception(problem)

    threading.Thread(target=look, daemon=True).start()
    return await asyncio.wrap_future(found)
