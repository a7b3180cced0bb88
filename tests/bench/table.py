"""Rounds, the rows they make, and the table and the file that show them.

A row compares a thing with another. Its `ratio` is the median of the rounds' ratios, thing to other in the same round;
`value` and `against_value` are medians, `min` and `max` the extremes of `value`. A row without another has nulls there.
"""

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path("build") / "bench"

#: Does one round of its thing and says how many a second.
Variant = Callable[[], float]
Rates = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, as proof.md has it; `aim` is the least ratio hoped for."""

    what: str
    value: float
    unit: str
    against: str | None
    against_value: float | None
    ratio: float | None
    repeats: int
    min: float
    max: float
    ratio_min: float | None = None
    ratio_max: float | None = None
    aim: float | None = None


def take_turns(variants: Mapping[str, Variant], rounds: int) -> dict[str, list[float]]:
    """Let the variants take turns; each round begins with another one, and a round before the first warms up."""
    names = list(variants)
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            rate = variants[name]()
            if number:
                rates[name].append(rate)
    return rates


def compare(rates: Rates, thing: str, other: str, *, unit: str = "payments/s", aim: float | None = None) -> Row:
    """Compare two things that took turns."""
    ratios = [one / two for one, two in zip(rates[thing], rates[other], strict=True)]
    return Row(
        what=thing,
        value=median(rates[thing]),
        unit=unit,
        against=other,
        against_value=median(rates[other]),
        ratio=median(ratios),
        repeats=len(ratios),
        min=min(rates[thing]),
        max=max(rates[thing]),
        ratio_min=min(ratios),
        ratio_max=max(ratios),
        aim=aim,
    )


def report(what: str, values: Sequence[float], unit: str) -> Row:
    """Report something that is compared with nothing."""
    return Row(what, median(values), unit, None, None, None, len(values), min(values), max(values))


def show(name: str, rows: Sequence[Row], environment: Mapping[str, Any], into: Path) -> None:
    """Print the table, and write it to its file."""
    print(f"\n{name}: {environment['postgresql']}, {environment['cores']} cores, load {environment['load']}")
    for row in rows:
        print(_line(row))
    into.mkdir(parents=True, exist_ok=True)
    written = {"environment": dict(environment), "rows": [asdict(row) for row in rows]}
    (into / f"{name}.json").write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n")


def _line(row: Row) -> str:
    value = f"  {row.value:9,.1f} {row.unit:<11} [{row.min:,.1f} … {row.max:,.1f}]  {row.what}"
    if row.ratio is None:
        return value
    verdict = "" if row.aim is None else f" (aim {row.aim}: {'met' if row.ratio >= row.aim else 'NOT met'})"
    spread = f"[{row.ratio_min:.2f} … {row.ratio_max:.2f}]"
    return f"{value}\n{'':12}{row.ratio:6.2f} × {spread}{verdict} of {row.against}: {row.against_value:,.1f}"


def describe_machine(command: str, postgres: Mapping[str, str]) -> dict[str, Any]:
    """Describe where the figures come from."""
    return {
        "command": command,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        **postgres,
    }
