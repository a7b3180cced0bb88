"""Funds, what they paid, who is enrolled, and what was credited.

funds
    Fund            what a balance may earn in; sandbox funds pay what real ones paid
    FundDay         a day's published figures: one operator enters, another publishes; published, it never changes
enrollment
    Enrollment      a group's balance earns from `enrolled_at` until `ended_at`; one open enrollment a group
runs
    YieldRun        one fund, one day: how far the crediting is, and its totals
    YieldPartition  a range of a run's wallets, which one worker at a time has in work
    YieldException  a wallet that could not be credited for a day, and why
days
    YieldDay        one wallet, one day: base, rate, income, what was cut off, and the entry (none for an income of 0)
corrections
    RateCorrection  what a fund's day should have been
    CorrectedDay    what that made of a wallet's day
allowances
    FastAllowance   a holder, a day: what has gone out fast of fund money, over all their groups
    FastCashOut     one withdrawal that took its amount of that; given back where it failed
years
    CalendarYear    a year of trading days beyond those of the project's file

What each member got is not stored again: the parts are the postings of the entry, and each member's base is derived
from the postings like the wallet's (`yields.base`).
"""

from yields.models.allowances import FastAllowance, FastCashOut
from yields.models.corrections import CorrectedDay, RateCorrection
from yields.models.days import YieldDay
from yields.models.enrollment import Enrollment
from yields.models.funds import Fund, FundDay
from yields.models.runs import YieldException, YieldPartition, YieldRun
from yields.models.years import CalendarYear

__all__ = [
    "CalendarYear",
    "CorrectedDay",
    "Enrollment",
    "FastAllowance",
    "FastCashOut",
    "Fund",
    "FundDay",
    "RateCorrection",
    "YieldDay",
    "YieldException",
    "YieldPartition",
    "YieldRun",
]
