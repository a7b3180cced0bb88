"""The broker may be away, or hang: what was committed is acknowledged at once, and a sweep finds what is due."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from groups.members.models import Group
from tests.cast import Person, World, balance_of, group, member, money, owner, shop, stranger, viewer, world, yuan
from tests.checkout.conftest import cancel, order
from wallet import hurry
from wallet.config.celery import app
from wallet.rails.models import Transfer

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]
pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 10


@pytest.fixture
def use_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Let what is sent from now on go to another port."""
    pools = (app, "_pool"), (app.amqp, "_producer_pool")

    def use(port: int) -> None:
        monkeypatch.setitem(app.conf, "broker_url", f"redis://127.0.0.1:{port}/0")
        for holder, name in pools:
            monkeypatch.setattr(holder, name, None)
        monkeypatch.setattr(hurry, "_sender", hurry.Sender())

    yield use
    with hurry._sender._waiting.mutex:  # its thread would go on, at the broker of other tests
        hurry._sender._waiting.queue.clear()


@dataclass
class Failures:
    """What the sender had to say."""

    heard: list[str] = field(default_factory=list)

    def warning(self, _event: str, *, task: str, error: str) -> None:
        self.heard.append(f"{task}: {error}")


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> Failures:
    told = Failures()
    monkeypatch.setattr(hurry, "logger", told)
    return told


@pytest.fixture
def callers() -> Iterator[tuple[int, list[socket.socket]]]:
    """A port at which somebody picks up and never says a word; and who has called."""
    server, calls = socket.create_server(("127.0.0.1", 0)), list[socket.socket]()

    def pick_up() -> None:
        while True:
            try:
                calls.append(server.accept()[0])
            except OSError:
                return

    threading.Thread(target=pick_up, daemon=True).start()
    yield server.getsockname()[1], calls
    server.close()
    for call in calls:
        call.close()


def wait_until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def contribute(person: Person, group: Group) -> float:
    """Pay in; say how long the answer took (seconds)."""
    assert person.source is not None
    started = time.monotonic()
    asked = {"source": str(person.source.pk), "amount": money(yuan(100))}
    person.api.post(f"/groups/{group.pk}/contributions", asked).expect(201)
    return time.monotonic() - started


def test_a_broker_that_is_away(
    world: World, group: Group, member: Person, use_broker: Callable[[int], None], failures: Failures
) -> None:
    use_broker(1)
    assert contribute(member, group) < 1
    wait_until(lambda: any("127.0.0.1:1. Connection refused" in told for told in failures.heard))
    assert Transfer.objects.get().status == "created"
    world.wait()
    assert balance_of(group) == yuan(100)


def test_a_broker_that_hangs(
    world: World,
    group: Group,
    member: Person,
    use_broker: Callable[[int], None],
    callers: tuple[int, list[socket.socket]],
) -> None:
    port, calls = callers
    use_broker(port)
    assert sum(contribute(member, group) for _ in range(3)) < 2
    wait_until(lambda: calls)
    world.wait()
    assert balance_of(group) == yuan(300)


def test_an_order_is_closed_without_a_broker(
    world: World, shop: Any, use_broker: Callable[[int], None], failures: Failures
) -> None:
    use_broker(1)
    order(shop, notify_url="https://shop.example/told").expect(201)
    cancel(shop).expect(200)
    wait_until(lambda: any(told.startswith("checkout.deliver: ") for told in failures.heard))


def test_more_than_can_wait_is_dropped(
    callers: tuple[int, list[socket.socket]], use_broker: Callable[[int], None]
) -> None:
    port, calls = callers
    use_broker(port)
    for _ in range(3 * hurry.WAITING_MAX):
        hurry._put("rails.advance", ("", ""))
    wait_until(lambda: calls)
    assert hurry._sender._waiting.qsize() == hurry.WAITING_MAX
