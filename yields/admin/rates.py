"""The pages by which a fund's days come in: a file is looked at and entered, and what is entered is published.

`FundDayAdmin` is built on `Importing`. Both doors are one service call each; what is refused is said row by row.
"""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from wallet.api.operators.pages import Table
from wallet.api.operators.shown import NOTHING, label
from wallet.identity.models import User
from wallet.refusals import Refusal
from yields.forms import RatesForm
from yields.models import Fund, FundDay
from yields.services import import_rates, publish_rate, review_rates
from yields.services.importing import ReviewedRow
from yields.shown import DayLookUp

#: So many days are named one by one in what the page says; of more, only their number.
NAMED_MAX = 20


class Importing(DayLookUp):
    """A list of fund days with a door for files."""

    actions_list = ["import_rates"]

    @action(description=_("Import a file"), url_path="import-rates", permissions=["add"])  # type: ignore[untyped-decorator]
    def import_rates(self, request: HttpRequest) -> HttpResponse:
        """Show the form; look at the file; or enter what was looked at."""
        form = RatesForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            fund, text = form.cleaned_data["fund"], form.cleaned_data["text"]
            try:
                if "enter" in request.POST:
                    return self._enter(request, fund, text)
                context = _preview(fund, text)
            except Refusal as refusal:
                self.message_user(request, refusal.describe(), messages.ERROR)
        context = {**self.admin_site.each_context(request), "title": _("Import a file"), "form": form, **context}
        return render(request, "yields/import_rates.html", context | {"opts": self.opts})

    def _enter(self, request: HttpRequest, fund: Fund, text: str) -> HttpResponse:
        assert isinstance(request.user, User)
        entered = import_rates(actor=request.user, fund=fund, lines=text.splitlines(), now=timezone.now())
        said = ngettext(
            "%(count)s day is entered; another operator publishes it.",
            "%(count)s days are entered; another operator publishes them.",
            len(entered),
        )
        self.message_user(request, said % {"count": len(entered)}, messages.SUCCESS)
        return redirect("admin:yields_fundday_changelist")


def publish_days(page: Importing, request: HttpRequest, days: QuerySet[FundDay]) -> None:
    """Publish days in their order, and say of each that is refused why."""
    assert isinstance(request.user, User)
    published, refused = [], []
    for entered in days.select_related("fund").order_by("fund", "date"):
        try:
            publish_rate(actor=request.user, fund=entered.fund, day=entered.date, now=timezone.now())
        except Refusal as refusal:
            refused.append(f"{entered}: {refusal.describe()}")
        else:
            published.append(str(entered))
    for each in published[:NAMED_MAX]:
        page.message_user(request, _("%(day)s is published.") % {"day": each}, messages.SUCCESS)
    for each in refused[:NAMED_MAX]:
        page.message_user(request, each, messages.ERROR)
    for rest, said, tone in (
        (len(published) - NAMED_MAX, _("%(count)s more are published."), messages.SUCCESS),
        (len(refused) - NAMED_MAX, _("%(count)s more are refused."), messages.ERROR),
    ):
        if rest > 0:
            page.message_user(request, said % {"count": rest}, tone)


def _preview(fund: Fund, text: str) -> dict[str, Any]:
    """Say what was read, and what 七日年化 comes to, row by row."""
    reviewed = review_rates(fund=fund, lines=text.splitlines())
    wrong = sum(each.refusal is not None for each in reviewed)
    headers = [_("row"), _("day"), _("yield per 10,000 shares (yuan)"), _("annualised over 7 days (%)")]
    headers += [_("computed"), _("state")]
    summary = _("%(fund)s: %(count)s rows, %(wrong)s of them cannot be entered")
    table = Table("", "yields_fundday", headers, [_show(each) for each in reviewed])
    told = {"fund": fund, "count": len(reviewed), "wrong": wrong}
    return {"table": table.data, "summary": summary % told, "may_enter": not wrong, "fund": fund, "text": text}


def _show(each: ReviewedRow) -> list[Any]:
    row = each.row
    if each.refusal is not None:
        state: Any = label(each.refusal.describe(), "bad")
    else:
        state = label(_("replaces what is entered"), "mind") if each.is_entered else label(_("new"), "good")
    return [row.number, row.day.isoformat(), row.rate, row.annualized, each.computed or NOTHING, state]
