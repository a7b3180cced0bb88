from collections.abc import Iterator

import pytest

from tests.cast import group, member, owner, shop, stranger, viewer, world
from tests.rails.bank import Bank

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]


@pytest.fixture
def bank() -> Iterator[Bank]:
    bank = Bank()
    yield bank
    bank.close()
