"""Funds, rates, enrollments, runs and yield days, to be read. Only a day's figures are written here, by two people.

One operator enters them (add, or a file), another publishes them (the action); the service refuses one person for both.
Corrections and calendar years, which work in the same way, have their pages in `corrections` and `years`.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from groups.members.shown import group_shown
from wallet.api.operators.cards import Figure, card
from wallet.api.operators.links import call_kind, lead
from wallet.api.operators.pages import LookUp, Table, recent
from wallet.api.operators.shown import money, yuan
from wallet.identity.lookups import HELP, PeopleLookUp, person
from wallet.identity.models import User
from yields.admin.rates import Importing, publish_days
from yields.cards import show_calendar, show_corrections, show_rates
from yields.explanation import explain_day
from yields.models import Enrollment, FastAllowance, Fund, FundDay, YieldDay, YieldException, YieldRun
from yields.services import enter_rate
from yields.services.credits import YIELD
from yields.shown import (
    DayLookUp,
    cash_outs_table,
    corrections_table,
    entry_shown,
    fund_shown,
    lots_table,
    partitions_table,
    parts_table,
    state_shown,
)

for model in ("yieldday", "enrollment", "yieldexception"):
    lead("wallet", f"yields_{model}", by="group")
lead("person", "yields_enrollment", by="enrolled_by")
lead("person", "yields_fastallowance", by="holder")
call_kind(YIELD, _("yield"))

BASE, INCOME = money("base", _("base")), money("income", _("income"))


@admin.register(Fund)
class FundAdmin(LookUp):
    list_display = ["code", "name", "calendar", "is_sandbox", "runs_nightly"]
    search_ids: list[str] = []
    search_fields = ["code", "name__icontains"]
    search_help_text = _("A fund's code, or part of its name")
    fields = ["code", "name", "calendar", "is_sandbox", "runs_nightly", "series_start"]
    readonly_fields = fields


@admin.register(FundDay)
class FundDayAdmin(Importing):
    list_display = ["date", fund_shown, "yield_per_10k", "annualized_7d", state_shown, "entered_by", "published_by"]
    list_filter = ["state", "fund"]
    list_select_related = ["fund", "entered_by", "published_by"]
    date_hierarchy = "date"
    ordering = ["-date", "fund"]
    search_fields = ["fund__code"]
    fields = ["fund", "date", "yield_per_10k", "annualized_7d"]
    readonly_fields = [state_shown, person("entered_by", _("entered by")), "entered_at"]
    readonly_fields += [person("published_by", _("published by")), "published_at"]
    actions = ["publish"]

    def is_sandbox(self, row: FundDay) -> bool:
        return row.fund.is_sandbox

    def get_fields(self, request: HttpRequest, obj: FundDay | None = None) -> list[Any]:
        return [*self.fields, *(self.readonly_fields if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: FundDay | None = None) -> list[Any]:
        """Let a correction change the figures, and not whose or of which day they are."""
        return [*self.readonly_fields, *(["fund", "date"] if obj else [])]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the real funds: what a sandbox pays is known."""
        return super().formfield_for_foreignkey(
            db_field, request, queryset=Fund.objects.filter(is_sandbox=False), **kwargs
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("yields.add_fundday"))

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        is_open = isinstance(obj, FundDay) and obj.state == FundDay.State.ENTERED
        return is_open and self.has_add_permission(request)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("yields.publish_fundday"))

    def save_model(self, request: HttpRequest, obj: FundDay, form: forms.ModelForm[FundDay], change: bool) -> None:
        assert isinstance(request.user, User)
        entered = enter_rate(
            actor=request.user,
            fund=obj.fund,
            day=obj.date,
            yield_per_10k=obj.yield_per_10k,
            annualized_7d=obj.annualized_7d,
            now=timezone.now(),
        )
        obj.pk = entered.pk

    @admin.action(description=_("Publish the selected days"), permissions=["publish"])
    def publish(self, request: HttpRequest, days: QuerySet[FundDay]) -> None:
        publish_days(self, request, days)


@admin.register(Enrollment)
class EnrollmentAdmin(PeopleLookUp):
    people = ["enrolled_by"]
    ENROLLED_BY = person("enrolled_by", _("enrolled by"))
    list_display = ["id", group_shown, fund_shown, ENROLLED_BY, "enrolled_at", "agreement_version", "ended_at"]
    list_filter = ["fund", ("ended_at", admin.EmptyFieldListFilter), recent("enrolled_at", _("enrolled"))]
    list_select_related = ["group", "fund", "enrolled_by", "ended_by"]
    search_ids = ["pk", "group", "enrolled_by"]
    search_fields: list[str] = []
    search_help_text = HELP
    fields = ["id", group_shown, fund_shown, ENROLLED_BY, "enrolled_at", "agreement_version", "questionnaire"]
    fields += [person("ended_by", _("ended by")), "ended_at"]
    readonly_fields = fields
    about = {"wallet": "group_id", "person": "enrolled_by_id"}

    def is_sandbox(self, row: Enrollment) -> bool:
        return row.fund.is_sandbox


