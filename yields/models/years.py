"""Years of Shanghai's trading calendar that operators have added, and the calendar as it is known now.

The years of the project's file are always known. Each further one is a row: its closed weekdays are entered by one
operator and confirmed by another, and a confirmed year never changes. `shanghai()` is asked for every wallet's every
question, so each process keeps what it has read for a minute. A process that has not read a new year yet refuses, as
the calendar does past its end; it never guesses, and no two processes answer differently.
"""

import time
from dataclasses import dataclass

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from yields.calendar import CLOSURES_MAX, SHANGHAI, TradingCalendar


class CalendarYear(models.Model):
    """The weekdays of one year on which Shanghai's exchange is closed."""

    class State(models.TextChoices):
        ENTERED = "entered", _("entered")
        CONFIRMED = "confirmed", _("confirmed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    closures = ArrayField(models.DateField(), size=CLOSURES_MAX, verbose_name=_("closed weekdays"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ENTERED)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered"))
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        verbose_name = _("calendar year")
        verbose_name_plural = _("calendar years")
        permissions = [("confirm_calendaryear", _("May confirm the trading days that another has entered"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="confirmed", confirmed_at__isnull=False, confirmed_by__isnull=False)
                | Q(state="entered", confirmed_at__isnull=True, confirmed_by__isnull=True),
                name="yields_calendar_year_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("entered_by")),
                name="yields_calendar_year_four_eyes",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="confirmed_for_good",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.state = 'confirmed'"),
            )
        ]

    def __str__(self) -> str:
        return str(self.year)


@dataclass(slots=True)
class _Kept:
    """What this process knows, and until when (on the monotonic clock) it need not ask again."""

    calendar: TradingCalendar = SHANGHAI
    until: float = 0.0


_kept = _Kept()


def shanghai() -> TradingCalendar:
    """Give Shanghai's trading days as they are known now."""
    now = time.monotonic()
    if now >= _kept.until:
        _kept.calendar, _kept.until = read_shanghai(), now + settings.CALENDAR_KEPT_SECONDS
    return _kept.calendar


def forget() -> None:
    """Let the next question read the years again."""
    _kept.until = 0.0


def read_shanghai() -> TradingCalendar:
    """Read the confirmed years, and put them after those of the file."""
    calendar = SHANGHAI
    confirmed = CalendarYear.objects.filter(state=CalendarYear.State.CONFIRMED, year__gt=SHANGHAI.last_year)
    for year, closures in confirmed.order_by("year").values_list("year", "closures"):
        calendar = calendar.with_year(year, closures)
    return calendar
