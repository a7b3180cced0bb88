"""The months that limits count in. Pure.

A window is a calendar month in the group's time zone. What has begun ends when it was going to end: a change of the
zone moves only the windows after it, and a month's end that comes less than half a month after the last one is the
same month's end seen from elsewhere, and is passed over. So moving between zones never buys a second allowance. The
first window is the month of the founding (`month_of`), so that there is one to go on from before the zone can change.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SHORTEST = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Window:
    """From `starts_at`, included, to `ends_at`, excluded."""

    starts_at: datetime
    ends_at: datetime

    def has_ended(self, now: datetime) -> bool:
        return now >= self.ends_at


def window_at(last: Window, zone: str, now: datetime) -> Window:
    """Find the window of a moment, given the last one that was counted in."""
    if not last.has_ended(now):
        return last
    local = ZoneInfo(zone)
    starts_at = max(last.ends_at, _month_begun(now, local))
    ends_at = _next_month(starts_at, local)
    while ends_at - starts_at < SHORTEST:
        ends_at = _next_month(ends_at, local)
    return Window(starts_at, ends_at)


def month_of(moment: datetime, zone: str) -> Window:
    """Find the whole calendar month in which a moment lies, in a zone."""
    starts_at = _month_begun(moment, ZoneInfo(zone))
    return Window(starts_at, _next_month(starts_at, ZoneInfo(zone)))


def _month_begun(moment: datetime, zone: ZoneInfo) -> datetime:
    """Find the first instant of the month that has begun last."""
    # Clocks that go back over midnight write the old month once more, after the new one has begun.
    following = _next_month(moment, zone)
    local = moment.astimezone(zone)
    return following if following <= moment else month_start(local.year, local.month, zone)


def _next_month(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    return month_start(local.year + local.month // 12, local.month % 12 + 1, zone)


def month_start(year: int, month: int, zone: ZoneInfo) -> datetime:
    """Find the first instant of a month in a zone, in UTC."""
    return datetime(year, month, 1, tzinfo=zone).astimezone(ZoneInfo("UTC"))
