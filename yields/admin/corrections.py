"""Corrections of published days: entered on the add page by one operator, published from the list by another.

A correction's page says how far it has been carried out, which later figures it leaves in disagreement, and which
wallets are left for people.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from groups.members.shown import group_shown
from wallet.api.operators.links import call_kind, lead
from wallet.api.operators.pages import ROWS_MAX, Table, recent
from wallet.api.operators.shown import NOTHING, link, moment, money
from wallet.identity.lookups import person
from wallet.identity.models import User
from wallet.ledger.shown import entry_name
from wallet.refusals import Refusal
from yields.forms import CorrectionForm
from yields.models import CorrectedDay, RateCorrection, YieldException
from yields.services import enter_correction, publish_correction, withdraw_correction
from yields.services.adjusting import REVERSAL
from yields.services.correcting import list_pending
from yields.services.corrections import list_disagreements
from yields.shown import DayLookUp, entry_shown, fund_name, fund_shown, state_shown

lead("wallet", "yields_correctedday", by="group")
call_kind(REVERSAL, _("yield taken back"))

BEFORE, INCOME = money("income_before", _("income before")), money("income", _("income"))


@admin.display(description=_("fund"), ordering="fund_day__fund")
def corrected_fund(row: RateCorrection) -> SafeString:
    return fund_name(row.fund_day.fund)


@admin.display(description=_("day"), ordering="fund_day__date")
def corrected_day(row: RateCorrection) -> str:
    return row.fund_day.date.isoformat()


@admin.display(description=_("carried out"))
def progress(row: RateCorrection) -> str:
    """Say how many wallets are done by now, in numbers that are counted on the spot."""
    if row.published_at is None:
        return NOTHING
    pending = list_pending(row).count() if row.state in RateCorrection.DUE else 0
    done = row.days.count()
    return _("%(done)s wallets done, %(pending)s left") % {"done": done, "pending": pending}


@admin.register(RateCorrection)
class RateCorrectionAdmin(DayLookUp):
    form = CorrectionForm
    ENTERED_BY, PUBLISHED_BY = person("entered_by", _("entered by")), person("published_by", _("published by"))
    list_display = [corrected_day, corrected_fund, "number", "yield_per_10k", "annualized_7d", state_shown]
    list_display += ["done", "changed", BEFORE, INCOME, ENTERED_BY, PUBLISHED_BY]
    list_filter = ["state", "fund_day__fund"]
    list_select_related = ["fund_day__fund", "entered_by", "published_by"]
    date_hierarchy = "fund_day__date"
    ordering = ["-fund_day__date", "-number"]
    day_field = "fund_day__date"
    search_fields = ["fund_day__fund__code"]
    asked = ["fund", "date", "yield_per_10k", "annualized_7d", "reason"]
    shown = [corrected_day, corrected_fund, "number", "yield_per_10k", "annualized_7d", "reason", state_shown]
    shown += [progress, "note", "wallets", "done", "changed", BEFORE, INCOME, "cut_off", "checked_at"]
    shown += [ENTERED_BY, "entered_at", PUBLISHED_BY, "published_at"]
    actions = ["publish", "withdraw"]

    def is_sandbox(self, row: RateCorrection) -> bool:
        return row.fund_day.fund.is_sandbox

    def get_fields(self, request: HttpRequest, obj: RateCorrection | None = None) -> list[Any]:
        return self.shown if obj else self.asked

    def get_readonly_fields(self, request: HttpRequest, obj: RateCorrection | None = None) -> list[Any]:
        return self.shown if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("yields.add_ratecorrection"))

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("yields.publish_ratecorrection"))

    def list_tables(self, request: HttpRequest, row: RateCorrection) -> list[Table]:
        return [later_table(row), exceptions_table(row)]

    def save_model(self, request: HttpRequest, obj: RateCorrection, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        told = form.cleaned_data
        entered = enter_correction(
            actor=request.user,
            fund=told["fund"],
            day=told["date"],
            yield_per_10k=told["yield_per_10k"],
            annualized_7d=told["annualized_7d"],
            reason=told["reason"],
            now=timezone.now(),
        )
        obj.pk, obj.fund_day, obj.number = entered.pk, entered.fund_day, entered.number

    @admin.action(description=_("Publish the selected corrections"), permissions=["publish"])
    def publish(self, request: HttpRequest, corrections: QuerySet[RateCorrection]) -> None:
        def act(user: User, row: RateCorrection) -> None:
            publish_correction(actor=user, correction_id=row.pk, now=timezone.now())

        self._answer(request, corrections, act, _("%(row)s is published and is being carried out."))

    @admin.action(description=_("Withdraw the selected corrections"), permissions=["add"])
    def withdraw(self, request: HttpRequest, corrections: QuerySet[RateCorrection]) -> None:
        def act(user: User, row: RateCorrection) -> None:
            withdraw_correction(actor=user, correction_id=row.pk)

        self._answer(request, corrections, act, _("%(row)s is withdrawn."))

    def _answer(
        self,
        request: HttpRequest,
        corrections: QuerySet[RateCorrection],
        act: Callable[[User, RateCorrection], None],
        said: Any,
    ) -> None:
        assert isinstance(request.user, User)
        for row in corrections.select_related("fund_day").order_by("fund_day__date", "number")[:ROWS_MAX]:
            try:
                act(request.user, row)
            except Refusal as refusal:
                self.message_user(request, f"{row}: {refusal.describe()}", messages.ERROR)
            else:
                self.message_user(request, said % {"row": row}, messages.SUCCESS)


@admin.register(CorrectedDay)
class CorrectedDayAdmin(DayLookUp):
    list_display = ["date", group_shown, fund_shown, "number", "yield_per_10k", BEFORE, INCOME, entry_shown]
    list_display += ["credited_at"]
    list_filter = ["correction__fund_day__fund", recent("credited_at", _("corrected"))]
    list_select_related = ["group", "correction__fund_day__fund", "entry", "reversal"]
    date_hierarchy = "date"
    search_ids = ["pk", "group", "correction"]
    search_fields: list[str] = []
    fields = ["id", "date", group_shown, fund_shown, "correction_shown", "base", "yield_per_10k", BEFORE, INCOME]
    fields += ["cut_off", "reversal_shown", entry_shown, "credited_at"]
    readonly_fields = fields
    about = {"wallet": "group_id"}

    def is_sandbox(self, row: CorrectedDay) -> bool:
        return row.fund.is_sandbox

    @admin.display(description=_("rate correction"))
    def correction_shown(self, row: CorrectedDay) -> SafeString:
        return link("yields_ratecorrection", row.correction_id, row.correction)

    @admin.display(description=_("reversal"))
    def reversal_shown(self, row: CorrectedDay) -> SafeString | str:
        return entry_name(row.reversal) if row.reversal else NOTHING


def later_table(correction: RateCorrection) -> Table:
    """Show which figures of the days after no longer follow: the fund will correct them, too, or has a reason."""
    rows = [[each.date.isoformat(), each.stands, each.computed] for each in list_disagreements(correction)]
    headers = [_("day"), _("annualised over 7 days (%)"), _("computed")]
    return Table(_("Later days whose figures do not agree with it"), "yields_ratecorrection", headers, rows)


def exceptions_table(correction: RateCorrection) -> Table:
    """Show the wallets of the day that are left for people."""
    day = correction.fund_day
    left = YieldException.objects.filter(Q(resolved_at__isnull=True), fund=day.fund_id, date=day.date)
    rows = [
        [link("yields_yieldexception", each.pk, each.group), each.reason, each.detail, moment(each.seen_at)]
        for each in left.select_related("group").order_by("group")[:ROWS_MAX]
    ]
    headers = [_("group"), _("reason"), _("detail"), _("last seen")]
    return Table(_("Left for people"), "yields_yieldexception", headers, rows)
