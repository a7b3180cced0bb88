"""Law 4: the books are never updated, deleted or truncated; and what servers may do with them is this and no more."""

import pytest

from tests.books import BOOKS, run
from tests.ledger.conftest import NOW, Book, refused
from wallet.ledger.models import Wallet

APPEND_ONLY = ("ledger_entry", "ledger_posting", "ledger_event")


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_a_book_is_append_only(book: Book, table: str, statement: str) -> None:
    book.pay_in(book.zhang, 100)
    run("SET CONSTRAINTS ALL IMMEDIATE")  # a table for which checks wait is not truncated anyway
    refused(lambda: run(statement.format(table)), "permission denied")
    refused(lambda: run(statement.format(table)), "Cannot update or delete|never truncated", owner=True)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_server_writes_no_book_but_by_the_functions(book: Book, table: str) -> None:
    book.pay_in(book.zhang, 100)
    refused(lambda: run(f"INSERT INTO {table} SELECT * FROM {table}"), "permission denied")


@pytest.mark.parametrize("table", ["ledger_wallet", "ledger_account"])
def test_no_wallet_and_no_account_is_deleted(book: Book, table: str) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    refused(lambda: run(f"DELETE FROM {table}"), "permission denied")
    refused(lambda: run(f"DELETE FROM {table}"), "Cannot delete", owner=True)
    refused(lambda: run(f"TRUNCATE {table} CASCADE"), "permission denied")
    refused(lambda: run(f"TRUNCATE {table} CASCADE"), "never truncated", owner=True)


def test_no_session_turns_the_triggers_off(book: Book) -> None:
    """pgtrigger can be told by any session to ignore its triggers; the books' cannot (migration 0004)."""
    asking = run(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE c.relname ~ '^(ledger|yields)_' AND p.prosrc ~ '_pgtrigger_should_ignore'"
    )
    assert asking == [], "run laws.hold in a migration after the one that made these triggers"
    names = run("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    assert len(names) >= 12
    ignored = "{" + ",".join(str(name) for (name,) in names) + "}"
    book.pay_in(book.zhang, 100)
    run("SELECT set_config('pgtrigger.ignore', %s, true)", ignored)
    refused(lambda: book.post_raw((book.zhang.pk, 100), (book.rail.pk, -99)), "law 1")
    refused(lambda: Wallet.objects.create(balance=1, opened_at=NOW), "Cannot insert")
    refused(lambda: run("DELETE FROM ledger_posting"), "Cannot update or delete", owner=True)
    for act in ("ALTER TABLE ledger_posting DISABLE TRIGGER USER", "SET session_replication_role = replica"):
        refused(lambda act=act: run(act), "must be owner|permission denied")  # type: ignore[misc]


def test_what_a_server_may_do_with_the_books_is_this_and_no_more(db: None) -> None:
    rights = run(
        "SELECT table_name::text, privilege_type::text FROM information_schema.table_privileges"
        " WHERE grantee = 'wallet_app' AND table_name = ANY(%s) ORDER BY 1, 2",
        list(BOOKS),
    )
    only_read = {(table, "SELECT") for table in BOOKS}
    assert set(rights) == only_read | {("ledger_wallet", "INSERT"), ("ledger_account", "INSERT")}
    columns = run(
        "SELECT table_name::text, column_name::text FROM information_schema.column_privileges"
        " WHERE grantee = 'wallet_app' AND table_name = ANY(%s) AND privilege_type = 'UPDATE' ORDER BY 1",
        list(BOOKS),
    )
    assert columns == [("ledger_account", "floor"), ("ledger_wallet", "status")]
    assert run("SELECT rolsuper OR rolcreaterole OR rolcanlogin FROM pg_roles WHERE rolname = 'wallet_app'") == [
        (False,)
    ]
    assert run("SELECT pg_has_role('wallet_app', 'wallet_books', 'MEMBER')") == [(False,)]


def test_no_table_of_ours_can_be_truncated_by_a_server(db: None) -> None:
    may = run(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND has_table_privilege('wallet_app', oid, 'TRUNCATE')"
    )
    assert may == []


def test_a_function_finds_only_our_tables(book: Book) -> None:
    """A table of the same name in a schema of the caller's own changes nothing: the functions fix their search path."""
    run("CREATE TEMP TABLE ledger_wallet (LIKE ledger_wallet)")
    run("SET LOCAL search_path = pg_temp, public")
    book.post_raw((book.zhang.pk, 100), (book.rail.pk, -100))
    run("SET LOCAL search_path = public")
    run("DROP TABLE pg_temp.ledger_wallet")
    assert book.stakes() == (100, 0, 100)
