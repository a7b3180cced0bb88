"""The laws of the books, broken on purpose: by code that asserts too little, by a server, and by the owner.

Law by law as in docs/ledger.md. "The server" is what all tests are: a member of `wallet_app`.
"""

import uuid

import pytest
from django.db import IntegrityError, transaction
from uuid6 import uuid7

from tests.books import as_owner, run
from tests.ledger.conftest import MOVED, NOW, TOLD, Book, refused
from wallet.identity.services import sign_up
from wallet.ledger.errors import InsufficientFunds, WalletNotFound
from wallet.ledger.models import Account, Event, Wallet
from wallet.ledger.services import (
    Line,
    credit,
    debit,
    lock_wallet,
    open_stake,
    open_wallet,
    post_entry,
    record_event,
)


# --- law 1: the postings of an entry sum to zero ----------------------------------------------------------------------
def test_an_entry_that_does_not_balance_is_never_sent(book: Book) -> None:
    with pytest.raises(AssertionError, match="law 1"):
        book.post(credit(book.zhang, 100), debit(book.rail, 99))


@pytest.mark.parametrize("owner", [False, True])
def test_an_entry_that_does_not_balance_is_refused(book: Book, owner: bool) -> None:
    refused(lambda: book.post_raw((book.zhang.pk, 100), (book.rail.pk, -99)), "law 1", owner=owner)
    assert book.stakes() == (0, 0, 0)


def test_an_entry_has_two_lines(book: Book) -> None:
    with pytest.raises(AssertionError):
        book.post(Line(book.zhang.pk, 0))
    refused(lambda: book.post_raw(), "two lines")
    refused(lambda: book.post_raw((book.zhang.pk, 100)), "two lines")


def test_a_line_moves_something(book: Book) -> None:
    for make in (credit, debit):
        for amount in (0, -1):
            with pytest.raises(AssertionError):
                make(book.zhang, amount)
    refused(lambda: book.post_raw((book.zhang.pk, 0), (book.rail.pk, 0)), "ledger_posting_amount")


def test_an_account_has_one_line_an_entry(book: Book) -> None:
    book.pay_in(book.zhang, 100)
    with pytest.raises(AssertionError, match="one line an account"):
        book.post(debit(book.zhang, 5), debit(book.zhang, 5), credit(book.merchant, 10))
    lines = (book.zhang.pk, -5), (book.zhang.pk, -5), (book.merchant.pk, 10)
    refused(lambda: book.post_raw(*lines), "law|ledger_posting_once")
    assert book.stakes() == (100, 0, 100)


