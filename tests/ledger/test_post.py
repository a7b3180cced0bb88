"""Posting: what it returns, what it tells, and what a repetition gets (law 5)."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from tests.books import run
from tests.ledger.conftest import MOVED, NOW, Book
from wallet.identity.services import sign_up
from wallet.ledger import news
from wallet.ledger.errors import ReferenceReused
from wallet.ledger.models import Entry, Event, Wallet
from wallet.ledger.services import (
    EventDraft,
    credit,
    debit,
    lock_wallet,
    open_stake,
    open_wallet,
    post_entry,
    record_event,
)


def test_an_entry_is_returned_as_it_was_posted(book: Book) -> None:
    entry = book.pay_in(book.zhang, 500, memo="工资", reference="salary:1")
    stored = Entry.objects.get(wallet=book.wallet, reference="salary:1")
    for name in ("id", "sequence", "kind", "memo", "posted_at"):
        assert getattr(stored, name) == getattr(entry, name)
    assert bytes(stored.digest) == bytes(entry.digest)


def test_the_event_tells_what_the_books_say(book: Book) -> None:
    entry = book.pay_in(book.zhang, 500)
    both = credit(book.merchant, 300), debit(book.zhang, 100), debit(book.wang, 200)
    book.pay_in(book.wang, 500)
    spent = book.post(*both, event=EventDraft(MOVED.kind, {"note": "晚饭"}, book.zhang.holder_id))
    event = Event.objects.get(wallet=book.wallet, sequence=spent.sequence)
    assert event.actor_id == book.zhang.holder_id
    assert event.data == {
        "note": "晚饭",
        "entry": str(spent.pk),
        "balance": 700,
        "stakes": {str(book.zhang.holder_id): 400, str(book.wang.holder_id): 300},
    }
    first = Event.objects.get(wallet=book.wallet, sequence=entry.sequence)
    assert first.data["stakes"] == {str(book.zhang.holder_id): 500}


def test_the_wallet_in_hand_is_brought_up_to_date(book: Book) -> None:
    with transaction.atomic():
        wallet = lock_wallet(book.wallet.pk)
        lines = [credit(book.zhang, 5), debit(book.rail, 5)]
        post_entry(wallet=wallet, kind="x", reference="a", lines=lines, event=MOVED, now=NOW)
        record_event(wallet=wallet, event=EventDraft("group_changed"), now=NOW)
    stored = Wallet.objects.get(pk=wallet.pk)
    assert (wallet.balance, wallet.sequence) == (stored.balance, stored.sequence) == (5, 2)
    assert bytes(wallet.head) == bytes(stored.head)


def test_a_repetition_gets_the_first_entry_and_moves_nothing(book: Book) -> None:
    first = book.pay_in(book.zhang, 500, reference="gift:1")
    again = book.pay_in(book.zhang, 500, reference="gift:1")
    assert again.pk == first.pk
    assert book.stakes() == (500, 0, 500)
    assert book.wallet.sequence == 1


def test_a_repetition_comes_before_the_question_of_money(book: Book) -> None:
    """The repetition of the spend that emptied the wallet succeeds."""
    book.pay_in(book.zhang, 500)
    first = book.pay(book.zhang, 500, reference="all:1")
    assert book.pay(book.zhang, 500, reference="all:1").pk == first.pk


@pytest.mark.parametrize("change", ["amount", "account", "kind", "lines"])
def test_one_reference_for_two_things_is_refused(book: Book, change: str) -> None:
    book.pay_in(book.zhang, 500, reference="gift:1")
    acts = {
        "amount": lambda: book.pay_in(book.zhang, 501, reference="gift:1"),
        "account": lambda: book.pay_in(book.wang, 500, reference="gift:1"),
        "kind": lambda: book.pay_in(book.zhang, 500, reference="gift:1", kind="other"),
        "lines": lambda: book.post(
            credit(book.zhang, 500), credit(book.wang, 1), debit(book.rail, 501), reference="gift:1"
        ),
    }
    with pytest.raises(ReferenceReused), transaction.atomic():
        acts[change]()
    assert book.stakes() == (500, 0, 500)


def test_the_database_has_one_entry_a_reference(book: Book) -> None:
    book.pay_in(book.zhang, 500, reference="gift:1")
    book.post_raw((book.wang.pk, 7), (book.rail.pk, -7), reference="gift:1")
    assert book.stakes() == (500, 0, 500)
    assert Entry.objects.filter(wallet=book.wallet).count() == 1
    constraint = run("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ledger_entry_reference'")
    assert constraint == [("UNIQUE (wallet_id, reference)",)]


def test_the_same_reference_in_two_wallets_is_two_things(book: Book) -> None:
    book.pay_in(book.zhang, 500, reference="gift:1")
    assert book.zhang.holder is not None
    with transaction.atomic():
        other = open_wallet(now=NOW)
        stake = open_stake(wallet=other, holder=book.zhang.holder)
        rail = other.accounts.get(kind="RAIL")
        lines = [credit(stake, 3), debit(rail, 3)]
        post_entry(wallet=other, kind="x", reference="gift:1", lines=lines, event=MOVED, now=NOW)
    assert Entry.objects.filter(reference="gift:1").count() == 2


def test_other_faults_of_the_database_are_not_taken_for_refusals(book: Book) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="actor"), transaction.atomic():
        book.pay_in(book.zhang, 5, event=EventDraft(MOVED.kind, {}, uuid.uuid4()))


def test_listeners_hear_after_the_commit_and_not_before(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[uuid.UUID, int]] = []
    monkeypatch.setattr(news, "_listeners", [lambda wallet_id, sequence: told.append((wallet_id, sequence))])
    holder = sign_up(phone="+8613800000001", now=NOW)
    with transaction.atomic():
        wallet = open_wallet(now=NOW)
        stake = open_stake(wallet=wallet, holder=holder)
        rail = wallet.accounts.get(kind="RAIL")
        lines = [credit(stake, 3), debit(rail, 3)]
        post_entry(wallet=wallet, kind="x", reference="x", lines=lines, event=MOVED, now=NOW)
        record_event(wallet=wallet, event=EventDraft("group_changed"), now=NOW)
        assert told == []
    assert told == [(wallet.pk, 1), (wallet.pk, 2)]
