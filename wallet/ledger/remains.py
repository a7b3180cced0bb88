"""What an entry has left on each account: itself, its reversals and its corrections taken together.

This is the one place that says so. What is reversed or corrected next is judged by it under the wallet's lock, and so
is what a member bears, contests and reads. A reversal gives a part of an entry back (law 7); a correction moves what it
has left between stakes (law 9). Both name the entry itself and never one another.
"""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from wallet.ledger.models import Entry, Posting, Wallet


@dataclass(frozen=True, slots=True)
class Correction:
    """What a correcting entry changed: who bore what before and after it (fen, by member; those it changed)."""

    entry_id: uuid.UUID
    reference: str
    posted_at: datetime
    before: dict[uuid.UUID, int] = field(default_factory=dict)
    after: dict[uuid.UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of an entry: by account (signed fen), by member (fen that they bear), and how it was corrected."""

    lines: dict[uuid.UUID, int] = field(default_factory=dict)
    shares: dict[uuid.UUID, int] = field(default_factory=dict)
    corrections: list[Correction] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    origin_id: uuid.UUID
    entry_id: uuid.UUID
    is_correction: bool
    reference: str
    posted_at: datetime
    account_id: uuid.UUID
    holder_id: uuid.UUID | None
    amount: int


def read_remains(wallet_id: uuid.UUID, entry_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Remains]:
    """Read what is left of some entries of a wallet, by entry."""
    remains: dict[uuid.UUID, Remains] = {entry_id: Remains() for entry_id in entry_ids}
    for row in _read_rows(wallet_id, entry_ids):
        _take(remains[row.origin_id], row)
    for each in remains.values():
        for holder_id in [holder_id for holder_id, share in each.shares.items() if not share]:
            del each.shares[holder_id]
    return remains


def _take(remains: Remains, row: _Row) -> None:
    remains.lines[row.account_id] = remains.lines.get(row.account_id, 0) + row.amount
    if row.holder_id is None:
        return
    before = remains.shares.get(row.holder_id, 0)
    remains.shares[row.holder_id] = before - row.amount
    if row.is_correction:
        if not remains.corrections or remains.corrections[-1].entry_id != row.entry_id:
            remains.corrections.append(Correction(row.entry_id, row.reference, row.posted_at))
        correction = remains.corrections[-1]
        correction.before[row.holder_id], correction.after[row.holder_id] = before, before - row.amount


def _read_rows(wallet_id: uuid.UUID, entry_ids: Collection[uuid.UUID]) -> Iterator[_Row]:
    """Read every line of these entries' stories, in the order in which they were posted."""
    ids = list(entry_ids)
    story = Entry.objects.filter(Q(pk__in=ids) | Q(reverses__in=ids) | Q(corrects__in=ids), wallet=wallet_id)
    # By their ids, read first: as a sub-query, PostgreSQL may go through the wallet's accounts for each of its entries.
    told = list(story.values_list("pk", flat=True))
    # Each table that is joined names the wallet too: so the join stays on one shard.
    postings = Posting.objects.filter(
        wallet=wallet_id, entry__wallet=wallet_id, account__wallet=wallet_id, entry__in=told
    ).order_by("entry__sequence", "account_id")
    columns = ("entry__reverses_id", "entry__corrects_id", "entry_id", "entry__reference", "entry__posted_at")
    for reverses_id, corrects_id, entry_id, reference, posted_at, account_id, holder_id, amount in postings.values_list(
        *columns, "account_id", "account__holder_id", "amount"
    ):
        # A reversal that is reversed itself is a line of its own story too.
        for origin_id in {reverses_id or corrects_id or entry_id, entry_id} & set(ids):
            yield _Row(
                origin_id, entry_id, corrects_id is not None, reference, posted_at, account_id, holder_id, amount
            )


def remaining_lines(*, wallet: Wallet, entry: Entry) -> dict[uuid.UUID, int]:
    """Sum what is left of an entry, by account (signed fen), under the wallet's lock."""
    return read_remains(wallet.pk, [entry.pk])[entry.pk].lines


def read_shares(wallet_id: uuid.UUID, entry_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """Read what each member, those who left included, bears of an entry and has not had back (fen, above zero)."""
    shares = read_remains(wallet_id, [entry_id])[entry_id].shares
    return {holder_id: share for holder_id, share in shares.items() if share > 0}
