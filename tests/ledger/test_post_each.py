"""One entry in each of many wallets at once: by the same laws as one by itself, and the same rows."""

import json
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.books import run
from tests.ledger.conftest import NOW, Book, open_book
from wallet.ledger.models import Account, Entry, Event, Posting, Wallet
from wallet.ledger.selectors import system_account
from wallet.ledger.services import EventDraft, credit, debit

pytestmark = pytest.mark.django_db
KIND = "contribution_settled"


@pytest.fixture
def books(book: Book) -> list[Book]:
    """Two wallets with 100.00 of 张伟 in each."""
    both = [book, open_book()]
    for each in both:
        each.pay_in(each.zhang, 100_00)
    return both


def fund_of(book: Book) -> Account:
    return system_account(book.wallet, Account.Kind.FUND)


def post_each(books: list[Book], zhang: int = 3, wang: int = 2, **odd: Any) -> list[Any]:
    """Credit both stakes of each wallet (fen), out of FUND."""
    lines: list[tuple[uuid.UUID, uuid.UUID, int]] = []
    for book in books:
        amounts = {book.zhang: zhang, book.wang: wang, fund_of(book): odd.get("fund", -zhang - wang)}
        lines += [(book.wallet.pk, account.pk, amount) for account, amount in amounts.items()]
    lines += odd.get("more", [])
    with transaction.atomic():
        return run(
            "SELECT wallet_id, entry_id, sequence, is_new FROM ledger_post_each("
            "'gift', 'gift:1', %s, %s, %s::uuid[], %s::jsonb[], %s::uuid[], %s::uuid[], %s::bigint[])",
            NOW,
            KIND,
            [book.wallet.pk for book in books],
            [json.dumps({"from": "us"})] * len(books),
            *([line[place] for line in lines] for place in range(3)),
        )


def balances(books: list[Book]) -> list[int]:
    return [Wallet.objects.get(pk=book.wallet.pk).balance for book in books]


def test_its_rows_are_those_of_one_by_itself(books: list[Book]) -> None:
    """The first wallet by the one door, the second by the other: alike but for ids; and the chain of both is right."""
    one, other = books
    one.post(
        credit(one.zhang, 3), credit(one.wang, 2), debit(fund_of(one), 5),
        kind="gift", reference="gift:1", event=EventDraft(KIND, {"from": "us"}), now=NOW,
    )  # fmt: skip
    post_each([other])
    assert describe(one) == describe(other)
    assert balances(books) == [100_05] * 2


def describe(book: Book) -> list[Any]:
    entry = Entry.objects.get(wallet=book.wallet, reference="gift:1")
    event = Event.objects.get(wallet=book.wallet, sequence=entry.sequence)
    names = {str(book.zhang.holder_id): "张伟", str(book.wang.holder_id): "王芳"}
    told = event.data | {
        "entry": event.data["entry"] == str(entry.pk),
        "stakes": {names[holder]: balance for holder, balance in event.data["stakes"].items()},
    }
    postings = Posting.objects.filter(wallet=book.wallet, entry=entry).order_by("amount")
    return [
        (entry.sequence, entry.kind, entry.memo, entry.posted_at, entry.reverses_id, entry.corrects_id),
        (event.kind, event.actor_id, event.at, told),
        [(each.account.kind, each.amount, each.balance_after) for each in postings],
        [row.pk.version for row in (entry, event, *postings)],
    ]


def test_a_reference_has_one_effect_for_ever(books: list[Book]) -> None:
    ((wallet_id, entry_id, sequence, is_new),) = post_each(books[:1])
    assert (wallet_id, sequence, is_new) == (books[0].wallet.pk, 2, True)
    again = {row[0]: row[1:] for row in post_each(books)}
    assert again[wallet_id] == (entry_id, sequence, False)
    assert again[books[1].wallet.pk][2] is True
    assert balances(books) == [100_05] * 2


@pytest.mark.parametrize(
    ("odd", "law"),
    [
        ({"fund": -4}, "law 1"),
        ({"zhang": -100_01, "wang": 1}, "ledger_account_floor"),
        ({"zhang": 0, "wang": 5}, "ledger_posting_amount"),
    ],
)
def test_the_laws_hold_and_no_wallet_is_changed(books: list[Book], odd: dict[str, Any], law: str) -> None:
    with pytest.raises(DatabaseError, match=law):
        post_each(books, **odd)
    assert balances(books) == [100_00] * 2


def test_the_account_of_another_wallet_is_refused(books: list[Book]) -> None:
    one, other = books
    rail = (one.wallet.pk, one.rail.pk, -1)
    with pytest.raises(DatabaseError, match="law 2"):
        post_each([one], more=[(one.wallet.pk, other.zhang.pk, 1), rail])


def test_its_ids_are_of_version_7(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_uuid7(ledger_milliseconds()) FROM generate_series(1, 50)")
        made = [row[0] for row in cursor.fetchall()]
    assert {(each.version, each.variant) for each in made} == {(7, uuid.RFC_4122)}
    assert len(set(made)) == 50
    assert made[0].int >> 80 > NOW.timestamp() * 1_000
