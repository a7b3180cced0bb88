"""Sharing anew what an entry has left on the stakes (law 9): between stakes only, and nobody's share below nothing."""

import uuid
from collections.abc import Callable
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.conftest import NOW, Book, refused
from wallet.identity.services import sign_up
from wallet.ledger import services
from wallet.ledger.errors import InsufficientFunds, ReversalTooLarge, SharesChanged
from wallet.ledger.models import Account, Entry
from wallet.ledger.remains import read_remains, read_shares, remaining_lines
from wallet.ledger.services import credit, debit, open_stake, open_wallet


@pytest.fixture
def dinner(book: Book) -> Entry:
    """A spend of 300 of which 张伟 bore 100 and 王芳 200."""
    book.pay_in(book.zhang, 1000)
    book.pay_in(book.wang, 1000)
    return book.post(credit(book.merchant, 300), debit(book.zhang, 100), debit(book.wang, 200))


def shares(book: Book, entry: Entry) -> tuple[int, int]:
    told = read_shares(book.wallet.pk, entry.pk)
    return tuple(told.get(stake.holder_id, 0) for stake in (book.zhang, book.wang))  # type: ignore[return-value, arg-type]


def test_the_shares_move_and_the_wallet_holds_what_it_held(book: Book, dinner: Entry) -> None:
    correction = book.share_anew(dinner, {book.zhang: 300, book.wang: 0})
    assert correction.corrects_id == dinner.pk
    assert correction.reverses_id is None
    assert book.stakes() == (700, 1000, 1700)
    assert shares(book, dinner) == (300, 0)


def test_what_is_given_back_follows_the_new_shares(book: Book, dinner: Entry) -> None:
    book.give_back(dinner, 30)
    assert book.stakes() == (910, 820, 1730)
    book.share_anew(dinner, {book.zhang: 270, book.wang: 0})
    assert book.stakes() == (730, 1000, 1730)
    book.give_back(dinner, 70)
    assert book.stakes() == (800, 1000, 1800)
    book.share_anew(dinner, {book.zhang: 50, book.wang: 150})
    book.give_back(dinner)
    assert book.stakes() == (1000, 1000, 2000)
    assert set(remaining_lines(wallet=book.wallet, entry=dinner).values()) == {0}


def test_the_story_is_told(book: Book, dinner: Entry) -> None:
    first = book.share_anew(dinner, {book.zhang: 300, book.wang: 0})
    book.give_back(dinner, 100)
    second = book.share_anew(dinner, {book.zhang: 0, book.wang: 200})
    remains = read_remains(book.wallet.pk, [dinner.pk])[dinner.pk]
    zhang, wang = (stake.holder_id for stake in (book.zhang, book.wang))
    assert remains.shares == {wang: 200}
    told = [(each.entry_id, each.before, each.after) for each in remains.corrections]
    assert told == [
        (first.pk, {zhang: 100, wang: 200}, {zhang: 300, wang: 0}),
        (second.pk, {zhang: 200, wang: 0}, {zhang: 0, wang: 200}),
    ]


def test_a_stake_is_not_brought_below_its_floor(book: Book, dinner: Entry) -> None:
    book.pay(book.zhang, 800)
    with pytest.raises(InsufficientFunds):
        book.share_anew(dinner, {book.zhang: 300, book.wang: 0})
    assert book.stakes() == (100, 800, 900)


def test_what_is_asked_is_asserted(book: Book, dinner: Entry) -> None:
    for wrong in ({book.zhang: 400, book.wang: -100}, {book.zhang: 300, book.wang: 1}, {book.zhang: 101}):
        with pytest.raises(AssertionError, match="law 9"):
            book.share_anew(dinner, wrong)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(lambda book: [(book.zhang, 101), (book.wang, -101)], id="more than one bore"),
        pytest.param(lambda book: [(book.rail, 5), (book.wang, -5)], id="from what is no stake"),
        pytest.param(lambda book: [(book.zhang, 5), (book.merchant, -5)], id="to what is no stake"),
    ],
)
def test_the_database_refuses_what_is_no_correction(
    book: Book, dinner: Entry, lines: Callable[[Book], list[tuple[Account, int]]]
) -> None:
    raw = [(account.pk, amount) for account, amount in lines(book)]
    refused(lambda: book.post_raw(*raw, corrects=dinner.pk), "law 9")


