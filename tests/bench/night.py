"""One day's yield for many wallets, beside the floor: hand-written SQL that only inserts and updates the same rows.

The wallets are made by one script of SQL (`night_build.sql`), with their history and its hash chain. Then days are paid
in turn: one by our workers, the next by the floor, which gets all its rows prepared, with ids, amounts and digests, and
writes them in commits of as many wallets, over the same tables, under the same triggers and foreign keys.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import log
from pathlib import Path
from random import Random
from statistics import quantiles

import psycopg
from django.conf import settings

from tests.bench.servers import PROJECT, Place
from tests.bench.table import Row, report
from yields.calendar import day_end
from yields.models import Fund, FundDay, YieldRun

HERE = Path(__file__).parent
FIRST_DAY = date(2026, 11, 4)  # a Wednesday, and the days after it until Friday trade
SIZES = (10_000, 100_000, 1_000_000)
BUILT_AT_ONCE = 10_000
PEOPLE = 20_000
RATE = Decimal("1.2345")
#: Written by hand below: the tables whose triggers and foreign keys are taken off while the wallets are made.
TABLES = (
    "ledger_wallet", "ledger_account", "ledger_entry", "ledger_posting", "ledger_event", "members_group",
    "members_membership", "rules_rulebook", "yields_enrollment", "yields_yieldday",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """What paying a day took: seconds, bytes of write-ahead log, kilobytes of the largest worker, its growth."""

    seconds: float
    wal_bytes: int
    peak_kb: int = 0
    grown_kb: int = 0
    cpu_seconds: float = 0.0


def run(place: Place, *, rounds: int, batch: int) -> list[Row]:
    """Pay days for as many wallets as each of the sizes up to `batch`, with one worker and with two."""
    sizes = [size for size in SIZES if size <= batch] or [batch]
    rows: list[Row] = []
    rates: dict[tuple[int, int], float] = {}
    for size in sizes:
        fund = make_wallets(place, size)
        for workers in (1, 2):
            ours, floors = [], []
            for _ in range(1 if size > 100_000 else min(3, rounds)):
                ours.append(pay(place, fund, workers))
                floors.append(pay_floor(place, fund, workers))
            rates[size, workers] = size / min(each.seconds for each in ours)
            rows += _rows(size, workers, ours, floors)
        if size <= 100_000:
            rows += _payments_meanwhile(place, fund, size)
    rows += _growth(rates)
    return rows


def _rows(size: int, workers: int, ours: list[Measured], floors: list[Measured]) -> list[Row]:
    who = f"{size:,} wallets, {workers} worker{'s' if workers > 1 else ''}"
    ratios = [floor.seconds / own.seconds for own, floor in zip(ours, floors, strict=True)]
    speed, floor = [size / own.seconds for own in ours], [size / each.seconds for each in floors]
    middle = len(ratios) // 2
    compared = Row(
        what=f"{who}: credited", value=sorted(speed)[middle], unit="wallets/s", against="the floor",
        against_value=sorted(floor)[middle], ratio=sorted(ratios)[middle], repeats=len(ratios), min=min(speed),
        max=max(speed), ratio_min=min(ratios), ratio_max=max(ratios), aim=0.6,
    )  # fmt: skip
    return [
        compared,
        report(f"{who}: rows written or changed", [each * ROWS_A_WALLET for each in speed], "rows/s"),
        report(f"{who}: peak memory of a worker", [own.peak_kb / 1024 for own in ours], "MiB"),
        report(f"{who}: of which grown while it worked", [own.grown_kb / 1024 for own in ours], "MiB"),
        report(f"{who}: write-ahead log a wallet", [own.wal_bytes / size for own in ours], "bytes"),
        report(f"{who}: the same of the floor", [each.wal_bytes / size for each in floors], "bytes"),
        report(f"{who}: CPU of the workers", [own.cpu_seconds / own.seconds * 100 for own in ours], "%"),
    ]


#: A wallet, an entry, an event and a day; and on average four stakes with a line each, and FUND's line.
ROWS_A_WALLET = 4 + 4 + 4 + 1


def _growth(rates: dict[tuple[int, int], float]) -> list[Row]:
    """How the time grows with the wallets: 1 is linear."""
    sizes = sorted({size for size, _ in rates})
    rows = []
    for workers in (1, 2):
        for small, large in pairwise(sizes):
            took = [size / rates[size, workers] for size in (small, large)]
            exponent = log(took[1] / took[0]) / log(large / small)
            what = f"growth exponent from {small:,} to {large:,} wallets, {workers} worker{'s' if workers > 1 else ''}"
            rows.append(report(what, [exponent], ""))
    return rows


# --- wallets ----------------------------------------------------------------------------------------------------------
def make_wallets(place: Place, number: int, code: str = "") -> Fund:
    """Make so many wallets that are enrolled in a fund of their own."""
    fund = Fund.objects.create(
        code=code or f"N{number}", name="夜", calendar=Fund.Calendar.SHANGHAI, runs_nightly=False
    )
    for offset in range(-1, 40):
        day = FIRST_DAY + timedelta(days=offset)
        FundDay.objects.create(
            fund=fund, date=day, yield_per_10k=RATE, annualized_7d=Decimal("4.500"), entered_at=day_end(day),
            published_at=day_end(day), state=FundDay.State.PUBLISHED,
        )  # fmt: skip
    YieldRun.objects.create(
        fund=fund, date=FIRST_DAY - timedelta(days=1), state=YieldRun.State.FINISHED, started_at=datetime.now(UTC)
    )
    script = (HERE / "night_build.sql").read_text("utf-8")
    people = min(PEOPLE, number * 7)
    with psycopg.connect(place.owner_url) as connection, _without_laws(connection):
        connection.execute("DROP TABLE IF EXISTS bench_person")
        connection.execute(
            "CREATE TABLE bench_person AS SELECT n, ledger_uuid7(ledger_milliseconds()) AS id"
            " FROM generate_series(0, %s - 1) n",
            [people],
        )
        connection.execute("CREATE INDEX ON bench_person (n)")
        connection.execute(
            "INSERT INTO identity_user"
            " (id, username, password, is_superuser, phone_verified, name, language, is_staff, is_active, created_at)"
            " SELECT id, 'bench ' || id, '', false, false, '人' || n, 'zh-hans', false, true, now() FROM bench_person"
        )
        for lo in range(0, number, BUILT_AT_ONCE):
            hi = min(number, lo + BUILT_AT_ONCE)
            text = script.format(lo=lo, hi=hi, day=FIRST_DAY, fund=fund.pk, people=people)
            connection.execute(text.encode())
            connection.commit()
    with psycopg.connect(place.owner_url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"VACUUM (ANALYZE) {table}".encode())
        connection.execute("CHECKPOINT") if _may_checkpoint(connection) else None
    return fund


def _may_checkpoint(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


@contextlib.contextmanager
def _without_laws(connection: psycopg.Connection) -> Iterator[None]:
    """Take triggers and foreign keys off the tables inside the block: for rows that are known to be right."""
    keys = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        [list(TABLES)],
    ).fetchall()
    for table, name, _ in keys:
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'.encode())
    for table in TABLES:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    connection.commit()
    yield
    for table in TABLES:
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    for table, name, definition in keys:
        connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition} NOT VALID'.encode())
    connection.commit()


# --- ours -------------------------------------------------------------------------------------------------------------
def pay(place: Place, fund: Fund, workers: int) -> Measured:
    """Pay the fund's next day by so many workers, processes of their own."""
    day = _next_day(fund)
    sides = [start_side(place, fund.pk, day) for _ in range(workers)]
    with psycopg.connect(place.owner_url, autocommit=True) as connection:
        assert [side.stdout.readline() for side in sides] == ["ready\n"] * workers  # type: ignore[union-attr]
        before, began = _wal(connection), time.perf_counter()
        let_go(sides)
        told = [side.stdout.readline().split() for side in sides]  # type: ignore[union-attr]
        took, written = time.perf_counter() - began, _wal(connection) - before
    for side in sides:
        side.wait(30)
    assert all(words[:1] == ["done"] for words in told), told
    run = YieldRun.objects.get(fund=fund, date=day)
    assert (run.state, run.done) == ("finished", run.enrolled), (run.state, run.note)
    return Measured(
        took,
        written,
        max(int(words[3]) for words in told),
        max(int(words[3]) - int(words[2]) for words in told),
        sum(float(words[4]) for words in told),
    )


