"""What tests do to the database beside what the services do: become its owner, empty it, take its digest.

The tests' connections are what the servers' are (`tests/conftest.py`): members of `wallet_app` who can only read the
books. `as_owner` is for what an attacker with more rights, or an administrator's mistake, would do.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg import sql

#: What migrations and Django fill, which no test changes.
FRAMEWORK = frozenset({"django_migrations", "django_content_type", "auth_permission"})
BOOKS = ("ledger_wallet", "ledger_account", "ledger_entry", "ledger_posting", "ledger_event")
SEEDS = "seeds"
#: So many rows are deleted faster than their files are made anew.
DELETED_MAX = 3_000


@contextmanager
def as_owner() -> Iterator[None]:
    """Be the owner of the tables inside the block."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        try:
            yield
        finally:
            # In a transaction that has failed this fails too; its rollback brings the role back.
            with suppress(DatabaseError):
                cursor.execute("SET ROLE wallet_app")


@contextmanager
def without_triggers(*tables: str) -> Iterator[None]:
    """Be the owner, with the triggers of some tables (the books, where none is named) disabled inside the block."""
    with as_owner(), transaction.atomic():
        _switch_triggers("DISABLE", tables or BOOKS)
        yield
        _switch_triggers("ENABLE", tables or BOOKS)


def _switch_triggers(word: str, tables: tuple[str, ...]) -> None:
    # Foreign keys are checked at commit as a rule; a table for which such checks wait cannot be altered.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")
    for table in tables:
        run(f"ALTER TABLE {table} {word} TRIGGER USER")


def analyze_books() -> None:
    """Let PostgreSQL look at the books, as autovacuum does a minute later."""
    with as_owner():
        run(f"ANALYZE {', '.join(BOOKS)}")


def run(query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return list(cursor.fetchall()) if cursor.description else []


# --- emptying --------------------------------------------------------------------------------------------------------
def save_seeds() -> None:
    """Put aside what migrations have put into tables of ours, once, so that `empty_database` can bring it back."""
    run(f"DROP SCHEMA IF EXISTS {SEEDS} CASCADE")
    run(f"CREATE SCHEMA {SEEDS}")
    for table in list_filled(list_tables()):
        run(f'CREATE TABLE {SEEDS}."{table}" AS TABLE public."{table}"')


def empty_database() -> None:
    """Empty every table that has rows, and bring the seeds back. Law 4 forbids it to everybody but the owner."""
    filled = list_filled(list_tables())
    if not filled:
        return
    seeds = [str(table) for (table,) in run("SELECT tablename FROM pg_tables WHERE schemaname = %s", SEEDS)]
    few = _count(filled) < DELETED_MAX
    # Other rooms have rows that stay for good as well, such as a fund's published days; and what is truncated takes
    # every table along that points to it, the empty ones too.
    with without_triggers(*set(BOOKS).union(filled if few else list_tables())):
        if few:
            for table in filled:
                run(f'DELETE FROM "{table}"')
        else:
            run(f"TRUNCATE {', '.join(filled)} CASCADE")
        for table in seeds:
            run(f'INSERT INTO public."{table}" SELECT * FROM {SEEDS}."{table}"')


def _count(tables: list[str]) -> int:
    counts = " + ".join(f'(SELECT count(*) FROM "{table}")' for table in tables)
    ((count,),) = run(f"SELECT {counts}")
    return int(count)


@cache
def list_tables() -> tuple[str, ...]:
    """List the tables that tests may fill."""
    names = {str(name) for (name,) in run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    return tuple(sorted(names - FRAMEWORK))


def list_filled(tables: tuple[str, ...]) -> list[str]:
    """List which of these tables have rows, in one query."""
    ask = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables)
    return [str(table) for (table,) in run(ask)]


# --- digest ----------------------------------------------------------------------------------------------------------
def database_digest(*, leave_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """Take a digest of every table: what must not change can be compared, and the difference names the table."""
    digests = {}
    for table in list_tables():
        if table not in leave_out:
            name = sql.Identifier(table).as_string(None)
            ask = f"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"), '') FROM {name} t"
            ((text,),) = run(ask)
            digests[table] = hashlib.sha256(str(text).encode()).hexdigest()
    return digests
