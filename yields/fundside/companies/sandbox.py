"""A sandbox of a fund company. It knows nothing of ours: only the orders it was sent, in a file of its own.

It confirms an order in full on the trading day after its trade date; then the shares earn. The income of a day is all
shares times the rate that was published, cut down to the fen, and becomes shares that earn from the next day on.

On demand (`misbehave`) it treats the next order otherwise: `late` by one trading day, in `part` (half of it), `twice`
under two numbers, or `wrong` by one fen; and `misstate` lets a day's statement say something else. It keeps no time:
what it confirmed on a day is what it says whenever it is asked.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from yields.fundside.companies.base import CompanyDown, Confirmation, NumberReused, OrderRequest, Statement

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    number TEXT PRIMARY KEY, fund TEXT NOT NULL, trade_date TEXT NOT NULL, amount INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS confirmations (
    number TEXT PRIMARY KEY, fund TEXT NOT NULL, order_number TEXT NOT NULL, amount INTEGER NOT NULL,
    confirmed_on TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS whims (id INTEGER PRIMARY KEY, what TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS misstatements (
    fund TEXT NOT NULL, day TEXT NOT NULL, shares INTEGER NOT NULL, income INTEGER NOT NULL, PRIMARY KEY (fund, day)
);
"""
WHIMS = ("late", "part", "twice", "wrong")
_ONE_DAY = timedelta(days=1)
#: The published rates of a fund from one day to another, and the trading day of a fund after a day.
Rates = Callable[[str, date, date], Mapping[date, Decimal]]
NextTradingDay = Callable[[str, date], date]


class SandboxCompany:
    """One fund company, as long as its file is there."""

    def __init__(self, path: Path, rates: Rates, next_trading_day: NextTradingDay) -> None:
        self._path, self._rates, self._next_trading_day = path, rates, next_trading_day
        with closing(self._connect()) as book:
            book.executescript(SCHEMA)

    def submit(self, request: OrderRequest) -> None:
        content = (request.fund, request.trade_date.isoformat(), request.amount)
        with self._writing() as book:
            ask = "SELECT fund, trade_date, amount FROM orders WHERE number = ?"
            known = book.execute(ask, (request.number,)).fetchone()
            if known is not None:
                if known != content:
                    raise NumberReused(request.number)
                return
            book.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", (request.number, *content))
            rows = [
                (each.number, request.fund, each.order, each.amount, each.confirmed_on.isoformat())
                for each in self._confirm(request, _take_whim(book))
            ]
            book.executemany("INSERT INTO confirmations VALUES (?, ?, ?, ?, ?)", rows)

    def list_confirmations(self, fund: str, day: date) -> Sequence[Confirmation]:
        ask = "SELECT number, order_number, amount FROM confirmations WHERE fund = ? AND confirmed_on = ? ORDER BY 1"
        with closing(self._connect()) as book:
            rows = book.execute(ask, (fund, day.isoformat())).fetchall()
        return [Confirmation(number, order, amount, day) for number, order, amount in rows]

    def get_statement(self, fund: str, day: date) -> Statement:
        ask = "SELECT confirmed_on, sum(amount) FROM confirmations WHERE fund = ? AND confirmed_on <= ? GROUP BY 1"
        lie = "SELECT shares, income FROM misstatements WHERE fund = ? AND day = ?"
        with closing(self._connect()) as book:
            confirmed = {date.fromisoformat(on): int(fen) for on, fen in book.execute(ask, (fund, day.isoformat()))}
            shares_more, income_more = book.execute(lie, (fund, day.isoformat())).fetchone() or (0, 0)
        true = self._walk(fund, confirmed, day)
        return Statement(true.shares + shares_more, true.income + income_more)

    def misbehave(self, what: str) -> None:
        """Treat the next order in one of these ways; several wait for one order each."""
        if what not in WHIMS:
            raise ValueError(f"the sandbox does not know {what}: {', '.join(WHIMS)}")
        with self._writing() as book:
            book.execute("INSERT INTO whims (what) VALUES (?)", (what,))

    def misstate(self, fund: str, day: date, *, shares: int = 0, income: int = 0) -> None:
        """Let the statement of a day say so many fen more."""
        with self._writing() as book:
            row = (fund, day.isoformat(), shares, income)
            book.execute("INSERT OR REPLACE INTO misstatements VALUES (?, ?, ?, ?)", row)

    def invent(self, fund: str, day: date, amount: int) -> None:
        """Confirm an order that nobody gave."""
        with self._writing() as book:
            row = (f"C-invented-{day}", fund, "invented", amount, day.isoformat())
            book.execute("INSERT INTO confirmations VALUES (?, ?, ?, ?, ?)", row)

    def _confirm(self, request: OrderRequest, whim: str) -> list[Confirmation]:
        on = self._next_trading_day(request.fund, request.trade_date)
        if whim == "late":
            on = self._next_trading_day(request.fund, on)
        amount = {"part": int(request.amount / 2), "wrong": request.amount + 1}.get(whim, request.amount)
        copies = 2 if whim == "twice" else 1
        return [Confirmation(f"C-{request.number}-{n}", request.number, amount, on) for n in range(1, copies + 1)]

    def _walk(self, fund: str, confirmed: Mapping[date, int], last: date) -> Statement:
        """Walk day by day from the first shares."""
        if not confirmed:
            return Statement(0, 0)
        day = min(confirmed)
        rates = self._rates(fund, day, last)
        shares = confirmed[day]
        while True:
            if day not in rates:
                raise CompanyDown(f"{day} is not published yet")
            income = _cut(shares, rates[day])
            if day == last:
                return Statement(shares, income)
            day += _ONE_DAY
            shares += income + confirmed.get(day, 0)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=5, isolation_level=None)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as book:
            book.execute("BEGIN IMMEDIATE")
            try:
                yield book
            except BaseException:
                book.execute("ROLLBACK")
                raise
            book.execute("COMMIT")


def _cut(shares: int, rate: Decimal) -> int:
    numerator, denominator = rate.as_integer_ratio()
    return shares * numerator // (denominator * 10_000)


def _take_whim(book: sqlite3.Connection) -> str:
    row = book.execute("SELECT id, what FROM whims ORDER BY id LIMIT 1").fetchone()
    if row is None:
        return ""
    book.execute("DELETE FROM whims WHERE id = ?", row[:1])
    return str(row[1])
