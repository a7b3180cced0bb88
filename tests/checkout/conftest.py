from typing import Any

import pytest

from groups.members.models import Group
from tests.cast import (
    Answer,
    Person,
    Shop,
    World,
    group,
    member,
    money,
    owner,
    pay_in,
    shop,
    stranger,
    viewer,
    world,
    yuan,
)

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]


@pytest.fixture
def funded(world: World, group: Group, owner: Person, member: Person) -> Group:
    """The owner has 300.00 in the group, the member 100.00."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    return group


def order(shop: Shop, amount: int = yuan(40), no: str = "web-1", **asked: Any) -> Answer:
    """Let a shop ask for a payment online."""
    body = {"amount": money(amount), "out_trade_no": no, "subject": "书", "category": "books", **asked}
    return shop.api.post("/merchant/orders", body)


def pay(person: Person, group: Group, placed: Any, key: str | None = None, **asked: Any) -> Answer:
    """Let somebody type the PIN and pay an order with a group."""
    return person.api.post(f"/orders/{placed['id']}/pay", {"group": str(group.pk), **asked}, key=key, proof=True)


def look(shop: Shop, no: str = "web-1") -> Any:
    return shop.api.get(f"/merchant/orders/{no}").expect(200)


def cancel(shop: Shop, no: str = "web-1") -> Answer:
    return shop.api.post(f"/merchant/orders/{no}/cancel")
