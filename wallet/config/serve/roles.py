"""The roles of the database, and which of them the servers log in as.

`wallet_owner` owns the tables and migrates. `wallet_app` is what the servers may do, `wallet_books` what only the
ledger's functions may do; nobody logs in as these two. `wallet_server` is the servers' login: a member of
`wallet_app` and no more, so that not even a server with a hole in it can rewrite the books. Roles belong to the whole
PostgreSQL, not to one database.
"""

from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import DuplicateObject, InsufficientPrivilege, UniqueViolation

from wallet.config.serve import StartRefused

VERSION_MIN = 15_00_00
GROUPS = ("wallet_app", "wallet_books")
BY_HAND = """The role {owner} may not create the roles this project needs. As an administrator run:
    CREATE ROLE wallet_app NOLOGIN;
    CREATE ROLE wallet_books NOLOGIN;
    GRANT wallet_books TO "{owner}";
    CREATE ROLE wallet_server LOGIN PASSWORD '…' IN ROLE wallet_app;
and give SERVER_DATABASE_URL, the same address with wallet_server's name and password."""


def ensure_owner(superuser_url: str, *, role: str, password: str, database: str) -> None:
    """Create the owner and its database in an embedded PostgreSQL, where they are missing."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
            create = sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}")
            connection.execute(create.format(sql.Identifier(role), sql.Literal(password)))
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).rowcount:
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create.format(sql.Identifier(database), sql.Identifier(role)))


def ensure_groups(owner_url: str) -> None:
    """Create the two group roles, and make the owner a member of `wallet_books`, to which it hands functions.

    :raises StartRefused: when PostgreSQL is too old, or the owner may not; the message holds the SQL to run.
    """
    with _connect(owner_url) as connection:
        try:
            for role in GROUPS:
                _ensure_role(connection, role, sql.SQL("NOLOGIN"))
            # A creator's own admin right (PostgreSQL 16 and later) counts as membership, but does not let it SET ROLE.
            right = "SET" if connection.info.server_version >= 16_00_00 else "MEMBER"
            if not _is_true(connection, "SELECT pg_has_role('wallet_books', %s)", right):
                connection.execute("GRANT wallet_books TO CURRENT_USER")
        except InsufficientPrivilege as error:
            raise StartRefused(BY_HAND.format(owner=connection.info.user)) from error


def ensure_server(owner_url: str, *, password: str, role: str = "wallet_server") -> str:
    """Create the servers' login, and return its URL. A login of that name with another password is left alone.

    :raises StartRefused: when it exists with another password, or the owner may not create it.
    """
    with _connect(owner_url) as connection:
        try:
            options = sql.SQL("LOGIN PASSWORD {} IN ROLE wallet_app").format(sql.Literal(password))
            _ensure_role(connection, role, options)
        except InsufficientPrivilege as error:
            raise StartRefused(BY_HAND.format(owner=connection.info.user)) from error
    url = log_in_as(owner_url, role, password)
    try:
        psycopg.connect(make_conninfo(url, connect_timeout=5)).close()
    except psycopg.OperationalError as error:
        raise StartRefused(
            f"The role {role} exists, but not with the password in this data folder. Give SERVER_DATABASE_URL,"
            f" or let it be made anew: DROP ROLE {role}. ({str(error).strip()})"
        ) from error
    return url


def log_in_as(url: str, role: str, password: str) -> str:
    """Return the same address with another name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{role}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()


def drop_role(owner_url: str, role: str) -> None:
    """Drop a login made by `ensure_server` that owns nothing."""
    with _connect(owner_url) as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def _connect(url: str) -> psycopg.Connection:
    try:
        connection = psycopg.connect(make_conninfo(url, connect_timeout=10), autocommit=True)
    except psycopg.OperationalError as error:
        raise StartRefused(f"DATABASE_URL does not answer: {str(error).strip()}") from error
    if connection.info.server_version < VERSION_MIN:
        connection.close()
        raise StartRefused("DATABASE_URL: PostgreSQL 15 or later is needed.")
    return connection


def _ensure_role(connection: psycopg.Connection, role: str, options: sql.Composable) -> None:
    if _is_true(connection, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", role):
        return
    try:
        connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), options))
    except (DuplicateObject, UniqueViolation):
        return  # somebody else was faster


def _is_true(connection: psycopg.Connection, query: str, *values: str) -> bool:
    row = connection.execute(query.encode(), values).fetchone()
    return bool(row and row[0])
