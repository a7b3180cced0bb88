"""Writes about yield: funds and their rates, enrollment, and the daily run.

funds        the fund whose published days come with the project, and the sandbox fund
publishing   one operator enters a day's figures, another publishes them
enrollment   the owner switches yield on and off
allowances   what goes out of a fund fast, an owner and day; and when the rest arrives
runs         one day of one fund, and all that is due
partitions   a run in parts, for many workers
credits      a chunk of wallets gets its day
settling     what a wallet is still owed when it closes
"""

from yields.services.enrollment import end_enrollment, enroll
from yields.services.funds import (
    ensure_demo_fund,
    ensure_fund_000198,
    ensure_sandbox_rates,
    load_published_days,
    sandbox_rate,
)
from yields.services.publishing import enter_rate, import_rates, publish_rate
from yields.services.runs import help_run, run_day, run_due

__all__ = [
    "end_enrollment",
    "enroll",
    "ensure_demo_fund",
    "ensure_fund_000198",
    "ensure_sandbox_rates",
    "enter_rate",
    "help_run",
    "import_rates",
    "load_published_days",
    "publish_rate",
    "run_day",
    "run_due",
    "sandbox_rate",
]
