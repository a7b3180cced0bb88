"""What operators see of yield and decide about it: funds and days, rates, corrections, the trading calendar's years."""

from yields.admin import corrections, funds, years

__all__ = ["corrections", "funds", "years"]
