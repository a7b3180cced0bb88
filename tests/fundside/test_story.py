"""The family's month is ordered and reconciled afterwards, in one go, as after a long absence."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.config.test_story import PRESENT, play, tell
from tests.proofs.sharding import captured, wallet_tables
from yields.fundside.checks import check_orders
from yields.fundside.companies import use_company
from yields.fundside.companies.registry import open_sandbox
from yields.fundside.models import FundDifference, FundOrder, FundPosition
from yields.fundside.services import make_due_orders, reconcile_funds_due, send_orders
from yields.models import Fund

pytestmark = pytest.mark.django_db
LAST = date(2013, 7, 31)
LATER = datetime(2013, 8, 1, 4, tzinfo=UTC)
#: What binds a statement over all wallets: each table's wallet is that of the table before it.
JOINED = r"(?:ON|AND|WHERE) (?:\(?\"?\w+\"?\.\"?wallet_id\"? = |w\.id = |n\.wallet_id = w\.id)"


def test_the_family_s_july_agrees_to_the_last_part_of_a_fen(tmp_path: Path) -> None:
    story = tell()
    play(story)
    Fund.objects.filter(pk=story.fund.pk).update(runs_nightly=True)
    with use_company(story.fund.pk, open_sandbox(tmp_path / "company.sqlite3")):
        assert make_due_orders(now=LATER) == 23
        send_orders(now=LATER)
        assert reconcile_funds_due(now=LATER) == 31
    assert PRESENT > LATER
    assert list(FundDifference.objects.values_list("position__date", "kind")) == []
    assert list(check_orders(story.fund, date(2013, 7, 1), LAST)) == []
    last = FundPosition.objects.get(date=LAST)
    assert last.ordered + last.reinvested == last.bases + last.leaving + last.waiting + last.kept
    assert FundOrder.objects.filter(amount__lt=0).exists()


def test_the_statements_over_all_wallets_join_wallet_by_wallet(tmp_path: Path) -> None:
    """Each can be spread: no table about a wallet stands in it that is not bound to the one before by the wallet."""
    story = tell(date(2013, 7, 3))
    play(story)
    Fund.objects.filter(pk=story.fund.pk).update(runs_nightly=True)
    with (
        use_company(story.fund.pk, open_sandbox(tmp_path / "company.sqlite3")),
        captured() as statements,
    ):
        make_due_orders(now=datetime(2013, 7, 3, 9, tzinfo=UTC))
        reconcile_funds_due(now=datetime(2013, 7, 4, 4, tzinfo=UTC))
    tables = wallet_tables()
    assert sum(joins(statement, tables) for statement in statements) > 20
    assert [statement for statement in statements if joins(statement, tables) > bound(statement)] == []
    loose = "SELECT * FROM ledger_entry n JOIN ledger_posting p ON p.entry_id = n.id"
    assert joins(loose, tables) > bound(loose)


def joins(statement: str, tables: set[str]) -> int:
    joined = re.findall(r"\bJOIN (?:LATERAL )?\"?([a-z_]+)\"? ", statement)
    return sum(table in tables for table in joined)


def bound(statement: str) -> int:
    return len(re.findall(JOINED, statement))