@admin.register(YieldRun)
class YieldRunAdmin(DayLookUp):
    list_display = ["date", fund_shown, state_shown, "note", "yield_per_10k", "progress", INCOME, "checked_at"]
    list_filter = ["state", "fund"]
    list_select_related = ["fund"]
    date_hierarchy = "date"
    ordering = ["-date", "fund"]
    search_fields = ["fund__code"]
    fields = ["date", fund_shown, state_shown, "note", "yield_per_10k", "progress", "credited", BASE, INCOME]
    fields += ["cut_off", "started_at", "checked_at"]
    readonly_fields = fields

    def is_sandbox(self, row: YieldRun) -> bool:
        return row.fund.is_sandbox

    def get_queryset(self, request: HttpRequest) -> QuerySet[YieldRun]:
        """While a run goes on, its parts say how far it is."""
        done, enrolled = (Sum(f"partitions__{name}", default=F(name)) for name in ("done", "enrolled"))
        return super().get_queryset(request).annotate(done_so_far=done, enrolled_so_far=enrolled)  # type: ignore[no-any-return]

    @admin.display(description=_("wallets done"))
    def progress(self, row: Any) -> str:
        return f"{row.done_so_far:,} / {row.enrolled_so_far:,}"

    def list_tables(self, request: HttpRequest, row: YieldRun) -> list[Table]:
        return [partitions_table(row)]


@admin.register(YieldDay)
class YieldDayAdmin(DayLookUp):
    list_display = ["date", group_shown, fund_shown, BASE, "yield_per_10k", INCOME, entry_shown, "credited_at"]
    list_filter = ["fund", recent("credited_at", _("credited"))]
    list_select_related = ["group", "fund", "entry"]
    date_hierarchy = "date"
    search_ids = ["pk", "group"]
    search_fields: list[str] = []
    fields = ["id", "date", group_shown, fund_shown, BASE, "yield_per_10k", INCOME, "cut_off", entry_shown]
    fields += ["credited_at"]
    readonly_fields = fields
    about = {"wallet": "group_id"}

    def is_sandbox(self, row: YieldDay) -> bool:
        return row.fund.is_sandbox

    def list_tables(self, request: HttpRequest, row: YieldDay) -> list[Table]:
        told = explain_day(row)
        return [parts_table(told), lots_table(told), corrections_table(told)]


@admin.register(YieldException)
class YieldExceptionAdmin(DayLookUp):
    list_display = ["date", group_shown, fund_shown, "reason", "detail", "seen_at", "resolved_at"]
    list_filter = ["reason", "fund", ("resolved_at", admin.EmptyFieldListFilter)]
    list_select_related = ["group", "fund"]
    search_ids = ["pk", "group"]
    search_fields = ["reason"]
    fields = ["id", "date", group_shown, fund_shown, "reason", "detail", "seen_at", "resolved_at"]
    readonly_fields = fields
    about = {"wallet": "group_id"}


@admin.register(FastAllowance)
class FastAllowanceAdmin(PeopleLookUp):
    """What has gone out fast of a holder's groups on a day."""

    people = ["holder"]
    TAKEN = money("taken", _("taken"))
    list_display = ["date", person("holder", _("holder")), TAKEN]
    list_select_related = ["holder"]
    date_hierarchy = "date"
    ordering = ["-date", "-pk"]
    search_ids = ["pk", "holder"]
    search_fields: list[str] = []
    search_help_text = HELP
    fields = ["id", *list_display]
    readonly_fields = fields
    about = {"person": "holder_id"}

    def list_tables(self, request: HttpRequest, row: FastAllowance) -> list[Table]:
        return [cash_outs_table(row)]


def latest_runs(now: datetime, midnight: datetime) -> Figure:
    """Show what the last credited day of each fund came to, and how many runs are not finished."""
    unfinished = YieldRun.objects.filter(~Q(state=YieldRun.State.FINISHED)).count()
    latest = YieldRun.objects.filter(state=YieldRun.State.FINISHED).order_by("-date").first()
    line = _("%(count)s runs not finished") % {"count": unfinished}
    return Figure(f"{yuan(latest.income)} · {latest.date}" if latest else yuan(None), line, "bad" if unfinished else "")


card(_("Yield credited last"), "yields_yieldrun", latest_runs)
card(_("Rates to publish"), "yields_fundday", show_rates, "?state__exact=entered")
card(_("Corrections of rates"), "yields_ratecorrection", show_corrections)
card(_("Trading calendar"), "yields_calendaryear", show_calendar)
