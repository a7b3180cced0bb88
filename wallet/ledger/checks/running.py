"""How checks are kept and run: by batches of wallets, one query each, and what they find."""

import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

WALLETS_AT_ONCE = 500
#: One broken law can break every row; the first ones tell enough.
FINDINGS_MAX = 100


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must be so, and the query that finds where it is not."""

    code: str
    says: str
    query: str
    parameters: Callable[[], dict[str, Any]] = dict


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that is wrong."""

    code: str
    wallet_id: uuid.UUID
    row: str
    detail: str


Progress = Callable[[int], object]
_checks: dict[str, Check] = {}


def add_check(code: str, says: str, query: str, parameters: Callable[[], dict[str, Any]] = dict) -> Check:
    """Let a check run with all others."""
    assert code not in _checks, f"there is a check {code}"
    check = _checks[code] = Check(code, says, query, parameters)
    return check


def list_checks() -> list[Check]:
    """List all checks, those of the lower rooms first."""
    return list(_checks.values())


def check_books(
    *,
    wallet_ids: Collection[uuid.UUID] | None = None,
    since: datetime | None = None,
    progress: Progress = lambda done: None,
) -> list[Finding]:
    """Run every check over some wallets (all, where none are named) and return what is wrong.

    With `since`, only wallets in which something happened after that are looked at, those over their whole life.
    `progress` is told of every batch how many wallets it had.
    """
    found: list[Finding] = []
    for batch in _batches(wallet_ids, since):
        for check in _checks.values():
            found += _run(check, batch)
        progress(len(batch))
    return found


def _run(check: Check, wallet_ids: list[uuid.UUID]) -> list[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(check.query, {"wallets": wallet_ids, **check.parameters()})
        return [Finding(check.code, *row) for row in cursor.fetchmany(FINDINGS_MAX)]


def _batches(wallet_ids: Collection[uuid.UUID] | None, since: datetime | None) -> Iterator[list[uuid.UUID]]:
    if wallet_ids is not None:
        chosen = sorted(wallet_ids)
        yield from (chosen[start : start + WALLETS_AT_ONCE] for start in range(0, len(chosen), WALLETS_AT_ONCE))
        return
    after = uuid.UUID(int=0)
    while batch := _next_batch(after, since):
        yield batch
        after = batch[-1]


def _next_batch(after: uuid.UUID, since: datetime | None) -> list[uuid.UUID]:
    """List the next wallets by id. A wallet whose newest event is missing counts as recent: it is wrong anyway."""
    query = """
        SELECT w.id FROM ledger_wallet w
        LEFT JOIN ledger_event v ON v.wallet_id = w.id AND v.sequence = w.sequence
        WHERE w.id > %s AND (%s::timestamptz IS NULL OR coalesce(v.at, 'infinity') >= %s)
        ORDER BY w.id LIMIT %s"""
    with connection.cursor() as cursor:
        cursor.execute(query, [after, since, since, WALLETS_AT_ONCE])
        return [wallet_id for (wallet_id,) in cursor.fetchall()]
