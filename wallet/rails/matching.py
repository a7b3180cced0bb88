"""Comparing a rail's statement of a day with our book, line by line. Pure: it reads and writes nothing.

Our own number joins the two. What became final between the rail's midnights must stand in that day's statement once,
with the same direction, amount, source and status; and what stands there must be ours. Of what failed no money moved:
it may be missing in either book.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wallet.rails.adapters.base import StatementLine
from wallet.rails.models import Difference

Kind = Difference.Kind
#: How our numbers look (`Transfer.out_no`).
OURS = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Known:
    """A transfer as our book has it."""

    out_no: str
    rail: str
    direction: str
    amount: int
    token: str
    status: str
    booked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """A difference: what we say and what the rail says. `reference` is the rail's own, where a line of it is meant."""

    kind: str
    out_no: str
    reference: str = ""
    ours: str = ""
    theirs: str = ""


@dataclass(slots=True)
class Day:
    """A day of a rail: its name, and the midnights before and after it."""

    rail: str
    start: datetime
    end: datetime
    _numbers: set[str] = field(default_factory=set)
    _references: set[str] = field(default_factory=set)

    def compare(self, lines: Iterable[StatementLine], known: Mapping[str, Known]) -> Iterator[Found]:
        """Yield every difference between the statement and what we know, by our number."""
        for line in lines:
            yield from self._compare_line(line, known.get(line.out_no))
        for transfer in known.values():
            if self._is_due(transfer) and transfer.out_no not in self._numbers:
                yield Found(Kind.MISSING_AT_BANK, transfer.out_no, ours=str(transfer.amount))

    def _is_due(self, transfer: Known) -> bool:
        return transfer.status == "settled" and transfer.rail == self.rail and self._has(transfer.booked_at)

    def _has(self, moment: datetime | None) -> bool:
        return moment is not None and self.start <= moment < self.end

    def _compare_line(self, line: StatementLine, ours: Known | None) -> Iterator[Found]:
        if line.is_reversed:
            yield Found(Kind.REVERSED_AT_BANK, line.out_no, line.reference, ours.status if ours else "", "reversed")
            return
        if line.out_no in self._numbers or line.reference in self._references:
            yield Found(Kind.DUPLICATE_AT_BANK, line.out_no, line.reference, theirs=str(line.amount))
            return
        self._numbers.add(line.out_no)
        self._references.add(line.reference)
        if ours is None:
            # A number like ours that we do not know was lost here; any other was never ours.
            unknown = Kind.MISSING_WITH_US if OURS.fullmatch(line.out_no) else Kind.UNKNOWN_NUMBER
            yield Found(unknown, line.out_no, line.reference, theirs=str(line.amount))
            return
        for kind, we_say, they_say in self._list_fields(line, ours):
            if we_say != they_say:
                yield Found(kind, line.out_no, line.reference, we_say, they_say)

    def _list_fields(self, line: StatementLine, ours: Known) -> Iterator[tuple[str, str, str]]:
        yield Kind.WRONG_RAIL, ours.rail, self.rail
        yield Kind.DIRECTION_DIFFERS, ours.direction, line.direction
        yield Kind.AMOUNT_DIFFERS, str(ours.amount), str(line.amount)
        yield Kind.WRONG_SOURCE, ours.token, line.token
        if _has_settled_since(line, ours):
            return
        yield Kind.STATUS_DIFFERS, ours.status, line.status
        if not self._has(line.at):
            yield Kind.WRONG_DAY, self.start.date().isoformat(), line.at.isoformat()
        elif ours.status == line.status == "settled" and not self._has(ours.booked_at):
            yield Kind.WRONG_DAY, ours.booked_at.isoformat() if ours.booked_at else "", line.at.isoformat()


def _has_settled_since(line: StatementLine, ours: Known) -> bool:
    """Say whether the statement tells of a failure that turned out later to have been none."""
    is_late = ours.booked_at is not None and ours.booked_at > line.at
    return line.status == "failed" and ours.status == "settled" and is_late


def is_news(line: StatementLine, ours: Known) -> bool:
    """Say whether the rail has a final word here that we have not heard: it is asked before the books are compared."""
    is_open = ours.status not in ("settled", "failed")
    return is_open or (ours.status == "failed" and line.status == "settled")
