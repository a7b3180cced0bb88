"""Years of the trading calendar: entered on the add page by one operator, confirmed from the list by another."""

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.pages import LookUp
from wallet.identity.lookups import person
from wallet.identity.models import User
from wallet.refusals import Refusal
from yields.forms import YearForm
from yields.models import CalendarYear
from yields.services import confirm_year, enter_year
from yields.shown import state_shown


@admin.register(CalendarYear)
class CalendarYearAdmin(LookUp):
    form = YearForm
    ENTERED_BY, CONFIRMED_BY = person("entered_by", _("entered by")), person("confirmed_by", _("confirmed by"))
    list_display = ["year", "days_count", state_shown, ENTERED_BY, "entered_at", CONFIRMED_BY, "confirmed_at"]
    list_filter = ["state"]
    list_select_related = ["entered_by", "confirmed_by"]
    ordering = ["-year"]
    search_ids = ["pk"]
    search_fields = ["year"]
    search_help_text = _("A year")
    asked = ["year", "days", "file"]
    shown = ["year", "closed_days", state_shown, ENTERED_BY, "entered_at", CONFIRMED_BY, "confirmed_at"]
    actions = ["confirm"]

    def matches(self, term: str) -> Q:
        return Q(year=int(term)) if term.isdecimal() and len(term) == 4 else Q(pk__in=[])

    def get_fields(self, request: HttpRequest, obj: CalendarYear | None = None) -> list[Any]:
        return self.shown if obj else self.asked

    def get_readonly_fields(self, request: HttpRequest, obj: CalendarYear | None = None) -> list[Any]:
        return self.shown if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("yields.add_calendaryear"))

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """A year that was entered wrong is entered again."""
        return False

    def has_confirm_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("yields.confirm_calendaryear"))

    def save_model(self, request: HttpRequest, obj: CalendarYear, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        told = form.cleaned_data
        entered = enter_year(actor=request.user, year=told["year"], closures=told["closures"], now=timezone.now())
        obj.pk, obj.year = entered.pk, entered.year

    @admin.action(description=_("Confirm the selected years"), permissions=["confirm"])
    def confirm(self, request: HttpRequest, years: QuerySet[CalendarYear]) -> None:
        assert isinstance(request.user, User)
        for entered in years.order_by("year"):
            try:
                confirm_year(actor=request.user, year=entered.year, now=timezone.now())
            except Refusal as refusal:
                self.message_user(request, f"{entered}: {refusal.describe()}", messages.ERROR)
            else:
                self.message_user(request, _("%(year)s is confirmed.") % {"year": entered}, messages.SUCCESS)

    @admin.display(description=_("closed weekdays"))
    def days_count(self, year: CalendarYear) -> int:
        return len(year.closures)

    @admin.display(description=_("closed weekdays"))
    def closed_days(self, year: CalendarYear) -> str:
        return ", ".join(day.isoformat() for day in year.closures)
