"""What a schedule must say, found in another way: by walking through time, minute by minute, and looking at the clock.

Nothing of `groups.autotransfers.recurrence` is used here, no rule library, and of a zone only what its clock shows at a
moment. The clock of a zone is read every minute; a wall time is due at the first minute that shows it; where the clock
jumps over it, at as long after the last reading before the jump as the wall time is later than that reading.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def walk(zone: str, at: time, first: date, last: date) -> dict[date, datetime]:
    """Walk from before the first date until after the last; say when each date's time of day comes (UTC)."""
    local = ZoneInfo(zone)
    waiting = [datetime.combine(day, at) for day in days(first, last)]
    moment = datetime.combine(first, time.min, UTC) - timedelta(days=2)
    reading = moment.astimezone(local).replace(tzinfo=None)
    found: dict[date, datetime] = {}
    index = 0
    while index < len(waiting):
        before, moment = (moment, reading), moment + MINUTE
        reading = moment.astimezone(local).replace(tzinfo=None)
        while index < len(waiting) and waiting[index] <= reading:
            wanted = waiting[index]
            found[wanted.date()] = moment if wanted == reading else before[0] + (wanted - before[1])
            index += 1
    return found


def days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def is_due(every: str, anchor: int, start: date, day: date) -> bool:
    """Say of one date whether an order that began at a date, with this day of the month, is due on it."""
    if day < start:
        return False
    match every:
        case "day":
            return True
        case "week":
            return day.weekday() == start.weekday()
        case "fortnight":
            return (day.toordinal() - start.toordinal()) % 14 == 0
    length = monthrange(day.year, day.month)[1]
    return day.day == anchor if anchor <= length else day.day == length
