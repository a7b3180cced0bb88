"""What holds for every test that touches the database.

It runs under the rights that the servers really have; it is emptied fast; and after it, the books are right, unless it
is marked `plants_a_fault`.
"""

import time
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.utils import InternalError
from django.test import TransactionTestCase
from django.utils import timezone
from psycopg.pq import TransactionStatus
from pytest_django.plugin import DjangoDbBlocker

from tests.books import analyze_books, empty_database, run, save_seeds
from wallet.ledger import clock

#: Beyond this, PostgreSQL plans the checks badly until it has looked at the tables, which it has no time for in a test.
SMALL_BOOK_EVENTS = 200
SERVERS_ROLE = " -c role=wallet_app"
CLOCKS = (timezone.now, clock.database_now)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long proofs to `make proof` (`-m proof`), unless one is named."""
    if "proof" in config.option.markexpr or any("::" in arg for arg in config.args):
        return
    long = [item for item in items if item.get_closest_marker("proof")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """After migrating as the owner, connect as what the servers are."""
    options = connection.settings_dict["OPTIONS"]
    as_owner = options.get("options", "")
    with django_db_blocker.unblock():
        _let_owner_become_server()
        save_seeds()
        connection.close()
    options["options"] = as_owner + SERVERS_ROLE
    yield
    options["options"] = as_owner
    with django_db_blocker.unblock():
        connection.close()


def _let_owner_become_server() -> None:
    """Make the owner a member of `wallet_app`. Roles are the whole server's: another worker may be doing the same."""
    right = "SET" if connection.cursor().connection.info.server_version >= 16_00_00 else "MEMBER"
    for _ in range(20):
        if run("SELECT pg_has_role('wallet_app', %s)", right) == [(True,)]:
            return
        try:
            run("GRANT wallet_app TO CURRENT_USER")
        except InternalError:  # tuple concurrently updated
            time.sleep(0.05)
    raise AssertionError("the owner cannot become wallet_app")


@pytest.fixture(scope="session", autouse=True)
def _emptied_fast() -> Iterator[None]:
    """Empty the database after a test that commits, without Django's TRUNCATE of everything, which law 4 refuses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_database())
        yield


@pytest.fixture(autouse=True)
def _books_are_right(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check the books after every test with a database, before it is emptied."""
    marker = request.node.get_closest_marker("django_db")
    fixtures = {"db", "transactional_db", "django_db_reset_sequences", "live_server"} & set(request.fixturenames)
    if not marker and not fixtures:
        yield
        return
    request.getfixturevalue("_django_db_helper")
    yield
    if request.node.get_closest_marker("plants_a_fault") or _has_failed():
        return
    if run("SELECT EXISTS (SELECT FROM ledger_wallet)") == [(True,)]:
        from wallet.ledger.checks import check_books

        if run("SELECT count(*) > %s FROM ledger_event", SMALL_BOOK_EVENTS) == [(True,)]:
            analyze_books()
        assert check_books() == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Let no test leave its clock to the next."""
    yield
    left, (timezone.now, clock.database_now) = (timezone.now, clock.database_now), CLOCKS
    assert left == CLOCKS, "the test left its clock behind"


def _has_failed() -> bool:
    """Say whether the test ended in a transaction that is aborted: then there is nothing to look at."""
    raw = connection.connection
    return connection.needs_rollback or (raw is not None and raw.info.transaction_status == TransactionStatus.INERROR)
