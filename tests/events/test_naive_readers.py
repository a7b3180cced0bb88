"""The negative control: readers as they are often written lose an event in the very situation that ours survives.

One transaction takes its number and holds its commit, a later one commits first. Whoever remembers the greatest id,
serial number or time of all that was seen has then passed the one that is still to come. A wallet's sequence cannot be
passed: it is taken under the wallet's lock, so nothing with a greater number commits before.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from groups.members.events import group_changed
from tests.events.conftest import Readership, Server, make_wallet, note, numbers, writing
from wallet.events.selectors import list_events
from wallet.identity.models import User
from wallet.ledger.models import Event, Wallet
from wallet.ledger.services import lock_wallet, record_event

Read = Callable[[], list[tuple[uuid.UUID, int]]]


@contextmanager
def commit_held(wallet: Wallet) -> Iterator[Callable[[], None]]:
    """Record an event in another transaction, and commit only when told to."""
    recorded, commit = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            draft = group_changed(name="late", sharing_rule="equal", time_zone="UTC", ends_on=None)
            record_event(wallet=lock_wallet(wallet.pk), event=draft, now=datetime.now(UTC))
            recorded.set()
            commit.wait(10)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert recorded.wait(10)

    def finish() -> None:
        commit.set()
        writer.join(10)

    try:
        yield finish
    finally:
        finish()


def reader_by(column: str, wallets: list[Wallet]) -> Read:
    """Read what is new by the greatest value of a column that was seen so far: how not to do it."""
    cursor: list[Any] = [None]

    def read() -> list[tuple[uuid.UUID, int]]:
        events = Event.objects.filter(wallet__in=wallets)
        if cursor[0] is not None:
            events = events.filter(**{f"{column}__gt": cursor[0]})
        found = list(events.order_by(column))
        cursor[0] = getattr(found[-1], column) if found else cursor[0]
        return [(event.wallet_id, event.sequence) for event in found]

    return read


def reader_by_sequence(wallets: list[Wallet]) -> Read:
    """Read as the pump does: a cursor for each wallet."""
    cursors = {wallet.pk: 0 for wallet in wallets}

    def read() -> list[tuple[uuid.UUID, int]]:
        found = []
        for wallet_id, after in cursors.items():
            for event in list_events(wallet_id, after=after, limit=100):
                found.append((wallet_id, event.sequence))
                cursors[wallet_id] = event.sequence
        return found

    return read


def story(read: Read, early: Wallet, late: Wallet) -> list[tuple[uuid.UUID, int]]:
    """What a reader has seen after an event that was recorded first is committed last."""
    with commit_held(late) as commit:
        note(early)
        seen = read()
        commit()
        return seen + read()


@pytest.mark.parametrize("column", ["id", "at"])
def test_a_reader_by_one_greatest_value_misses_an_event(member: User, readership: Readership, column: str) -> None:
    early, late = make_wallet(readership, member), make_wallet(readership, member)
    assert story(reader_by(column, [early, late]), early, late) == [(early.pk, 1)], (
        "it would see both, if it were right"
    )
    assert numbers(late) == [1]


def test_a_reader_by_serial_number_misses_an_event(transactional_db: None) -> None:
    """An outbox with a `bigserial` column, as seven known projects had it: the number is taken before the commit."""
    owner = connection.cursor()
    owner.execute("SET ROLE NONE")
    owner.execute("CREATE TABLE outbox (serial bigserial PRIMARY KEY)")
    try:
        taken, commit = threading.Event(), threading.Event()
        seen: list[int] = []

        def hold() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET ROLE NONE")
                cursor.execute("INSERT INTO outbox DEFAULT VALUES")
                taken.set()
                commit.wait(10)
            connection.close()

        writer = threading.Thread(target=hold)
        writer.start()
        assert taken.wait(10)
        owner.execute("INSERT INTO outbox DEFAULT VALUES")
        for _ in range(2):
            owner.execute("SELECT serial FROM outbox WHERE serial > %s ORDER BY serial", [max(seen, default=0)])
            seen += [serial for (serial,) in owner.fetchall()]
            commit.set()
            writer.join(10)
        assert seen == [2], "1 was committed after 2, and is never seen"
    finally:
        owner.execute("DROP TABLE outbox")
        connection.close()


def test_our_reader_sees_both(member: User, readership: Readership) -> None:
    early, late = make_wallet(readership, member), make_wallet(readership, member)
    assert sorted(story(reader_by_sequence([early, late]), early, late)) == sorted([(early.pk, 1), (late.pk, 1)])


def test_our_sockets_see_both(server: Server, token: str, member: User, readership: Readership) -> None:
    early, late = make_wallet(readership, member), make_wallet(readership, member)
    with server.connect(token) as client:
        client.subscribe({early: 0, late: 0})
        with commit_held(late) as commit:
            note(early)
            client.read_until(early, 1)
            assert client.seen[late.pk] == []
            commit()
            client.read_until(late, 1)


def test_within_a_wallet_nobody_passes(server: Server, token: str, wallet: Wallet) -> None:
    """The second writer waits for the first; so the socket sees nothing, then both in order."""
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        with commit_held(wallet) as commit, writing((wallet, 1)):
            assert client.is_silent(1.5)
            commit()
        client.read_until(wallet, 2)
    assert client.seen[wallet.pk] == [1, 2]
