"""Clients of one wallet, as threads of one process, driven over a pipe: `{"clients", "pool", "payments", …}`.

Each client is a thread that charges, and gives its connection back to the pool after each charge, as a server does
after each request. The pool's size is chosen anew for each question. Codes are shown before the clock runs.
"""

import os
import queue
import threading
import time
import uuid
from typing import Any

import django

POOL_SECONDS_MAX = 60


def main() -> None:
    """Answer until the pipe is closed."""
    django.setup()
    from tests.bench.driven import serve

    serve(_answer)


def _answer(asked: dict[str, Any]) -> dict[str, float]:
    """Show codes, wait for the moment at which all processes start, and charge; say when the last charge ended."""
    from groups.spending.models import Merchant
    from tests.bench.scene import Payers, show_codes

    payers = Payers.load(Merchant.objects.get(pk=asked["merchant"]), [uuid.UUID(asked["group"])])
    codes: queue.SimpleQueue[str] = queue.SimpleQueue()
    for code in show_codes(payers, asked["payments"]):
        codes.put(code)
    _choose_pool(asked["pool"])
    took: list[float] = []
    threads = [
        threading.Thread(target=_charge_all, args=[payers.merchant, codes, took]) for _ in range(asked["clients"])
    ]
    time.sleep(max(0.0, asked["start_at"] - time.time()))
    started = time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(took) == asked["payments"], "a charge failed"
    took.sort()
    return {"started": started, "ended": time.time(), "p50": took[len(took) // 2], "p99": took[len(took) * 99 // 100]}


def _charge_all(merchant: Any, codes: "queue.SimpleQueue[str]", took: list[float]) -> None:
    from django.db import connection
    from django.utils import timezone

    from groups.spending.services import charge
    from tests.bench.scene import ask

    while True:
        try:
            code = codes.get_nowait()
        except queue.Empty:
            return
        started = time.perf_counter()
        charged = charge(merchant=merchant, asked=ask(code), now=timezone.now())
        connection.close()
        assert charged.payment.status == "settled"
        took.append(time.perf_counter() - started)


def _choose_pool(size: int) -> None:
    from django.db import connections

    connection: Any = connections["default"]
    connection.close()
    if connection.settings_dict["OPTIONS"]["pool"]["max_size"] != size:
        connection.close_pool()
        connection.settings_dict["OPTIONS"]["pool"] = {"min_size": 1, "max_size": size, "timeout": POOL_SECONDS_MAX}


if __name__ == "__main__":
    os.environ["DATABASE_POOL_SIZE"] = "1"
    main()
