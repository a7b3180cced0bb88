"""LookUp: the page of a table that operators read, and that only services write.

Its lists stay quick on tables of any size: rows are shown by their ids, the newest first; a count stops at
`COUNT_MAX`; what happened lately is found by its id; and a date hierarchy, which reads a table from end to end, is
offered by a book only within one wallet, where an index serves it.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from wallet.api.operators.links import ABOUT, NARROWED_BY, list_links, may_view
from wallet.api.operators.shown import first_id_since
from wallet.refusals import Refusal

COUNT_MAX = 10_000
ROWS_MAX = 200


class BoundedPaginator(Paginator[Any]):
    """Counts up to `COUNT_MAX`, and says when there is more. Whoever wants to see further narrows the list."""

    template_name = "operators/pagination.html"

    object_list: Any

    @cached_property
    def count(self) -> int:
        return int(self.object_list.order_by()[:COUNT_MAX].count())

    @property
    def is_cut(self) -> bool:
        return self.count >= COUNT_MAX


class BookChangeList(ChangeList):  # type: ignore[misc]
    """The list of a book: by dates only within one wallet."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if "wallet" not in request.GET:
            self.date_hierarchy = None


class RecentFilter(admin.SimpleListFilter):
    """What happened lately, found by the id: without reading what is older."""

    parameter_name = "since"
    field = "created_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("0", _("today")), ("6", _("last 7 days")), ("29", _("last 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("0", "6", "29"):
            return queryset
        since = midnight_before(timezone.now()) - timedelta(days=int(self.value() or 0))
        return queryset.filter(**{"pk__gte": first_id_since(since), f"{self.field}__gte": since})


def recent(of: str, text: Any) -> type[RecentFilter]:
    """Make the filter for a table that tells time by a field of its own."""
    return type("RecentFilter", (RecentFilter,), {"field": of, "title": text})


def midnight_before(moment: datetime) -> datetime:
    """Give the beginning of the operators' day."""
    local = timezone.localtime(moment)
    return datetime.combine(local.date(), time.min, local.tzinfo)


@dataclass(frozen=True, slots=True)
class Table:
    """A table on the page of a thing: rows of other tables that belong to it. `of` names their model."""

    title: Any
    of: str
    headers: Sequence[Any]
    rows: Iterable[Sequence[Any]]

    @property
    def data(self) -> dict[str, Any]:
        return {"headers": [str(header) for header in self.headers], "rows": [list(row) for row in self.rows]}


class Related(ModelAdmin):  # type: ignore[misc]
    """A page with links to all that belongs to the same wallet, person or merchant, and with tables of some of it."""

    change_form_outer_before_template = "operators/related.html"
    change_form_after_template = "operators/tables.html"
    list_before_template = "operators/related.html"
    #: What a row is about, and which attribute has its key: {"wallet": "group_id", "person": "user_id"}.
    about: dict[str, str] = {}

    def list_tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """List what else is shown on a thing's page."""
        return []

    def is_sandbox(self, row: Any) -> bool:
        """Say whether this is not about real money."""
        return bool(getattr(row, "is_sandbox", False))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            keys = {about: getattr(obj, attribute) for about, attribute in self.about.items()}
            context |= self._related(request, keys, here="")
            context["tables"] = [table for table in self.list_tables(request, obj) if may_view(request, table.of)]
            context["in_sandbox"] = self.is_sandbox(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)  # type: ignore[no-any-return]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        keys = {about: request.GET[by] for by, about in NARROWED_BY.items() if as_uuid(request.GET.get(by, ""))}
        here = f"{self.opts.app_label}_{self.opts.model_name}"
        context = self._related(request, keys, here) | (extra_context or {})
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in NARROWED_BY or super().lookup_allowed(lookup, value, request)

    def _related(self, request: HttpRequest, keys: dict[str, Any], here: str) -> dict[str, Any]:
        strips = [(ABOUT[about], list_links(request, about, pk, here)) for about, pk in keys.items() if pk]
        return {"related": [(title, links) for title, links in strips if links]}


class LookUp(Related):
    """A table that is read here and written elsewhere, by whoever it may be."""

    actions: Sequence[str] | None = None
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering: Sequence[str] = ["-pk"]
    #: Columns that an id is looked for in; `search_fields` has whole lookups for everything else.
    search_ids: Sequence[str] = ["pk"]
    search_fields: Sequence[str] = ["pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(self.matches(term)) if term else queryset), False

    def matches(self, term: str) -> Q:
        """Say which rows a typed word means: an id means nothing but an id."""
        fields, known = list(self.search_fields), as_uuid(term)
        if known and self.search_ids:
            return either(dict.fromkeys(self.search_ids, known))
        return either({field: term for field in fields if field not in self.search_ids})

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Where a page has a form, say why a service refuses what the form let pass: somebody was faster."""
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[no-any-return]
        except Refusal as refusal:
            self.message_user(request, refusal.describe(), messages.ERROR)
            return redirect(request.get_full_path())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Book(LookUp):
    """A book: as large as tables get."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BookChangeList


def either(lookups: dict[str, Any]) -> Q:
    """Match rows that any of the lookups finds; none, where there are none."""
    matching = Q(pk__in=[])
    for lookup, value in lookups.items():
        matching |= Q(**{lookup: value})
    return matching


def as_uuid(text: str) -> uuid.UUID | None:
    """Read an id, or None where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
