"""When a standing order is due: dates of a calendar first, then a moment in the group's time zone. Pure.

Dates come from dateutil's `rrule` on naive days, so that no clock change can move them; `zoneinfo` then says when the
clock of the zone shows the order's time on that date, as RFC 5545 (3.3.5) has it:

- a day of the month that a month has not is its last day, counted from the anchor: 31 Jan, 28 Feb, 31 Mar;
- a time that the clock jumps over is that much later after the jump (02:30 becomes 03:30);
- a time that the clock shows twice is the first of the two;
- a date that a zone leaves out (Pacific/Apia, 2011-12-30) is due at the same hour of the next one. No date is lost.

So dates differ and are in order, and their moments never go back, though two may be the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule

#: The shortest month has so many days; days after it are clamped.
DAYS_OF_EVERY_MONTH = 28
ONE_DAY = timedelta(days=1)


class Every(StrEnum):
    """How often."""

    DAY = "day"
    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"


STEPS = {Every.DAY: 1, Every.WEEK: 7, Every.FORTNIGHT: 14}


@dataclass(frozen=True, slots=True)
class Schedule:
    """When: how often, from which date on (the anchor of weeks and fortnights), at what time of day, until when.

    `day` is the day of the month (1–31), of monthly orders only.
    """

    every: str
    starts_on: date
    at: time
    day: int | None = None
    ends_on: date | None = None


def dates_after(schedule: Schedule, after: date | None) -> Iterator[date]:
    """Go through the dates of a schedule after a date; from the very first one, where there is None."""
    rule = _rule(schedule, schedule.starts_on if after is None else max(schedule.starts_on, after + ONE_DAY))
    for moment in rule:
        day = moment.date()
        if schedule.ends_on is not None and day > schedule.ends_on:
            return
        yield day


def due_at(schedule: Schedule, day: date, zone: str) -> datetime:
    """Say at which moment (UTC) a date of the schedule is due in a zone."""
    # fold=0: the offset before the jump, or the first of two. dateutil.tz is not asked: it has no such rule.
    return datetime.combine(day, schedule.at, ZoneInfo(zone)).astimezone(UTC)


def next_date(schedule: Schedule, after: date | None, zone: str, now: datetime) -> date | None:
    """Find the first date after a date whose moment is still to come; None where the schedule is over."""
    return next((day for day in dates_after(schedule, after) if due_at(schedule, day, zone) > now), None)


def _rule(schedule: Schedule, first: date) -> rrule:
    """Make the rule that begins with a date at or after the schedule's start, in step with the start."""
    if schedule.every == Every.MONTH:
        return rrule(MONTHLY, dtstart=_midnight(first), **_month_day(schedule.day or schedule.starts_on.day))
    step = STEPS[Every(schedule.every)]
    in_step = schedule.starts_on + -(-(first - schedule.starts_on).days // step) * timedelta(days=step)
    if schedule.every == Every.DAY:
        return rrule(DAILY, dtstart=_midnight(in_step))
    return rrule(WEEKLY, interval=step // 7, dtstart=_midnight(in_step))


def _month_day(day: int) -> dict[str, Any]:
    """Say "the last of the days up to this one", which every month has."""
    if day <= DAYS_OF_EVERY_MONTH:
        return {"bymonthday": day}
    return {"bymonthday": range(DAYS_OF_EVERY_MONTH, day + 1), "bysetpos": -1}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)