def start_side(place: Place, fund_code: str, day: date) -> subprocess.Popen[str]:
    """Start a worker, a process of its own, which says when it is ready, and waits to be let go."""
    argv = [sys.executable, "-m", "tests.bench.night_side", fund_code, day.isoformat()]
    return subprocess.Popen(
        argv, cwd=PROJECT, env=os.environ | place.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def let_go(sides: list[subprocess.Popen[str]]) -> None:
    """Let workers begin."""
    for side in sides:
        assert side.stdin is not None
        side.stdin.write("go\n")
        side.stdin.flush()


def _next_day(fund: Fund) -> date:
    latest = fund.runs.order_by("-date").values_list("date", flat=True).first()
    return latest + timedelta(days=1) if latest else FIRST_DAY


def _wal(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint").fetchone()
    assert row is not None
    return int(row[0])


# --- the floor --------------------------------------------------------------------------------------------------------
PREPARE = """
DROP TABLE IF EXISTS bench_entry; DROP TABLE IF EXISTS bench_line;
CREATE UNLOGGED TABLE bench_entry AS
SELECT row_number() OVER (ORDER BY d.wallet_id) / {chunk} AS chunk, d.wallet_id, {id} AS entry_id, {id} AS event_id,
       {id} AS day_id, w.sequence + 1 AS sequence, w.balance + d.income AS balance, sha256(w.head) AS digest, d.base,
       d.income, d.cut_off, v.data
FROM yields_yieldday d JOIN ledger_wallet w ON w.id = d.wallet_id
JOIN ledger_entry e ON e.id = d.entry_id JOIN ledger_event v ON v.wallet_id = e.wallet_id AND v.sequence = e.sequence
WHERE d.fund_id = '{fund}' AND d.date = '{day}'::date - 1;
CREATE UNLOGGED TABLE bench_line AS
SELECT b.chunk, b.wallet_id, b.entry_id, {id} AS id, p.account_id, p.amount, a.balance + p.amount AS after
FROM bench_entry b JOIN yields_yieldday d ON d.wallet_id = b.wallet_id AND d.date = '{day}'::date - 1
JOIN ledger_posting p ON p.wallet_id = d.wallet_id AND p.entry_id = d.entry_id
JOIN ledger_account a ON a.id = p.account_id ORDER BY b.chunk, b.wallet_id;
CREATE INDEX ON bench_entry (chunk); CREATE INDEX ON bench_line (chunk); ANALYZE bench_entry; ANALYZE bench_line;
"""
NEW_ID = "ledger_uuid7(ledger_milliseconds())"
FLOOR = [
    "UPDATE ledger_account a SET balance = l.after FROM bench_line l WHERE l.chunk = %(chunk)s AND a.id = l.account_id"
    " AND l.after IS NOT NULL",
    "UPDATE ledger_wallet w SET sequence = b.sequence, balance = b.balance, head = b.digest FROM bench_entry b"
    " WHERE b.chunk = %(chunk)s AND w.id = b.wallet_id",
    "INSERT INTO ledger_entry (id, wallet_id, sequence, kind, reference, memo, digest, posted_at)"
    " SELECT entry_id, wallet_id, sequence, 'yield', %(reference)s, '', digest, %(at)s FROM bench_entry"
    " WHERE chunk = %(chunk)s",
    "INSERT INTO ledger_posting (id, wallet_id, entry_id, account_id, amount, balance_after)"
    " SELECT id, wallet_id, entry_id, account_id, amount, after FROM bench_line WHERE chunk = %(chunk)s",
    "INSERT INTO ledger_event (id, wallet_id, sequence, kind, data, at)"
    " SELECT event_id, wallet_id, sequence, 'yield_credited', data, %(at)s FROM bench_entry WHERE chunk = %(chunk)s",
    "INSERT INTO yields_yieldday (id, wallet_id, fund_id, date, base, yield_per_10k, income, cut_off, entry_id,"
    " credited_at) SELECT day_id, wallet_id, %(fund)s, %(day)s, base, %(rate)s, income, cut_off, entry_id, %(at)s"
    " FROM bench_entry WHERE chunk = %(chunk)s",
]


def pay_floor(place: Place, fund: Fund, workers: int) -> Measured:
    """Pay the fund's next day by hand: the rows of the day before once more, in as many commits."""
    day = _next_day(fund)
    with psycopg.connect(place.owner_url, autocommit=True) as connection:
        connection.execute(
            PREPARE.format(chunk=settings.YIELD_CHUNK_WALLETS, fund=fund.pk, day=day, id=NEW_ID).encode()
        )
        chunks = [row[0] for row in connection.execute("SELECT DISTINCT chunk FROM bench_entry ORDER BY chunk")]
        before, began = _wal(connection), time.perf_counter()
        threads = [
            threading.Thread(target=_write, args=(place, fund, day, chunks[part::workers])) for part in range(workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took, written = time.perf_counter() - began, _wal(connection) - before
    YieldRun.objects.create(fund=fund, date=day, state=YieldRun.State.FINISHED, started_at=datetime.now(UTC))
    return Measured(took, written)


def _write(place: Place, fund: Fund, day: date, chunks: list[int]) -> None:
    values = {"reference": f"yield:{day}", "at": day_end(day), "fund": fund.pk, "day": day, "rate": RATE}
    with psycopg.connect(place.owner_url) as connection:
        for chunk in chunks:
            for statement in FLOOR:
                connection.execute(statement.encode(), values | {"chunk": chunk})
            connection.commit()


# --- people who pay meanwhile -----------------------------------------------------------------------------------------
def _payments_meanwhile(place: Place, fund: Fund, size: int) -> list[Row]:
    """Let somebody pay all the time from one of the wallets after the other: without a run, and during one."""
    quiet = _pay_until(fund, lambda: time.sleep(max(4.0, size / 10_000)))
    busy = _pay_until(fund, lambda: pay(place, fund, 1))
    p99 = [quantiles(took, n=100)[-1] * 1_000 for took in (busy, quiet)]
    return [
        Row(
            what=f"{size:,} wallets: p99 of a payment during the run", value=p99[0], unit="ms", against="without a run",
            against_value=p99[1], ratio=p99[1] / p99[0], repeats=len(busy), min=min(busy) * 1_000,
            max=max(busy) * 1_000, ratio_min=p99[1] / p99[0], ratio_max=p99[1] / p99[0], aim=0.5,
        )
    ]  # fmt: skip


def _pay_until(fund: Fund, act: object) -> list[float]:
    from tests.bench.night_payer import pay_once

    took: list[float] = []
    over, chance = threading.Event(), Random(1)
    wallets: list[uuid.UUID] = list(fund.enrollments.values_list("group", flat=True)[:5_000])

    def go_on() -> None:
        from django.db import connection

        while not over.is_set():
            took.append(pay_once(chance.choice(wallets)))
            time.sleep(0.005)
        connection.close()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        act()  # type: ignore[operator]
    finally:
        over.set()
        thread.join()
    return took
