"""The order of very many wallets: quick, and the sum that is known beforehand."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection

from tests.books import BOOKS, as_owner, run, without_triggers
from wallet.identity.models import User
from yields.calendar import day_end, unconfirmed_since
from yields.fundside.checks import count_from_holdings
from yields.fundside.flows import Parts, count_leaving, count_parts
from yields.fundside.trading import window_of
from yields.models import Fund

MON, TUE = date(2026, 11, 2), date(2026, 11, 3)
WALLETS = 100_000
EARNING = ("yields_enrollment", "yields_yieldday")

# Wallet n: ¥1,000 since long; Sunday's 12 fen are credited on Monday at two; on Monday at eleven every second one pays
# ¥1, at 16:00 every third one gets ¥2. Every tenth one, without income, switches on at noon; every hundredth one off at
# 13:00.
FILL = """
CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT n, gen_random_uuid() AS wallet, gen_random_uuid() AS stake, gen_random_uuid() AS rail,
           gen_random_uuid() AS fund
    FROM generate_series(1, %(wallets)s) n;
CREATE TEMP TABLE act ON COMMIT DROP AS
    SELECT m.*, gen_random_uuid() AS entry, a.*
    FROM made m CROSS JOIN (VALUES
        (1, 100000, 'fill:1', '2026-10-12 10:00+08'::timestamptz, 1),
        (2, 12, 'yield:2026-11-01', '2026-11-02 02:00+08', 1),
        (3, -100, 'fill:3', '2026-11-02 11:00+08', 2),
        (4, 200, 'fill:4', '2026-11-02 16:00+08', 3)) a (sequence, amount, reference, at, every)
    WHERE m.n %% a.every = 0 AND (a.sequence <> 2 OR m.n %% 10 <> 0);
INSERT INTO ledger_wallet
    SELECT m.wallet, sum(a.amount), 4, '', 'active', now() FROM made m JOIN act a USING (n) GROUP BY m.wallet;
INSERT INTO members_group
    SELECT wallet, 'many', 'other', 'Asia/Shanghai', 'pro_rata', false, now(), NULL, NULL, NULL, false FROM made;
INSERT INTO ledger_account (id, kind, balance, floor, holder_id, wallet_id)
    SELECT stake, 'STAKE', balance, 0, %(user)s::uuid, wallet FROM made JOIN ledger_wallet w ON w.id = wallet
    UNION ALL SELECT rail, 'RAIL', NULL, 0, NULL, wallet FROM made
    UNION ALL SELECT fund, 'FUND', NULL, 0, NULL, wallet FROM made;
INSERT INTO ledger_entry (id, wallet_id, sequence, kind, reference, memo, digest, posted_at)
    SELECT entry, wallet, sequence, 'fill', reference, '', '', at FROM act;
INSERT INTO ledger_posting (id, wallet_id, entry_id, account_id, amount)
    SELECT gen_random_uuid(), wallet, entry, stake, amount FROM act
    UNION ALL SELECT gen_random_uuid(), wallet, entry, CASE sequence WHEN 2 THEN fund ELSE rail END, -amount FROM act;
INSERT INTO yields_enrollment (id, wallet_id, fund_id, enrolled_by_id, enrolled_at, agreement_version, questionnaire,
                               ended_at)
    SELECT gen_random_uuid(), wallet, 'T0001', %(user)s::uuid,
           CASE WHEN n %% 10 = 0 THEN '2026-11-02 12:00+08'::timestamptz ELSE '2026-10-12 11:00+08' END, '1', '{}',
           CASE WHEN n %% 100 = 1 THEN '2026-11-02 13:00+08'::timestamptz END
    FROM made;
INSERT INTO yields_yieldday (id, wallet_id, fund_id, date, base, yield_per_10k, income, cut_off, entry_id, credited_at)
    SELECT gen_random_uuid(), wallet, 'T0001', '2026-11-01', 100000, 1.2345, 12, 0.345, entry, at
    FROM act WHERE sequence = 2;
"""


def expect(wallets: int) -> Parts:
    """Count Monday's order wallet by wallet."""
    money_out = switched_on = switched_off = credited = 0
    for n in range(1, wallets + 1):
        spent = 100 if n % 2 == 0 else 0
        if n % 10 == 0:
            switched_on += 100_000 - spent
            continue
        credited += 12
        money_out += spent
        switched_off += 100_012 - spent if n % 100 == 1 else 0
    return Parts(0, money_out, switched_on, switched_off, 0, credited)


def fill_in(statement: str, user: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"wallets": WALLETS, "user": str(user.pk)})


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    started = time.monotonic()
    return act(), time.monotonic() - started


@pytest.mark.proof
@pytest.mark.plants_a_fault  # events and digests are left out
@pytest.mark.django_db
def test_the_order_of_100_000_wallets_takes_seconds() -> None:
    user = User.objects.create(username="many")
    fund = Fund.objects.create(code="T0001", name="测试货币", calendar=Fund.Calendar.SHANGHAI)
    with without_triggers(*BOOKS, *EARNING):
        for statement in FILL.split(";\n"):
            if statement.strip():
                fill_in(statement, user)
    with as_owner():
        run(f"ANALYZE {', '.join([*BOOKS, *EARNING])}")
    window = window_of(fund, MON)
    ordered, seconds = timed(lambda: count_parts(fund, window.since, window.until))
    assert ordered == expect(WALLETS)
    checked, seconds_checked = timed(lambda: count_from_holdings(fund, window))
    assert checked == ordered.amount
    since = unconfirmed_since(TUE)
    _, seconds_leaving = timed(lambda: count_leaving(fund, since, day_end(TUE)))
    print(f"order {seconds:.2f} s, check {seconds_checked:.2f} s, leaving {seconds_leaving:.2f} s")
    assert seconds < 20
