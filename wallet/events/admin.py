"""Operators read the stream; nobody writes it here. Searched by a wallet's id, which an index serves, or by a kind."""

import json
import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from wallet.events.kinds import list_kinds
from wallet.ledger.models import Event


class KindFilter(admin.SimpleListFilter):
    """By kind, from the registry; to ask the table which kinds it has would read all of it."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.name, kind.text) for kind in list_kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ["sequence", "wallet_link", "kind", "text", "actor", "at"]
    list_display_links = ["sequence"]
    list_filter = [KindFilter, "at"]
    list_select_related = ["actor"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["kind"]
    search_help_text = _("A wallet's id, or the beginning of a kind")
    ordering = ["-id"]
    fields = ["id", "wallet_link", "sequence", "kind", "text", "actor", "at", "readable_data"]
    readonly_fields = fields

    @admin.display(description=_("text"))
    def text(self, event: Event) -> str:
        return next((str(kind.text) for kind in list_kinds() if kind.name == event.kind), event.kind)

    @admin.display(description=_("wallet"), ordering="wallet_id")
    def wallet_link(self, event: Event) -> str:
        try:
            url = reverse("admin:ledger_wallet_change", args=[event.wallet_id])
        except NoReverseMatch:
            return str(event.wallet_id)
        return format_html('<a href="{}">{}</a>', url, event.wallet_id)

    @admin.display(description=_("data"))
    def readable_data(self, event: Event) -> str:
        return format_html("<pre>{}</pre>", json.dumps(event.data, ensure_ascii=False, indent=2))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(wallet=uuid.UUID(term)), False
        except ValueError:
            return queryset.filter(kind__startswith=term), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False
