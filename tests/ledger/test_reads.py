"""Balances as of a moment, statements, and the chain of digests."""

import hashlib
import json
from datetime import timedelta
from itertools import pairwise

from django.db import transaction

from tests.ledger.conftest import NOW, Book
from wallet.identity.services import sign_up
from wallet.ledger.models import Account, Entry
from wallet.ledger.selectors import (
    Statement,
    balance_as_of,
    get_stake,
    get_statement,
    list_entries,
    list_stakes,
    system_account,
    wallet_balance_as_of,
)
from wallet.ledger.services import credit, debit, open_stake, open_wallet


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_balances_as_of_a_moment(book: Book) -> None:
    book.pay_in(book.zhang, 700)  # a minute after NOW
    book.pay(book.zhang, 300)
    book.pay_in(book.wang, 50)
    assert [balance_as_of(book.zhang, NOW + minutes(n)) for n in range(4)] == [0, 700, 400, 400]
    assert [balance_as_of(book.rail, NOW + minutes(n)) for n in range(4)] == [0, -700, -700, -750]
    assert [wallet_balance_as_of(book.wallet.pk, NOW + minutes(n)) for n in range(4)] == [0, 700, 400, 450]
    just_before = NOW + minutes(1) - timedelta(microseconds=1)
    assert balance_as_of(book.zhang, just_before) == 0


def test_a_statement_adds_up(book: Book) -> None:
    book.pay_in(book.zhang, 700, kind="contribution_like")
    book.pay(book.zhang, 300, kind="spend")
    book.pay(book.zhang, 100, kind="spend")
    book.post(debit(book.zhang, 20), credit(book.wang, 20), kind="between_members")
    book.pay_in(book.wang, 50, kind="contribution_like")
    start = NOW + minutes(2)
    assert get_statement(book.wallet.pk, start, NOW + minutes(5)) == Statement(
        opening=700, closing=300, money_in={}, money_out={"spend": 400}
    )
    whole = get_statement(book.wallet.pk, NOW, NOW + minutes(10))
    assert whole == Statement(0, 350, {"contribution_like": 750}, {"spend": 400})
    assert whole.opening + sum(whole.money_in.values()) - sum(whole.money_out.values()) == whole.closing


def test_statements_join_without_overlap(book: Book) -> None:
    for amount in (1, 2, 4, 8, 16):
        book.pay_in(book.zhang, amount)
    edges = [NOW + minutes(n) for n in range(7)]
    parts = [get_statement(book.wallet.pk, start, end) for start, end in pairwise(edges)]
    assert [part.closing for part in parts] == [0, 1, 3, 7, 15, 31]
    assert [part.opening for part in parts[1:]] == [part.closing for part in parts[:-1]]


def test_what_is_asked_of_one_wallet_tells_nothing_of_another(book: Book) -> None:
    book.pay_in(book.zhang, 700)
    assert book.zhang.holder is not None
    with transaction.atomic():
        other = open_wallet(now=NOW)
        stake = open_stake(wallet=other, holder=book.zhang.holder)
    assert get_stake(other.pk, book.zhang.holder.pk) == stake
    assert wallet_balance_as_of(other.pk, NOW + minutes(5)) == 0
    assert list(list_entries(other.pk)) == []
    assert list(list_stakes(other.pk)) == [stake]
    assert system_account(other, Account.Kind.RAIL) != book.rail


def test_stakes_are_listed_in_the_order_of_their_ids(book: Book) -> None:
    for n in range(5):
        open_stake(wallet=book.wallet, holder=sign_up(phone=f"+861390000{n:04}", now=NOW))
    ids = [stake.pk for stake in list_stakes(book.wallet.pk)]
    assert len(ids) == 7
    assert ids == sorted(ids)


def test_the_chain_can_be_recomputed_by_anybody(book: Book) -> None:
    """As docs/ledger.md says it is made: written down here once more, without the database's function."""
    book.pay_in(book.zhang, 700, memo="工资 | 十一月")
    spend = book.pay(book.zhang, 300)
    book.share_anew(spend, {book.zhang: 100, book.wang: 200}, paid_in=200)
    book.give_back(spend, 100)
    head = b""
    for entry in Entry.objects.filter(wallet=book.wallet).order_by("sequence"):
        lines = sorted(entry.postings.values_list("account_id", "amount"), key=lambda line: line[0].bytes)
        told = [
            str(entry.wallet_id),
            entry.sequence,
            entry.kind,
            entry.reference,
            entry.memo,
            str(entry.reverses_id) if entry.reverses_id else None,
            round(entry.posted_at.timestamp() * 1_000_000),
            ",".join(f"{account}:{amount}" for account, amount in lines),
            *([str(entry.corrects_id)] if entry.corrects_id else []),
        ]
        head = hashlib.sha256(head + json.dumps(told, ensure_ascii=False).encode()).digest()
        assert bytes(entry.digest) == head
    book.wallet.refresh_from_db()
    assert bytes(book.wallet.head) == head
