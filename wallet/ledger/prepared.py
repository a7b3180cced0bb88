"""Statements of the hottest path, which PostgreSQL parses and plans once a connection instead of every time.

Django puts the values into the text of a statement, so that every one is new to the server; planning the read of a
charge took longer than running it. Here they are sent apart (psycopg's server-side binding), and psycopg prepares what
it has sent often enough. Everything else is Django's: the connection, its transaction, its errors, its log of queries.
A statement is one and not several, and PostgreSQL must be able to tell the type of each value from its place.
"""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import ServerBindingCursor

#: Sent so often on one connection, a statement is prepared.
THRESHOLD = 3


def fetch_prepared(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Run a statement that returns rows, and return the first one."""
    connection: Any = connections[DEFAULT_DB_ALIAS]  # the proxy `connection` would look it up at every step
    connection.ensure_connection()
    connection.connection.prepare_threshold = THRESHOLD
    cursor = connection._prepare_cursor(ServerBindingCursor(connection.connection))  # type: ignore[call-arg]
    cursor.execute(statement, values)
    row: tuple[Any, ...] | None = cursor.fetchone()
    return row
