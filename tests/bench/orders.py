"""Standing orders: starting what is due in one process, and claiming among a million that are due.

Each claim is a statement of its own commit, as workers make it, and moves its rows on; the process must not grow by
claiming. The orders are copies of one that a real service has made.
"""

import resource
import time
import uuid
from datetime import timedelta
from statistics import quantiles
from typing import cast

import psycopg
from django.utils import timezone

from groups.autotransfers.models import AutoTransfer
from groups.autotransfers.services import Terms, make_order, run_due
from groups.autotransfers.services.sweeping import claim
from groups.funding.models import Contribution
from tests.autotransfers.bulk import fill
from tests.bench.scene import AMOUNT_FEN, set_scene
from tests.bench.servers import Place
from tests.bench.table import Row, report
from wallet.identity.models import User
from wallet.rails.adapters import use_adapter
from wallet.rails.adapters.base import Adapter
from wallet.rails.models import FundingSource

MANY, FEW = 1_000_000, 2_000
CLAIM_MS_MAX = 50


def run(place: Place, *, rounds: int, batch: int) -> list[Row]:
    """Start `batch` orders, then make `rounds` claims among a million (among few, where only one is asked for)."""
    started = [_start(batch) for _ in range(min(rounds, 5))]
    count = MANY if rounds > 1 else FEW
    fill(_order(), count - 1)
    with psycopg.connect(place.owner_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) autotransfers_autotransfer")
    took, grown = _claim(rounds)
    return [
        report("orders that one process claims and starts", started, "orders/s"),
        report(f"a claim of 500 among {count:,} due orders", took, "ms"),
        _p95(took, count),
        report(f"memory of the process after {rounds} claims, against after the first few", grown, "%"),
    ]


def _order() -> AutoTransfer:
    """Let somebody of a new group order a contribution every month."""
    payers = set_scene(1)
    owner: User = payers.owners[0]
    source = FundingSource.objects.create(
        user=owner, rail="bench", token=uuid.uuid4().hex, label="bench", linked_at=timezone.now()
    )
    terms = Terms(amount=AMOUNT_FEN, every="month", at=timezone.localtime().time(), source=source.pk, runs_max=1)
    order = make_order(actor=owner, group_id=payers.groups[0].pk, terms=terms, now=timezone.now())
    assert isinstance(order, AutoTransfer)
    return order


def _start(batch: int) -> float:
    order = _order()
    fill(order, batch - 1)
    assert order.due_at is not None
    began = time.perf_counter()
    with use_adapter("bench", cast(Adapter, object())):  # served, and never called
        assert run_due(now=order.due_at) == batch
    took = time.perf_counter() - began
    assert Contribution.objects.filter(group=order.group_id).count() == batch
    return batch / took


def _claim(rounds: int) -> tuple[list[float], list[float]]:
    """Make claims; say how long each took (ms), and how the memory's peak stands to what it was at first (%)."""
    now, took, memory = timezone.now() + timedelta(days=40), [], []
    for _ in range(rounds):
        began = time.perf_counter()
        assert claim(AutoTransfer, now)
        took.append(1_000 * (time.perf_counter() - began))
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return took, [100 * memory[-1] / memory[min(5, rounds - 1)]]


def _p95(took: list[float], count: int) -> Row:
    value = quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    return Row(
        what=f"p95 of a claim of 500 among {count:,} due orders",
        value=value,
        unit="ms",
        against=f"{CLAIM_MS_MAX} ms",
        against_value=CLAIM_MS_MAX,
        ratio=CLAIM_MS_MAX / value,
        repeats=len(took),
        min=min(took),
        max=max(took),
        ratio_min=CLAIM_MS_MAX / max(took),
        ratio_max=CLAIM_MS_MAX / min(took),
        aim=1.0,
    )
