"""What a statement says of wallets: which tables have one, and whether it is named for each of them that is touched."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from tests.books import run

#: Lead from something known to a wallet, before the wallet is known; and what is not a wallet's.
LOOK_UP = {"spending_codelead", "spending_tradenumber", "rails_transfernumber", "members_invitationcode"}


def wallet_tables() -> set[str]:
    """The tables that have a wallet, the wallets themselves included."""
    rows = run(
        "SELECT table_name::text FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'wallet_id'"
    )
    return {str(name) for (name,) in rows} - LOOK_UP | {"ledger_wallet"}


TABLE = r"""\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY )?"?([a-z_]+)"?"""
#: A wallet is bound by a value, or by being the same as another table's.
BOUND = r"""\b(?:wallet_id|p_wallet)"?\s*(?:=|IN|= ANY)\s*\(?(?:'|"?\w+"?\."?(?:wallet_id|id)\b)"""
BY_ID = r"""FROM ledger_wallet WHERE id = '|"ledger_wallet"\."id" = '|\bw\.id = '"""
FUNCTION = r"""ledger_(?:post_entry|record_event)\('"""


def names_its_wallet(statement: str, tables: set[str]) -> bool:
    """Say whether a statement binds the wallet of every table about a wallet that it touches."""
    if re.search(FUNCTION, statement):
        return True
    touched = [table for table in re.findall(TABLE, statement) if table in tables]
    if statement.startswith("INSERT"):
        return touched in ([], ["ledger_wallet"]) or "wallet_id" in statement
    return len(touched) <= len(re.findall(BOUND, statement)) + len(re.findall(BY_ID, statement))


@contextmanager
def captured() -> Iterator[list[str]]:
    """Capture the statements of the block, values filled in."""
    statements: list[str] = []

    def note(execute: Any, statement: str, values: Any, many: bool, context: Any) -> Any:
        statements.append(fill_in(statement, values))
        return execute(statement, values, many, context)

    with connection.execute_wrapper(note):
        yield statements


def fill_in(statement: str, values: Any) -> str:
    if isinstance(values, dict):
        return re.sub(r"%\((\w+)\)s", lambda name: f"'{values[name[1]]}'", statement)
    rest = iter(values or ())
    return re.sub(r"%s", lambda _: f"'{next(rest)}'", statement)
