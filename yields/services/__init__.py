"""Writes about yield: funds and their rates, enrollment, and the daily run.

funds        the fund whose published days come with the project, and the sandbox fund
publishing   one operator enters a day's figures, another publishes them
importing    many days from a file, looked at row by row, entered all or none
corrections  other figures for a published day, by two operators again; correcting carries them out wallet by wallet
years        a year of trading days, by two operators
enrollment   the owner switches yield on and off
allowances   what goes out of a fund fast, an owner and day; and when the rest arrives
runs         one day of one fund, and all that is due
partitions   a run in parts, for many workers
credits      a chunk of wallets gets its day
settling     what a wallet is still owed when it closes
"""

from yields.services.correcting import correct_due, run_correction
from yields.services.corrections import enter_correction, publish_correction, withdraw_correction
from yields.services.enrollment import end_enrollment, enroll
from yields.services.funds import (
    ensure_demo_fund,
    ensure_fund_000198,
    ensure_sandbox_rates,
    load_published_days,
    sandbox_rate,
)
from yields.services.importing import import_rates, review_rates
from yields.services.publishing import enter_rate, publish_rate
from yields.services.runs import help_run, run_day, run_due
from yields.services.years import confirm_year, enter_year, look_at_calendar, read_closures

__all__ = [
    "confirm_year",
    "correct_due",
    "end_enrollment",
    "enroll",
    "ensure_demo_fund",
    "ensure_fund_000198",
    "ensure_sandbox_rates",
    "enter_correction",
    "enter_rate",
    "enter_year",
    "help_run",
    "import_rates",
    "load_published_days",
    "look_at_calendar",
    "publish_correction",
    "publish_rate",
    "read_closures",
    "review_rates",
    "run_correction",
    "run_day",
    "run_due",
    "sandbox_rate",
    "withdraw_correction",
]
