"""Writes a played story's months as a table: in, out, yield, balance, and whose it is."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from groups.insight.selectors import get_month_statement
from groups.members.models import Group
from wallet.ledger.models import Account
from wallet.ledger.selectors import balance_as_of, list_stakes

YIELD = "yield"


def months(first: date, last: date) -> Iterator[date]:
    """Go through the first days of the months from `first` to `last`."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def write_statement(group: Group, first: date, last: date) -> Iterator[str]:
    """Write the table line by line, in yuan; the last line sums up."""
    stakes = list(list_stakes(group.pk).select_related("holder"))
    names = [stake.holder.name if stake.holder else "" for stake in stakes]
    yield f"{'month':8}{'in':>13}{'out':>13}{'yield':>10}{'balance':>13}   " + " ".join(f"{name:>10}" for name in names)
    totals = [0, 0, 0]
    for month in months(first, last + timedelta(days=1)):
        statement = get_month_statement(group, month)
        earned = statement.money_in.get(YIELD, 0)
        money_in = sum(statement.money_in.values()) - earned
        money_out = sum(statement.money_out.values())
        totals = [totals[0] + money_in, totals[1] + money_out, totals[2] + earned]
        shares = " ".join(f"{yuan(amount):>12}" for amount in _stakes_at_end_of(month, stakes, group))
        yield (
            f"{month:%Y-%m} {yuan(money_in):>13}{yuan(money_out):>13}{yuan(earned):>10}"
            f"{yuan(statement.closing):>13}   {shares}"
        )
    yield f"{'total':8}{yuan(totals[0]):>13}{yuan(totals[1]):>13}{yuan(totals[2]):>10}"


def _stakes_at_end_of(month: date, stakes: list[Account], group: Group) -> list[int]:
    following = (month + timedelta(days=32)).replace(day=1)
    end = datetime.combine(following, time.min, ZoneInfo(group.time_zone)) - timedelta(microseconds=1)
    return [balance_as_of(stake, end) for stake in stakes]


def yuan(fen: int) -> str:
    """Write fen as yuan."""
    return f"{fen // 100:,}.{fen % 100:02d}" if fen >= 0 else f"-{yuan(-fen)}"
