"""Many at once: threads with connections of their own, and the guards of the house taken away one by one."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection

from tests.books import as_owner, empty_database, run
from wallet.ledger import services as ledger

T = TypeVar("T")
#: How long whoever comes first waits for the others at a meeting point. With the lock on, nobody comes.
MEETING_SECONDS = 0.4


def at_once(acts: Sequence[Callable[[], T]], *, threads: int | None = None) -> list[T | Exception]:
    """Do all of these at once, and return what came of each: its value, or the exception that it ended with."""
    count = threads or len(acts)
    start = threading.Barrier(count)

    def do(share: Sequence[Callable[[], T]]) -> list[T | Exception]:
        try:
            run("SELECT 1")  # so that connecting is over
            start.wait(30)
            return [_outcome(act) for act in share]
        finally:
            connection.close()

    shares = [acts[number::count] for number in range(count)]
    with ThreadPoolExecutor(count) as pool:
        results = list(pool.map(do, shares))
    ordered: list[T | Exception] = [results[number % count][number // count] for number in range(len(acts))]
    return ordered


def _outcome(act: Callable[[], T]) -> T | Exception:
    try:
        return act()
    except Exception as error:
        return error


def values(outcomes: Sequence[T | Exception]) -> list[T]:
    """What came of those that did not end with an exception."""
    return [outcome for outcome in outcomes if not isinstance(outcome, Exception)]


def kinds(outcomes: Sequence[object]) -> dict[str, int]:
    """Count outcomes by class."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[type(outcome).__name__] = counts.get(type(outcome).__name__, 0) + 1
    return counts


class MeetingPoint:
    """Where those who race wait until all of them have read, so that a missing lock is always noticed."""

    def __init__(self, people: int) -> None:
        self._barrier = threading.Barrier(people)

    def wait(self) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            self._barrier.wait(MEETING_SECONDS)

    def after(self, function: Callable[..., T]) -> Callable[..., T]:
        """Let whoever has called the function wait before they go on."""

        def meet(*args: object, **kwargs: object) -> T:
            result = function(*args, **kwargs)
            self.wait()
            return result

        return meet

    def before(self, function: Callable[..., T]) -> Callable[..., T]:
        """Let whoever is about to call the function wait first."""

        def meet(*args: object, **kwargs: object) -> T:
            self.wait()
            return function(*args, **kwargs)

        return meet


# --- taking guards away ----------------------------------------------------------------------------------------------
def take_lock_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command read its wallet without locking it."""
    assert ledger.LOCK.endswith(" FOR NO KEY UPDATE")
    monkeypatch.setattr(ledger, "LOCK", ledger.LOCK.removesuffix(" FOR NO KEY UPDATE"))


@contextlib.contextmanager
def without_constraints(*names: str) -> Iterator[None]:
    """Drop constraints and unique indexes inside the block. The database is empty afterwards."""
    with as_owner():
        kept = [_drop(name) for name in names]
    try:
        yield
    finally:
        empty_database()
        with as_owner():
            for statement in kept:
                run(statement)


def _drop(name: str) -> str:
    """Drop a constraint or index, and return the statement that brings it back."""
    constraint = run(
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", name
    )
    if constraint:
        ((table, definition),) = constraint
        run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        return f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
    ((statement,),) = run("SELECT indexdef FROM pg_indexes WHERE indexname = %s", name)
    run(f"DROP INDEX {name}")
    return str(statement)


@contextlib.contextmanager
def without_laws_of_postings() -> Iterator[None]:
    """Switch the trigger with laws 1, 2, 3, 7 and 9 off inside the block. The database is empty afterwards."""
    ((name,),) = run("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_laws%%'")
    with as_owner():
        run(f"ALTER TABLE ledger_posting DISABLE TRIGGER {name}")
    try:
        yield
    finally:
        empty_database()
        with as_owner():
            run(f"ALTER TABLE ledger_posting ENABLE TRIGGER {name}")


@contextlib.contextmanager
def without_trigger(table: str, name: str) -> Iterator[None]:
    """Switch one trigger of a table off inside the block. The database is empty afterwards."""
    ((trigger,),) = run("SELECT tgname FROM pg_trigger WHERE tgname LIKE %s", f"pgtrigger_{name}_%")
    with as_owner():
        run(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    try:
        yield
    finally:
        empty_database()
        with as_owner():
            run(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
