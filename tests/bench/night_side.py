"""A worker of a night: says that it is ready, works when it is told to, and says how long it took and how large it was.

`python -m tests.bench.night_side FUND DAY`
"""

import resource
import sys
import time
from datetime import date, timedelta

import django


def main(fund_code: str, day: str) -> None:
    """Work at a run until no part of it is free."""
    django.setup()
    from yields.calendar import day_end
    from yields.models import Fund
    from yields.services import run_day

    fund = Fund.objects.get(pk=fund_code)
    before = resource.getrusage(resource.RUSAGE_SELF)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    run = run_day(fund=fund, day=date.fromisoformat(day), now=day_end(date.fromisoformat(day)) + timedelta(hours=2))
    took, grown = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = grown.ru_utime + grown.ru_stime - before.ru_utime - before.ru_stime
    print(f"done {took:.3f} {before.ru_maxrss} {grown.ru_maxrss} {cpu:.2f} {run.state}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