def test_only_what_names_no_entry_itself_is_corrected_and_no_correction_reversed(book: Book, dinner: Entry) -> None:
    reversal = book.give_back(dinner, 90)
    correction = book.share_anew(dinner, {book.zhang: 0, book.wang: 210})
    lines = (book.zhang.pk, 1), (book.wang.pk, -1)
    refused(lambda: book.post_raw(*lines, corrects=reversal.pk), "law 9")
    refused(lambda: book.post_raw(*lines, corrects=correction.pk), "law 9")
    back = (book.zhang.pk, -1), (book.wang.pk, 1)
    refused(lambda: book.post_raw(*back, reverses=correction.pk), "law 9")
    refused(lambda: book.post_raw(*back, reverses=dinner.pk, corrects=dinner.pk), "ledger_entry_one_link")


def test_the_entry_of_another_wallet_is_not_corrected(book: Book, dinner: Entry) -> None:
    with transaction.atomic():
        other = open_wallet(now=NOW)
        people = [sign_up(phone=f"+861380000001{n}", name="客", now=NOW) for n in range(2)]
        theirs = [open_stake(wallet=other, holder=user) for user in people]
        rail = Account.objects.get(wallet=other, kind=Account.Kind.RAIL)
    book.post_raw((theirs[0].pk, 500), (rail.pk, -500), wallet_id=other.pk, reference=str(uuid.uuid4()))
    lines = (theirs[0].pk, -100), (theirs[1].pk, 100)
    refused(lambda: book.post_raw(*lines, corrects=dinner.pk, wallet_id=other.pk), "law 9")


def test_the_database_counts_too(book: Book, dinner: Entry) -> None:
    """Each service is told what was left before the other came: the database knows better."""
    whole = remaining_lines(wallet=book.wallet, entry=dinner)
    blind = mock.patch.object(services, "remaining_lines", return_value=whole)
    book.give_back(dinner)
    with blind, pytest.raises(SharesChanged), transaction.atomic():
        book.share_anew(dinner, {book.zhang: 300, book.wang: 0})
    assert book.stakes() == (1000, 1000, 2000)
    lunch = book.post(credit(book.merchant, 300), debit(book.zhang, 100), debit(book.wang, 200))
    book.share_anew(lunch, {book.zhang: 300, book.wang: 0})
    whole = {book.merchant.pk: 300, book.zhang.pk: -100, book.wang.pk: -200}
    blind = mock.patch.object(services, "remaining_lines", return_value=whole)
    with blind, pytest.raises(ReversalTooLarge), transaction.atomic():
        book.give_back(lunch)
    assert book.stakes() == (700, 1000, 1700)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_refunds_and_sharings_in_any_order_end_at_nothing(book: Book, data: st.DataObject) -> None:
    """Every refund gives to those who bear it then; in the end each has back what the agreed shares say, to the fen."""
    book.pay_in(book.zhang, 500)
    book.pay_in(book.wang, 500)
    before = book.stakes()
    bore = data.draw(st.integers(1, 399))
    spend = book.post(credit(book.merchant, 400), debit(book.zhang, bore), debit(book.wang, 400 - bore))
    left, moved, had_back = 400, 0, 0
    for _ in range(data.draw(st.integers(1, 6))):
        if data.draw(st.booleans()) and left:
            now = shares(book, spend)
            new = data.draw(st.sampled_from([share for share in range(left + 1) if share != now[0]]))
            moved += new - now[0]
            book.share_anew(spend, {book.zhang: new, book.wang: left - new})
        elif left:
            part = data.draw(st.integers(1, left))
            had = shares(book, spend)
            book.give_back(spend, part)
            left -= part
            back = [was - now for was, now in zip(had, shares(book, spend), strict=True)]
            had_back += back[0]
            assert min(back) >= 0
            assert sum(back) == part
            assert abs(back[0] - part * had[0] / sum(had)) < 1
        assert min(shares(book, spend)) >= 0
        assert sum(shares(book, spend)) == left
        assert book.stakes()[2] == before[2] - left
    if left:
        had_back += shares(book, spend)[0]
        book.give_back(spend)
    zhang, _wang, both = book.stakes()
    assert both == before[2]
    assert zhang == before[0] - bore - moved + had_back
    assert shares(book, spend) == (0, 0)
