"""Operators read the stream; nobody writes it here. Searched by a wallet's id, which an index serves, or by a kind."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.pages import recent
from wallet.api.operators.shown import NOTHING, own_id
from wallet.events.kinds import list_kinds
from wallet.identity.lookups import person
from wallet.ledger.admin import PartOfWallet
from wallet.ledger.models import Entry, Event
from wallet.ledger.shown import entry_name, wallet_shown

ACTOR = person("actor", _("acting user"))


class KindFilter(admin.SimpleListFilter):
    """By kind, from the registry; to ask the table which kinds it has would read all of it."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.name, kind.text) for kind in list_kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(PartOfWallet):
    list_display = ["sequence", wallet_shown, "text", "kind", ACTOR, "at"]
    list_filter = [KindFilter, recent("at", _("at"))]
    date_hierarchy = "at"
    search_ids = ["pk", "wallet"]
    search_fields = ["kind__startswith"]
    search_help_text = _("The id of an event or a wallet, or the beginning of a kind")
    fields = [own_id, wallet_shown, "sequence", "kind", "text", ACTOR, "at", "entry_shown", "readable_data"]
    readonly_fields = fields

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["actor", *super().get_list_select_related(request)]

    @admin.display(description=_("text"))
    def text(self, event: Event) -> str:
        return next((str(kind.text) for kind in list_kinds() if kind.name == event.kind), event.kind)

    @admin.display(description=_("entry"))
    def entry_shown(self, event: Event) -> SafeString | str:
        """Lead to the entry, which bears the same number."""
        entry = Entry.objects.filter(wallet=event.wallet_id, sequence=event.sequence).first()
        return entry_name(entry) if entry else NOTHING

    @admin.display(description=_("data"))
    def readable_data(self, event: Event) -> str:
        data = json.dumps(event.data, ensure_ascii=False, indent=2)
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', data)
