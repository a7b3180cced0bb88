"""Standing orders: claiming those that are due among a million, and starting what was claimed.

All million are due. Each claim is a statement of its own, as workers make it, and moves its rows on; the process must
not grow by claiming. The orders are copies of one that a real service has made.
"""

import time

from django.utils import timezone

from groups.autotransfers.models import AutoTransfer
from groups.autotransfers.services.sweeping import claim
from tests.bench.scene import set_scene
from tests.bench.servers import Place
from tests.bench.table import Row, report
from wallet.rails.models import FundingSource

DUE, DUE_FEW = 1_000_000, 2_000
AIM_MS = 50
AT_ONCE = 50_000


def run(place: Place, *, rounds: int, batch: int) -> list[Row]:
    """Make `rounds` claims among a million due orders (among few, where few rounds are asked for), then start some."""
    payers = set_scene(1)
    group_id, owner = payers.groups[0].pk, payers.owners[0]
    source = FundingSource.objects.create(
        user=owner, rail="bench", token="bench", label="bench", linked_at=timezone.now()
    )
    count = DUE if rounds > 1 else DUE_FEW
    _fill(_order(group_id, owner, source), count, place)
    now = timezone.now() + (_a_day := timezone.timedelta(days=1))
    before, took = _memory(), []
    for _ in range(rounds):
        started = time.perf_counter()
        claimed = claim(AutoTransfer, now)
        took.append(1_000 * (time.perf_counter() - started))
        assert claimed
    return [report(f"a claim among {count:,} due orders", took, "ms")]
