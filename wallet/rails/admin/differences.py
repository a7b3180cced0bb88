"""What the pages of every reconciliation share. Differences are read, and an operator says once why there is one."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.cards import Figure
from wallet.api.operators.pages import LookUp
from wallet.api.operators.shown import NOTHING, label, link, yuan
from wallet.identity.models import User
from wallet.rails.differences import explain_difference
from wallet.rails.explainable import TO_EXPLAIN, Explainable
from wallet.rails.forms import ExplanationForm


class OpenDifferenceFilter(admin.SimpleListFilter):
    """Differences that somebody has to look at: few, and found by their index."""

    title = _("to explain")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("yes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(TO_EXPLAIN) if self.value() == "1" else queryset


class DifferencePage(LookUp):
    """Written here is only why the books differ, once, by a service."""

    form = ExplanationForm
    shown: list[Any] = []

    def get_fieldsets(self, request: HttpRequest, obj: Explainable | None = None) -> Any:
        words = [(_("Explain"), {"fields": ["why"]})]
        return [(None, {"fields": self.shown}), *(words if self.has_change_permission(request, obj) else [])]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_open = isinstance(obj, Explainable) and obj.explained_at is None
        return is_open and self._may(request, "explain")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let who explains look, too."""
        return self._may(request, "view") or self._may(request, "explain")

    def _may(self, request: HttpRequest, act: str) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename(act, self.opts)}"))

    def save_model(self, request: HttpRequest, obj: Explainable, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        why = form.cleaned_data["why"]
        explain_difference(
            of=type(obj), operator=request.user, difference_id=obj.pk, explanation=why, now=timezone.now()
        )

    @admin.display(description=_("we say"))
    def we_say(self, difference: Explainable) -> str:
        return say(difference, difference.ours)


def describe(difference: Any, number: str) -> list[Any]:
    """Write a difference as the row of a table: what it is, its number, both sides, and its state."""
    page = f"{difference._meta.app_label}_{difference._meta.model_name}"
    sides = (say(difference, text) for text in (difference.ours, difference.theirs))
    return [link(page, difference.pk, difference.get_kind_display()), number, *sides, state_of(difference)]


def say(difference: Any, text: str) -> str:
    """Write what one side says: an amount in yuan, anything else as it stands."""
    return yuan(int(text)) if text and difference.kind in difference.OF_AMOUNTS else text or NOTHING


def state_of(difference: Explainable) -> SafeString:
    """Say whether somebody has to look at a difference."""
    if difference.gone_at is not None:
        return label(_("gone"), "good")
    return label(_("explained")) if difference.explained_at is not None else label(_("to explain"), "bad")


def count_left(days: QuerySet[Any]) -> QuerySet[Any]:
    """Count for each day what is `left` to explain."""
    to_explain = Q(differences__gone_at__isnull=True, differences__explained_at__isnull=True)
    counted: QuerySet[Any] = days.annotate(left=Count("differences", filter=to_explain))
    return counted


def state_of_day(day: Any) -> SafeString:
    """Say what came of reconciling a day that `count_left` has counted for."""
    if day.finished_at is None:
        return label(_("no statement"), "bad")
    return label(_("%(count)s to explain") % {"count": day.left}, "bad") if day.left else label(_("agrees"), "good")


def count_open(differences: type[Explainable], days: type[Model]) -> Figure:
    """Count what differs and is not explained, and the days without a statement."""
    left = differences._default_manager.filter(TO_EXPLAIN)[:1000].count()
    without = days._default_manager.filter(finished_at__isnull=True).count()
    return Figure(left, _("%(count)s days without a statement") % {"count": without}, "bad" if left else "")
