import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.cast import group, member, owner, shop, stranger, viewer, world
from tests.rails.alipay_gateway import Gateway, make_key
from tests.rails.bank import Bank
from wallet.rails.adapters.alipay import AlipayAdapter, Keys

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]
#: We at Alipay.
APP_ID = "2026110200000001"
OURS = make_key()
PAID_AT = datetime(2026, 11, 2, 2, 0, 2, tzinfo=UTC)


@pytest.fixture
def bank() -> Iterator[Bank]:
    bank = Bank()
    yield bank
    bank.close()


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(OURS.public_key())


@pytest.fixture
def url(gateway: Gateway) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, gateway.create_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/gateway.do"
    server.shutdown()
    thread.join()


@pytest.fixture
def alipay(gateway: Gateway, url: str) -> Iterator[AlipayAdapter]:
    adapter = connect(url, gateway)
    yield adapter
    adapter.close()


def connect(url: str, gateway: Gateway, key: Any = OURS) -> AlipayAdapter:
    return AlipayAdapter(
        gateway=url,
        keys=Keys(APP_ID, key, gateway.key.public_key()),
        notify_url="https://house.test/api/v1/rails/alipay/notifications",
        sign_scene="INDUSTRY|DIGITAL_MEDIA",
        read_timeout_seconds=0.5,
        clock=lambda: PAID_AT,
    )
