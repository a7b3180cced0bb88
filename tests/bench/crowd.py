"""A crowd on one wallet: 64 clients against one client, by the number of connections a process keeps."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any

from tests.bench.driven import Answer, Ask, drive
from tests.bench.scene import set_scene
from tests.bench.servers import Place
from tests.bench.table import Row, Variant, compare, report, take_turns

CLIENTS = 64
RECOMMENDED = 4
#: Processes and the pool of each. In two processes 64 connections each would be more than PostgreSQL gives.
CROWDS = [(1, pool) for pool in (1, 2, 4, 8, 64)] + [(2, pool) for pool in (1, 2, 4, 8)]
LEAD_SECONDS = 0.3

ONE = "1 client on one wallet"


def run(place: Place, *, rounds: int, batch: int) -> list[Row]:
    """Let one client and the crowds take turns on one wallet, `batch` payments each."""
    payers = set_scene(1)
    clients = min(CLIENTS, batch)
    question = {"merchant": str(payers.merchant.pk), "group": str(payers.groups[0].pk)}
    tails: dict[str, list[float]] = {}
    with ExitStack() as stack:
        sides = [stack.enter_context(drive("tests.bench.crowd_side", place.environment)) for _ in range(2)]

        def variant(name: str, processes: int, clients: int, pool: int, payments: int) -> Variant:
            asked = {**question, "clients": clients // processes, "pool": pool, "payments": payments // processes}
            return lambda: _charge_at_once(sides[:processes], asked, tails.setdefault(name, []))

        variants = {ONE: variant(ONE, 1, 1, RECOMMENDED, batch)}
        for processes, pool in CROWDS if batch > CLIENTS else [(1, RECOMMENDED)]:
            name = _name(processes, pool)
            variants[name] = variant(name, processes, clients, pool, batch)
        rates = take_turns(variants, rounds)
    crowds = [compare(rates, name, ONE, aim=0.8) for name in variants if name != ONE]
    return [*crowds, *(report(f"p99 of a payment: {name}", tails[name], "ms") for name in variants)]


def _name(processes: int, pool: int) -> str:
    return f"{CLIENTS} clients on one wallet, {processes} process{'es' * (processes > 1)} with a pool of {pool}"


def _charge_at_once(sides: Sequence[tuple[Ask, Answer]], asked: dict[str, Any], tails: list[float]) -> float:
    """Let each side charge its part, all from one moment on; give the charges a second of all."""
    start_at = time.time() + LEAD_SECONDS + asked["payments"] / 2_000
    for ask, _ in sides:
        ask({**asked, "start_at": start_at})
    answers = [answer() for _, answer in sides]
    tails.append(1_000 * median(answered["p99"] for answered in answers))
    took = max(answered["ended"] for answered in answers) - min(answered["started"] for answered in answers)
    return float(len(sides) * asked["payments"] / took)
