"""`python -m tests.bench [payments|rules|crowd|http|orders|night|all]`: measure, print, write build/bench/*.json."""

import argparse
import importlib
import sys
from pathlib import Path

from tests.bench.servers import Place, serve
from tests.bench.table import FOLDER, describe_machine, show

#: How many rounds, and how many payments a round.
BENCHES = {
    "payments": (60, 20),
    "rules": (30, 20),
    "crowd": (7, 128),
    "http": (15, 120),
    "orders": (200, 200),
    "night": (2, 1_000_000),
}
SMOKE = (1, 2)
#: Its floor writes rows without a hash chain, for more wallets than can be checked in a day: its runs count themselves.
LAST = "night"


def main(argv: list[str] | None = None) -> int:
    """Run the benches that are asked for, on servers of our own; 1 where the books are wrong afterwards."""
    parser = argparse.ArgumentParser(prog="make bench", description="The speed table.")
    parser.add_argument("which", nargs="*", choices=[*BENCHES, "all"], default=["all"])
    parser.add_argument("--smoke", action="store_true", help="a few payments only: does it run?")
    parser.add_argument("--into", type=Path, default=FOLDER, help="folder of the JSON files")
    asked = parser.parse_args(argv)
    wanted = [name for name in BENCHES if name in asked.which or "all" in asked.which]
    with serve() as place:
        for name in wanted:
            if name != LAST:
                _run(name, place, SMOKE if asked.smoke else BENCHES[name], asked.into)
        code = _check_books() if set(wanted) - {LAST} else 0
        if LAST in wanted:
            _run(LAST, place, SMOKE if asked.smoke else BENCHES[LAST], asked.into)
        return code


def _run(name: str, place: Place, size: tuple[int, int], into: Path) -> None:
    rounds, batch = size
    rows = importlib.import_module(f"tests.bench.{name}").run(place, rounds=rounds, batch=batch)
    environment = describe_machine(f"make bench ARGS={name}", place.describe())
    show(name, rows, environment | {"rounds": rounds, "payments_a_round": batch}, into)


def _check_books() -> int:
    from wallet.ledger.checks import check_books

    found = check_books()
    for finding in found[:10]:
        print(finding)
    print(f"\nThe books are {'WRONG' if found else 'right'} afterwards.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
