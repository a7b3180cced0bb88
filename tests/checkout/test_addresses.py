"""Where messages go: to public machines only, whatever an address looks like, and none that could never be told."""

import asyncio
import ipaddress
import socket
import time
from typing import Any

import pytest

from groups.checkout.addresses import is_public, pin
from groups.checkout.errors import NotifyAddressRefused
from groups.checkout.models import Delivery
from groups.checkout.webhooks import deliver_next
from tests.cast import Shop, World
from tests.checkout.conftest import cancel, order

INSIDE = [
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2001:0:7f00:1::",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_lead_inside(settings: Any, address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    settings.WEBHOOK_PRIVATE_ALLOWED = False
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(NotifyAddressRefused):
        asyncio.run(pin(f"https://{host}/told"))


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "2606:4700:4700::1111"])
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_one_address_inside_among_those_of_a_host_is_one_too_many(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_PRIVATE_ALLOWED = False
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (ip, 0)) for ip in ("8.8.8.8", "::1")])
    with pytest.raises(NotifyAddressRefused):
        asyncio.run(pin("https://shop.example/told"))


NEVER = [
    "https://user:secret@shop.example/told",
    "https://user@shop.example/told",
    "https://shop.example:99999/told",
    f"https://{'a' * 63}.{'文' * 60}.cn/told",
    "ftp://shop.example/told",
]
NOT_IN_EARNEST = ["http://shop.example/told", "https://shop.example:22/told", "https://shop.example:6379/told"]


@pytest.mark.parametrize(
    ("is_sandbox", "url"), [*((True, url) for url in NEVER), *((False, url) for url in NEVER + NOT_IN_EARNEST)]
)
def test_an_address_that_could_never_be_told(shop: Shop, settings: Any, is_sandbox: bool, url: str) -> None:
    settings.WEBHOOK_PRIVATE_ALLOWED = is_sandbox
    answer = order(shop, notify_url=url)
    assert (answer.status, answer.body["code"]) in ((422, "notify_url_refused"), (400, "invalid"))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://例子.cn/told?shop=1", "xn--fsqu00a.cn"),
        ("https://shop.example:443/", "shop.example"),
        ("https://shop.example:8443/", "shop.example:8443"),
        ("https://[2606:4700:4700::1111]/", "[2606:4700:4700::1111]"),
    ],
)
def test_what_is_called(shop: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch, url: str, host: str) -> None:
    settings.WEBHOOK_PRIVATE_ALLOWED = False
    order(shop, notify_url=url).expect(201)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("8.8.8.8", 0))])
    pinned = asyncio.run(pin(url))
    assert pinned.host == host
    assert pinned.url.startswith("https://8.8.8.8:")


def test_looking_a_host_up_counts_as_time_too(
    world: World, shop: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_PRIVATE_ALLOWED, settings.WEBHOOK_TIMEOUT_SECONDS = True, 0.3
    order(shop, notify_url="http://shop.example/told").expect(201)
    cancel(shop).expect(200)

    def look_slowly(*_: Any, **__: Any) -> list[Any]:
        time.sleep(2)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_slowly)
    begun = time.monotonic()
    call = deliver_next(merchant_id=shop.merchant.pk, now=world.now)
    assert call is not None
    assert call.silent
    assert time.monotonic() - begun < 1.5
    assert Delivery.objects.get().last_answer == "TimeoutError"
