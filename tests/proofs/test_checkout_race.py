"""One order, many who pay it at once, from two groups: it is paid once. Without the order's lock it is paid twice."""

from collections import Counter
from functools import partial
from itertools import count
from typing import Any

import pytest

from groups.checkout import services
from groups.checkout.models import Order
from groups.members.models import Group
from tests.cast import Person, Shop, World, balance_of, found, pay_in, yuan
from tests.checkout.conftest import cancel, look, order, pay
from tests.proofs.crowd import MeetingPoint, at_once, values
from wallet.ledger.checks import check_books

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(world: World, group: Group, owner: Person, stranger: Person) -> list[tuple[Person, Group]]:
    """Two people with a group each, and 100.00 in either."""
    other = found(stranger, now=world.now, name="另一家")
    pairs = [(owner, group), (stranger, other)]
    for person, theirs in pairs:
        pay_in(world, person, theirs, yuan(100))
    return pairs


def race(two: list[tuple[Person, Group]], placed: Any, times: int) -> Counter[int]:
    tries = [partial(pay, person, theirs, placed) for person, theirs in two] * times
    return Counter(answer.status for answer in values(at_once(tries, threads=len(tries))))


def test_an_order_is_paid_once(two: list[tuple[Person, Group]], shop: Shop) -> None:
    for number in range(5):
        placed = order(shop, yuan(10), no=f"web-{number}").expect(201)
        told = race(two, placed, 3)
        assert told.pop(201) == 1
        assert set(told) <= {409, 403}  # not open any more, or the proof of a person's other try
    assert sum(balance_of(theirs) for _person, theirs in two) == yuan(150)


def test_without_the_lock_it_is_paid_twice(
    two: list[tuple[Person, Group]], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both read the order open before either has paid, and count their tries apart."""
    meeting, tries = MeetingPoint(2), count()

    def read_unlocked(seen: Order) -> Order:
        found_open = Order.objects.select_related("merchant").get(pk=seen.pk)
        found_open.attempts = next(tries)
        meeting.wait()
        return found_open

    monkeypatch.setattr(services, "_lock", read_unlocked)
    race(two, order(shop, yuan(10)).expect(201), 1)
    assert sum(balance_of(theirs) for _person, theirs in two) == yuan(180)
    assert {finding.code for finding in check_books()} == {"order_paid_twice"}
    Order.objects.all().delete()  # so that the books are right again


def test_paid_or_closed_and_never_both(two: list[tuple[Person, Group]], shop: Shop) -> None:
    for number in range(8):
        placed = order(shop, yuan(1), no=f"web-{number}").expect(201)
        person, theirs = two[0]
        before = balance_of(theirs)
        at_once([partial(pay, person, theirs, placed), partial(cancel, shop, f"web-{number}")], threads=2)
        now_is = look(shop, f"web-{number}")["status"]
        assert balance_of(theirs) == before - (yuan(1) if now_is == "paid" else 0)