@pytest.mark.parametrize("owner", [False, True])
def test_an_account_of_another_wallet_is_refused(book: Book, owner: bool) -> None:
    foreign = open_stake(wallet=open_wallet(now=NOW), holder=sign_up(phone="+8613800000009", now=NOW))
    refused(lambda: book.post_raw((foreign.pk, 100), (book.rail.pk, -100)), "of its wallet", owner=owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        book.post(credit(foreign, 100), debit(book.rail, 100))
    foreign.refresh_from_db()
    assert foreign.balance == 0


def test_a_wallet_that_is_not_there(book: Book) -> None:
    with pytest.raises(WalletNotFound), transaction.atomic():
        lock_wallet(uuid7())
    lines = (book.zhang.pk, 100), (book.rail.pk, -100)
    refused(lambda: book.post_raw(*lines, wallet_id=uuid7()), "no wallet")
    refused(lambda: run("SELECT ledger_record_event(%s, %s, 'x', '{}', NULL, now())", uuid7(), uuid7()), "no wallet")


# --- law 2: a stake's balance is the sum of its postings --------------------------------------------------------------
def test_balances_are_carried_by_the_postings(book: Book) -> None:
    book.pay_in(book.zhang, 700)
    entry = book.pay(book.zhang, 300)
    lines = dict(entry.postings.values_list("account_id", "balance_after"))
    assert lines == {book.zhang.pk: 400, book.merchant.pk: None}
    assert book.stakes() == (400, 0, 400)


def test_a_server_cannot_write_a_balance(book: Book) -> None:
    refused(lambda: run("UPDATE ledger_account SET balance = 1 WHERE id = %s", book.zhang.pk), "permission denied")
    refused(lambda: run("UPDATE ledger_wallet SET balance = 1 WHERE id = %s", book.wallet.pk), "permission denied")


def test_a_posting_that_leads_elsewhere_is_refused_to_the_owner_too(book: Book) -> None:
    entry = book.pay_in(book.zhang, 100)
    insert = (
        "INSERT INTO ledger_posting (id, wallet_id, entry_id, account_id, amount, balance_after)"
        " VALUES (%s, %s, %s, %s, 5, 999), (%s, %s, %s, %s, -5, NULL)"
    )
    lines = uuid7(), book.wallet.pk, entry.pk, book.wang.pk, uuid7(), book.wallet.pk, entry.pk, book.merchant.pk
    refused(lambda: run(insert, *lines), "law 2", owner=True)
    refused(lambda: run(insert, *lines), "permission denied")


def test_money_does_not_begin_with_an_account(book: Book) -> None:
    stranger = sign_up(phone="+8613800000009", now=NOW)
    for owner in (False, True):
        refused(
            lambda: Account.objects.create(wallet=book.wallet, kind="STAKE", holder=stranger, balance=1),
            "Cannot insert",
            owner=owner,
        )
        refused(lambda: Wallet.objects.create(balance=1, opened_at=NOW), "Cannot insert", owner=owner)
        refused(lambda: Wallet.objects.create(sequence=1, opened_at=NOW), "Cannot insert", owner=owner)
        refused(lambda: Wallet.objects.create(head=b"x", opened_at=NOW), "Cannot insert", owner=owner)


@pytest.mark.parametrize(
    ("kind", "with_holder", "balance"),
    [("STAKE", False, 0), ("STAKE", True, None), ("RAIL", True, None), ("RAIL", False, 0)],
)
def test_a_stake_has_a_holder_and_a_balance_and_a_system_account_neither(
    db: None, kind: str, with_holder: bool, balance: int | None
) -> None:
    holder = sign_up(phone="+8613800000009", now=NOW) if with_holder else None
    wallet = Wallet.objects.create(opened_at=NOW)
    refused(
        lambda: Account.objects.create(wallet=wallet, kind=kind, holder=holder, balance=balance), "ledger_account_shape"
    )
    assert wallet.pk
    for each in Account.Kind:
        if each != "STAKE":
            Account.objects.create(wallet=wallet, kind=each)


def test_a_member_has_one_stake_and_a_wallet_one_account_of_a_kind(book: Book) -> None:
    assert book.zhang.holder is not None
    assert open_stake(wallet=book.wallet, holder=book.zhang.holder) == book.zhang
    again = {"wallet": book.wallet, "kind": "STAKE", "holder": book.zhang.holder, "balance": 0}
    refused(lambda: Account.objects.create(**again), "ledger_account_one_stake")
    refused(lambda: Account.objects.create(wallet=book.wallet, kind="RAIL"), "ledger_account_one_per_kind")


def test_an_account_stays_what_it_is(book: Book) -> None:
    for column in ("kind = 'RAIL'", "holder_id = NULL", f"wallet_id = '{uuid.uuid4()}'", f"id = '{uuid.uuid4()}'"):
        act = lambda column=column: run(f"UPDATE ledger_account SET {column} WHERE id = %s", book.zhang.pk)  # noqa: E731
        refused(act, "permission denied")
        refused(act, "Cannot update|violates", owner=True)


# --- law 3: floors ----------------------------------------------------------------------------------------------------
def test_a_stake_does_not_fall_below_its_floor(book: Book) -> None:
    book.pay_in(book.zhang, 100)
    book.pay_in(book.wang, 100)
    with pytest.raises(InsufficientFunds):
        book.pay(book.zhang, 101)
    assert book.stakes() == (100, 100, 200)
    book.pay(book.zhang, 100)
    assert book.stakes() == (0, 100, 100)


@pytest.mark.parametrize("owner", [False, True])
def test_the_database_holds_the_floor(book: Book, owner: bool) -> None:
    refused(lambda: book.post_raw((book.zhang.pk, -1), (book.rail.pk, 1)), "ledger_account_floor", owner=owner)


def test_an_agreed_floor_lets_a_member_owe_the_others(book: Book) -> None:
    Account.objects.filter(wallet=book.wallet, pk=book.zhang.pk).update(floor=-50)
    book.pay_in(book.wang, 200)
    book.pay(book.zhang, 50)
    assert book.stakes() == (-50, 200, 150)
    with pytest.raises(InsufficientFunds):
        book.pay(book.zhang, 1)
    # A floor is raised only when nobody stands below it, and none is above zero.
    floor = "UPDATE ledger_account SET floor = %s WHERE id = %s"
    refused(lambda: run(floor, -49, book.zhang.pk), "ledger_account_floor")
    refused(lambda: run(floor, 1, book.wang.pk), "ledger_account_floor_sign")


def test_a_wallet_is_not_below_zero_whatever_the_floors(book: Book) -> None:
    Account.objects.filter(wallet=book.wallet, pk=book.zhang.pk).update(floor=-50)
    with pytest.raises(InsufficientFunds):
        book.pay(book.zhang, 1)


@pytest.mark.parametrize("table", ["ledger_wallet", "ledger_account"])
def test_the_owner_s_change_of_a_balance_makes_the_next_posting_impossible(book: Book, table: str) -> None:
    book.pay_in(book.zhang, 100)
    with transaction.atomic():
        with as_owner():
            raise_ = "balance = balance + 1" + (", sequence = sequence + 1" if table == "ledger_wallet" else "")
            run(f"UPDATE {table} SET {raise_} WHERE id IN (%s, %s)", book.wallet.pk, book.zhang.pk)
        refused(lambda: book.post_raw((book.wang.pk, 5), (book.rail.pk, -5)), "law 3")
        transaction.set_rollback(True)


# --- law 6: sequences without gaps ------------------------------------------------------------------------------------
def test_every_event_takes_the_next_number(book: Book) -> None:
    book.pay_in(book.zhang, 100)
    with transaction.atomic():
        wallet = lock_wallet(book.wallet.pk)
        record_event(wallet=wallet, event=TOLD, now=NOW)
    entry = book.pay(book.zhang, 1)
    assert entry.sequence == 3
    assert list(Event.objects.filter(wallet=book.wallet).values_list("sequence", flat=True).order_by("sequence")) == [
        1,
        2,
        3,
    ]


def test_what_is_rolled_back_takes_no_number(book: Book) -> None:
    with pytest.raises(InsufficientFunds):
        book.pay(book.zhang, 1)
    assert book.pay_in(book.zhang, 100).sequence == 1


@pytest.mark.parametrize("change", ["sequence = sequence + 2", "sequence = sequence - 1", "balance = balance + 1"])
def test_a_sequence_grows_by_one_and_money_does_not_move_without_it(book: Book, change: str) -> None:
    book.pay_in(book.zhang, 100)
    act = f"UPDATE ledger_wallet SET {change} WHERE id = %s"
    refused(lambda: run(act, book.wallet.pk), "permission denied")
    refused(lambda: run(act, book.wallet.pk), "Cannot update", owner=True)


def test_a_number_is_given_once(book: Book) -> None:
    book.pay_in(book.zhang, 100)
    twice = "INSERT INTO ledger_event SELECT gen_random_uuid(), sequence, kind, data, at, actor_id, wallet_id FROM {0}"
    columns = "id, sequence, kind, data, at, actor_id, wallet_id"
    act = twice.format("ledger_event").replace("ledger_event SELECT", f"ledger_event ({columns}) SELECT", 1)
    refused(lambda: run(act), "ledger_event_sequence", owner=True)


# --- law 8: nothing with meaning is deleted ---------------------------------------------------------------------------
def test_whoever_has_a_stake_cannot_be_deleted(book: Book) -> None:
    assert book.zhang.holder is not None
    refused(lambda: run("DELETE FROM identity_user; SET CONSTRAINTS ALL IMMEDIATE"), "foreign key")
    with pytest.raises(Exception, match="protected"):
        book.zhang.holder.delete()


# --- a command is one transaction -------------------------------------------------------------------------------------
def test_nothing_is_posted_outside_a_transaction(transactional_db: None) -> None:
    with transaction.atomic():
        wallet = open_wallet(now=NOW)
    for act in (
        lambda: lock_wallet(wallet.pk),
        lambda: record_event(wallet=wallet, event=TOLD, now=NOW),
        lambda: post_entry(wallet=wallet, kind="x", reference="x", lines=[], event=MOVED, now=NOW),
    ):
        with pytest.raises(AssertionError):
            act()
