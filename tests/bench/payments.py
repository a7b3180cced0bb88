"""A payment of a four-stake group as a service call, against the same rows written in other ways."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.utils import timezone

from groups.spending.codes import hash_code
from groups.spending.models import Payment
from groups.spending.services import charge
from tests.bench.byhand import pay
from tests.bench.driven import drive
from tests.bench.scene import AMOUNT_FEN, CATEGORY, SUBJECT, Payers, ask, next_number, set_scene, show_codes
from tests.bench.servers import Place
from tests.bench.table import Row, Variant, compare, report, take_turns

GROUPS = 20
BARE = "bench_bare"
ONE_CALL = (Path(__file__).parent / "onecall.sql").read_text()
TABLES = (
    "ledger_wallet", "ledger_account", "ledger_entry", "ledger_posting", "ledger_event", "members_group",
    "members_membership", "spending_paymentcode", "spending_codelead", "spending_payment", "spending_tradenumber",
    "rules_rulebook", "rules_pause", "rules_categoryblock", "rules_spendinglimit", "rules_approvaltier",
    "rules_spendingcounter",
)  # fmt: skip

SERVICE = "a payment of a four-stake group, as a service call"
BY_HAND = "the same rows by hand in psycopg, statement by statement"
CALL = "the same rows by one bare PL/pgSQL call"
HORDAK = "django-hordak: lock both accounts, check, transfer_to; fresh accounts"
HORDAK_USED = "the same on accounts with a thousand payments behind them"
HISTORY = 1_000
BARE_HAND = "by hand on bare tables (no triggers, no foreign keys)"
BARE_CALL = "by one call on bare tables (no triggers, no foreign keys)"


def run(place: Place, *, rounds: int, batch: int) -> list[Row]:
    """Let all of them take turns, `batch` payments each."""
    payers = set_scene(min(GROUPS, batch))
    with _owner(place, "public") as owner, _owner(place, BARE) as bare, _hordak(place) as hordak:
        owner.execute(ONE_CALL.encode())
        _make_bare(bare)
        variants: dict[str, Variant] = {
            SERVICE: lambda: _timed(payers, batch, lambda code: _charge(payers, code)),
            BY_HAND: lambda: _timed(payers, batch, lambda code: _by_hand(owner, payers, code, is_bare=False)),
            CALL: lambda: _timed(payers, batch, lambda code: _one_call(owner, payers, code)),
            BARE_HAND: lambda: _timed(payers, batch, lambda code: _by_hand(bare, payers, code, is_bare=True), bare),
            BARE_CALL: lambda: _timed(payers, batch, lambda code: _one_call(bare, payers, code), bare),
            HORDAK: lambda: hordak(batch, 0),
            HORDAK_USED: lambda: hordak(batch, min(HISTORY, batch**3)),
        }
        rates = take_turns(variants, rounds)
    return [
        compare(rates, SERVICE, BY_HAND, aim=1.0),
        compare(rates, SERVICE, CALL, aim=0.5),
        compare(rates, SERVICE, HORDAK, aim=2.0),
        compare(rates, SERVICE, HORDAK_USED, aim=2.0),
        compare(rates, SERVICE, BARE_HAND),
        compare(rates, SERVICE, BARE_CALL),
        report(BARE_CALL, rates[BARE_CALL], "payments/s"),
    ]


def _timed(
    payers: Payers, batch: int, pay_once: Callable[[str], None], bare: psycopg.Connection | None = None
) -> float:
    codes = show_codes(payers, batch)
    if bare is not None:
        _copy_codes(bare)
    started = time.perf_counter()
    for code in codes:
        pay_once(code)
    return batch / (time.perf_counter() - started)


def _charge(payers: Payers, code: str) -> None:
    charged = charge(merchant=payers.merchant, asked=ask(code), now=timezone.now())
    assert charged.payment.status == Payment.Status.SETTLED


def _by_hand(connection: psycopg.Connection, payers: Payers, code: str, *, is_bare: bool) -> None:
    pay(connection, payers.merchant.pk, payers.merchant.name, code, next_number(), bare=is_bare)


def _one_call(connection: psycopg.Connection, payers: Payers, code: str) -> None:
    values = [payers.merchant.pk, payers.merchant.name, hash_code(code), next_number(), AMOUNT_FEN, SUBJECT, CATEGORY]
    connection.execute("SELECT bench_pay(%s, %s, %s, %s, %s, %s, %s)", values)


# --- the others' side ------------------------------------------------------------------------------------------------
@contextmanager
def _owner(place: Place, schema: str) -> Iterator[psycopg.Connection]:
    """Connect as the owner of the tables, whose names are looked up in this schema."""
    with psycopg.connect(place.owner_url, autocommit=True, options=f"-c search_path={schema}") as connection:
        yield connection


def _make_bare(connection: psycopg.Connection) -> None:
    """Copy the tables with their columns, checks and indexes, without their triggers and foreign keys."""
    connection.execute(f"CREATE SCHEMA {BARE}".encode())
    for table in TABLES:
        connection.execute(f"CREATE TABLE {table} (LIKE public.{table} INCLUDING ALL)".encode())
        connection.execute(f"INSERT INTO {table} SELECT * FROM public.{table}".encode())
    connection.execute(ONE_CALL.encode())


def _copy_codes(connection: psycopg.Connection) -> None:
    for table, key in (("spending_paymentcode", "id"), ("spending_codelead", "code_hash")):
        connection.execute(f"INSERT INTO {table} SELECT * FROM public.{table} ON CONFLICT ({key}) DO NOTHING".encode())


@contextmanager
def _hordak(place: Place) -> Iterator[Callable[[int, int], float]]:
    """Run hordak's side, and give what makes it pay."""
    environment = {**os.environ, "HORDAK_DATABASE_URL": place.hordak_url}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.bench.hordak_settings"
    with drive("tests.bench.hordak_side", environment) as (ask_hordak, answer):

        def pay_often(batch: int, history: int) -> float:
            ask_hordak({"payments": batch, "history": history})
            return batch / float(answer())

        yield pay_often
