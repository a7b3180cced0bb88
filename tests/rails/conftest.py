from collections.abc import Iterator

import pytest

from tests.rails.bank import Bank


@pytest.fixture
def bank() -> Iterator[Bank]:
    bank = Bank()
    yield bank
    bank.close()
