"""Days of ours against the rails' statements. Where they differ, an operator says why; nothing else is written."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.cards import Figure, card
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, recent
from wallet.api.operators.shown import NOTHING, label, link, yuan
from wallet.identity.lookups import person
from wallet.identity.models import User
from wallet.rails.forms import ExplanationForm
from wallet.rails.models import Difference, ReconciliationRun, TransferNumber
from wallet.rails.reconciling import explain_difference
from wallet.refusals import Refusal


class OpenDifferenceFilter(admin.SimpleListFilter):
    """Differences that somebody has to look at: few, and found by their index."""

    title = _("to explain")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("yes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        is_open = {"gone_at__isnull": True, "explained_at__isnull": True}
        return queryset.filter(**is_open) if self.value() == "1" else queryset


def differences_table(differences: Iterable[Difference]) -> Table:
    """Show differences beside what they are about."""
    rows = [
        [
            link("rails_difference", each.pk, each.get_kind_display()),
            each.out_no,
            say(each, each.ours),
            say(each, each.theirs),
            state_of(each),
        ]
        for each in differences
    ]
    headers = [_("difference"), _("our number"), _("we say"), _("the rail says"), _("status")]
    return Table(_("Differences to the rail's statement"), "rails_difference", headers, rows)


def say(difference: Difference, text: str) -> str:
    """Write what one side says: an amount in yuan, anything else as it stands."""
    return yuan(int(text)) if text and difference.kind in Difference.OF_AMOUNTS else text or NOTHING


def state_of(difference: Difference) -> SafeString:
    """Say whether somebody has to look at a difference."""
    if difference.gone_at is not None:
        return label(_("gone"), "good")
    return label(_("explained")) if difference.explained_at is not None else label(_("to explain"), "bad")


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(LookUp):
    list_display = ["day", "rail", "state", "lines", "asked", "times", "finished_at"]
    list_filter = ["rail", ("finished_at", admin.EmptyFieldListFilter)]
    date_hierarchy = "day"
    ordering = ["-day", "rail"]
    search_fields = ["rail"]
    search_help_text = _("A rail")
    fields = ["day", "rail", "state", "lines", "asked", "times", "started_at", "finished_at", "problem"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReconciliationRun]:
        to_explain = Q(differences__gone_at__isnull=True, differences__explained_at__isnull=True)
        runs: QuerySet[ReconciliationRun] = super().get_queryset(request)
        return runs.annotate(left=Count("differences", filter=to_explain))

    def list_tables(self, request: HttpRequest, row: ReconciliationRun) -> list[Table]:
        return [differences_table(row.differences.order_by("pk")[:ROWS_MAX])]

    @admin.display(description=_("status"))
    def state(self, run: Any) -> SafeString:
        if run.finished_at is None:
            return label(_("no statement"), "bad")
        return label(_("%(count)s to explain") % {"count": run.left}, "bad") if run.left else label(_("agrees"), "good")


@admin.register(Difference)
class DifferenceAdmin(LookUp):
    """Written here is only why the books differ, once, by a service."""

    form = ExplanationForm
    list_display = ["run", "kind", "out_no", "we_say", "they_say", "state", "first_seen_at"]
    list_filter = ["kind", "run__rail", OpenDifferenceFilter, recent("first_seen_at", _("first seen"))]
    list_select_related = ["run"]
    date_hierarchy = "first_seen_at"
    search_ids = ["pk", "run"]
    search_fields = ["out_no", "reference"]
    search_help_text = _("Our number of a transfer, or the rail's reference")
    shown = ["run_shown", "kind", "transfer", "reference", "we_say", "they_say", "state"]
    shown += ["first_seen_at", "last_seen_at", "gone_at"]
    shown += ["explanation", person("explained_by", _("explained by")), "explained_at"]
    readonly_fields = shown

    def get_fieldsets(self, request: HttpRequest, obj: Difference | None = None) -> Any:
        words = [(_("Explain"), {"fields": ["why"]})]
        return [(None, {"fields": self.shown}), *(words if self.has_change_permission(request, obj) else [])]

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        is_open = isinstance(obj, Difference) and obj.explained_at is None
        return is_open and bool(request.user.has_perm("rails.explain_difference"))

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Let who explains look, too."""
        return bool(request.user.has_perm("rails.view_difference") or request.user.has_perm("rails.explain_difference"))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say why, where the service refuses what the form let pass: somebody was faster."""
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[no-any-return]
        except Refusal as refusal:
            self.message_user(request, refusal.describe(), messages.ERROR)
            return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Difference, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        explain_difference(
            operator=request.user, difference_id=obj.pk, explanation=form.cleaned_data["why"], now=timezone.now()
        )

    @admin.display(description=_("reconciliation"))
    def run_shown(self, difference: Difference) -> SafeString:
        return link("rails_reconciliationrun", difference.run_id, difference.run)

    @admin.display(description=_("our number"))
    def transfer(self, difference: Difference) -> SafeString | str:
        found = TransferNumber.objects.filter(pk=difference.out_no).first()
        return link("rails_transfer", found.transfer_id, found.out_no) if found else difference.out_no or NOTHING

    @admin.display(description=_("we say"))
    def we_say(self, difference: Difference) -> str:
        return say(difference, difference.ours)

    @admin.display(description=_("the rail says"))
    def they_say(self, difference: Difference) -> str:
        return say(difference, difference.theirs)

    @admin.display(description=_("status"))
    def state(self, difference: Difference) -> SafeString:
        return state_of(difference)


def open_differences(now: Any, midnight: Any) -> Figure:
    """Count what differs from the rails' statements and is not explained, and days without a statement."""
    left = Difference.objects.filter(gone_at__isnull=True, explained_at__isnull=True)[:1000].count()
    without = ReconciliationRun.objects.filter(finished_at__isnull=True).count()
    return Figure(left, _("%(count)s days without a statement") % {"count": without}, "bad" if left else "")


card(_("Differences to explain"), "rails_difference", open_differences, "?open=1")
