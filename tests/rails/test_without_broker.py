"""The broker may be away: what was committed is acknowledged, and the next sweep finds what is due."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from groups.members.models import Group
from tests.cast import Person, World, balance_of, group, member, money, owner, shop, stranger, viewer, world, yuan
from tests.checkout.conftest import cancel, order
from wallet.config.celery import app
from wallet.rails.models import Transfer

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]
pytestmark = pytest.mark.django_db(transaction=True)
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point Celery at a port where nobody listens."""

    def forget() -> None:
        app.pool.force_close_all()
        app._pool = None
        app.amqp._producer_pool = None

    with monkeypatch.context() as patch:
        patch.setitem(app.conf, "broker_url", NOBODY_LISTENS)
        forget()
        yield
    forget()


@pytest.mark.usefixtures("no_broker")
def test_money_comes_in(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    with pytest.raises(redis.ConnectionError), app.connection_for_write() as connection:
        connection.connect()
    asked = {"source": str(member.source.pk), "amount": money(yuan(100))}
    member.api.post(f"/groups/{group.pk}/contributions", asked).expect(201)
    assert Transfer.objects.get().status == "created"
    world.wait()
    assert balance_of(group) == yuan(100)


@pytest.mark.usefixtures("no_broker")
def test_an_order_is_closed(world: World, shop: Any) -> None:
    order(shop, notify_url="https://shop.example/told").expect(201)
    cancel(shop).expect(200)
