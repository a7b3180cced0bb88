"""A night whose workers are killed every few seconds, and one that is left alone: the same books.

`python -m tests.proofs.night WALLETS SECONDS`: makes so many wallets twice, pays a day to the first half with workers
that are killed by SIGKILL after about so many seconds each, and to the second half by one worker that is let be;
compares both, wallet by wallet; and lets each day run twice more, which must change nothing. Prints what happened.
"""

import json
import random
import signal
import subprocess
import sys
import time
from datetime import date

import psycopg

from tests.bench.servers import Place, serve

WORKERS, PATIENCE_SECONDS = 2, 1_500
#: What a wallet got, by its number: ids differ between the halves, and nothing else may.
OUTCOME = """
    SELECT substr(g.name, 2)::int, w.balance, w.sequence, d.base, d.income, d.cut_off, e.reference,
           (SELECT array_agg((p.amount, p.balance_after) ORDER BY p.amount, p.balance_after) FROM ledger_posting p
            WHERE p.wallet_id = w.id AND p.entry_id = e.id)::text,
           v.kind, v.data ->> 'amount', v.data ->> 'balance'
    FROM yields_yieldday d JOIN ledger_wallet w ON w.id = d.wallet_id JOIN members_group g ON g.wallet_id = w.id
    LEFT JOIN ledger_entry e ON e.wallet_id = w.id AND e.id = d.entry_id
    LEFT JOIN ledger_event v ON v.wallet_id = w.id AND v.sequence = e.sequence
    WHERE d.fund_id = %s AND d.date = %s ORDER BY 1"""
ROWS = "SELECT " + ", ".join(
    f"(SELECT count(*) FROM {table})" for table in ("ledger_entry", "ledger_posting", "ledger_event", "yields_yieldday")
)


def main(wallets: int, seconds: float) -> None:
    """Do all of it."""
    with serve() as place:
        from tests.bench.night import make_wallets

        killed_fund, calm_fund = (make_wallets(place, wallets, code) for code in ("KILLED", "CALM"))
        told = disturb(place, killed_fund.pk, seconds)
        told["calm_seconds"] = round(run_once(place, calm_fund.pk), 1)
        with psycopg.connect(place.owner_url) as connection:
            told["equal"] = outcome(connection, killed_fund.pk) == outcome(connection, calm_fund.pk)
            told["paid"] = len(outcome(connection, killed_fund.pk))
            before = connection.execute(ROWS).fetchone()
            connection.commit()
            for _ in range(2):
                run_once(place, killed_fund.pk)
                run_once(place, calm_fund.pk)
            told["more_runs_change_nothing"] = connection.execute(ROWS).fetchone() == before
        told["findings"] = check_some()
        print(json.dumps(told))


def disturb(place: Place, fund_code: str, seconds: float) -> dict[str, object]:
    """Let two workers pay the day, and kill each after a while, until the run is finished."""
    from tests.bench.night import FIRST_DAY, let_go, start_side
    from yields.models import YieldRun

    chance, kills, began = random.Random(7), 0, time.monotonic()
    sides: list[subprocess.Popen[str]] = []
    while time.monotonic() - began < PATIENCE_SECONDS:
        sides = [side for side in sides if side.poll() is None]
        while len(sides) < WORKERS:
            sides.append(start_side(place, fund_code, FIRST_DAY))
            let_go(sides[-1:])
        time.sleep(seconds * chance.uniform(0.5, 1.5) / WORKERS)
        if is_finished(fund_code, FIRST_DAY):
            break
        victim = chance.choice(sides)
        if victim.poll() is None:
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            kills += 1
    for side in sides:
        side.wait(60)
    state = YieldRun.objects.get(fund=fund_code, date=FIRST_DAY).state
    return {"kills": kills, "state": state, "seconds": round(time.monotonic() - began, 1)}


def is_finished(fund_code: str, day: date) -> bool:
    from yields.models import YieldRun

    return YieldRun.objects.filter(fund=fund_code, date=day, state=YieldRun.State.FINISHED).exists()


def run_once(place: Place, fund_code: str) -> float:
    from tests.bench.night import FIRST_DAY, let_go, start_side

    side = start_side(place, fund_code, FIRST_DAY)
    let_go([side])
    assert side.stdout is not None
    words = side.stdout.read().split()
    side.wait(60)
    assert words[-1] == "finished", words
    return float(words[words.index("done") + 1])


def outcome(connection: psycopg.Connection, fund_code: str) -> list[tuple[object, ...]]:
    from tests.bench.night import FIRST_DAY

    return connection.execute(OUTCOME, [fund_code, FIRST_DAY]).fetchall()


def check_some() -> int:
    """Check the books of a thousand wallets; all of them would take longer than the night."""
    from wallet.ledger.checks import check_books
    from yields.models import Enrollment

    some = list(Enrollment.objects.order_by("group").values_list("group", flat=True)[:1_000])
    found = check_books(wallet_ids=some)
    for finding in found[:5]:
        print(finding, file=sys.stderr)
    return len(found)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
