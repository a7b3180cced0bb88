"""Giving back (law 7): whole, in part, in any order, and never more than was posted."""

from unittest import mock

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.conftest import Book
from wallet.ledger import services
from wallet.ledger.errors import InsufficientFunds, ReversalTooLarge
from wallet.ledger.models import Entry
from wallet.ledger.remains import remaining_lines
from wallet.ledger.services import credit, debit


@pytest.fixture
def dinner(book: Book) -> Entry:
    """A spend of 300 of which 张伟 bore 100 and 王芳 200."""
    book.pay_in(book.zhang, 1000)
    book.pay_in(book.wang, 1000)
    return book.post(credit(book.merchant, 300), debit(book.zhang, 100), debit(book.wang, 200))


def test_whole(book: Book, dinner: Entry) -> None:
    reversal = book.give_back(dinner)
    assert reversal.reverses_id == dinner.pk
    assert book.stakes() == (1000, 1000, 2000)
    assert set(remaining_lines(wallet=book.wallet, entry=dinner).values()) == {0}


def test_only_once(book: Book, dinner: Entry) -> None:
    book.give_back(dinner)
    with pytest.raises(ReversalTooLarge):
        book.give_back(dinner)
    with pytest.raises(ReversalTooLarge):
        book.give_back(dinner, 1)
    assert book.stakes() == (1000, 1000, 2000)


def test_in_parts_by_the_original_sharing(book: Book, dinner: Entry) -> None:
    book.give_back(dinner, 30)
    assert book.stakes() == (910, 820, 1730)
    book.give_back(dinner, 1)
    assert book.stakes() == (910, 821, 1731)
    book.give_back(dinner)
    assert book.stakes() == (1000, 1000, 2000)


@pytest.mark.parametrize("amount", [301, 10**12, 0, -1])
def test_not_more_than_the_original_and_not_nothing(book: Book, dinner: Entry, amount: int) -> None:
    with pytest.raises(ReversalTooLarge):
        book.give_back(dinner, amount)
    assert book.stakes() == (900, 800, 1700)


def test_a_second_part_is_held_to_what_is_left(book: Book, dinner: Entry) -> None:
    book.give_back(dinner, 200)
    with pytest.raises(ReversalTooLarge) as refused:
        book.give_back(dinner, 101)
    assert refused.value.data == {"left": 100}


def test_the_database_counts_too(book: Book, dinner: Entry) -> None:
    """The service's own count is told that nothing was given back yet; the database knows better."""
    whole = remaining_lines(wallet=book.wallet, entry=dinner)
    book.give_back(dinner)
    blind = mock.patch.object(services, "remaining_lines", return_value=whole)
    with blind, pytest.raises(ReversalTooLarge), transaction.atomic():
        book.give_back(dinner)
    assert book.stakes() == (1000, 1000, 2000)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(lambda book: [(book.zhang, 101), (book.merchant, -101)], id="more than one bore"),
        pytest.param(lambda book: [(book.zhang, -1), (book.merchant, 1)], id="the wrong way"),
        pytest.param(lambda book: [(book.rail, 5), (book.merchant, -5)], id="to somebody who bore nothing"),
    ],
)
def test_the_database_refuses_what_is_no_reversal(book: Book, dinner: Entry, lines: object) -> None:
    raw = [(account.pk, amount) for account, amount in lines(book)]  # type: ignore[operator]
    with pytest.raises(DatabaseError, match="law 7"), transaction.atomic():
        book.post_raw(*raw, reverses=dinner.pk)


def test_a_repetition_gives_back_once(book: Book, dinner: Entry) -> None:
    first = book.give_back(dinner, 60, reference="r:1")
    with transaction.atomic():
        # What is left has changed, so the parts of a plain repetition need not be the same: the merchant's number is
        # looked up before (groups.spending). Here the parts come out the same.
        again = book.give_back(dinner, 60, reference="r:1")
    assert again.pk == first.pk
    assert book.stakes() == (920, 840, 1760)


def test_what_came_in_goes_back_only_while_it_is_there(book: Book) -> None:
    gift = book.pay_in(book.zhang, 500)
    book.pay(book.zhang, 400)
    with pytest.raises(InsufficientFunds):
        book.give_back(gift)
    book.give_back(gift, 100)
    assert book.stakes() == (0, 0, 0)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shares=st.tuples(st.integers(0, 400), st.integers(1, 400)),
    parts=st.lists(st.integers(1, 300), min_size=1, max_size=6),
)
def test_any_parts_end_at_exactly_nothing(book: Book, shares: tuple[int, int], parts: list[int]) -> None:
    book.pay_in(book.zhang, 400)
    book.pay_in(book.wang, 400)
    before, whole = book.stakes(), sum(shares)
    bore = zip((book.zhang, book.wang), shares, strict=True)
    spend = book.post(credit(book.merchant, whole), *(debit(stake, part) for stake, part in bore if part))
    left = whole
    for part in parts:
        if part > left:
            with pytest.raises(ReversalTooLarge):
                book.give_back(spend, part)
            continue
        book.give_back(spend, part)
        left -= part
        assert book.stakes()[2] == before[2] - left
        assert all(was - share <= now <= was for was, now, share in zip(before, book.stakes(), shares, strict=False))
    if left:
        book.give_back(spend)
    assert book.stakes() == before
