"""What the admin shows around the rooms' own pages: its first page, the list of rooms, the mark of a sandbox."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from wallet.api.operators.cards import show_cards
from wallet.api.operators.pages import midnight_before

#: The rooms in the order in which operators ask: who, with whom, what went in and out, what it earned, the books.
ROOMS = [
    "members",
    "proposals",
    "rules",
    "identity",
    "spending",
    "checkout",
    "funding",
    "autotransfers",
    "disputes",
    "exits",
    "rails",
    "yields",
    "fundside",
    "ledger",
    "events",
    "api",
    "auth",
]
ICONS = {
    "members.group": "groups",
    "members.membership": "group",
    "members.invitation": "mail",
    "proposals.proposal": "how_to_vote",
    "rules.rulebook": "rule",
    "identity.user": "person",
    "identity.device": "smartphone",
    "spending.payment": "shopping_cart",
    "spending.refund": "undo",
    "spending.paymentcode": "qr_code_2",
    "spending.approvedpayment": "thumb_up",
    "spending.merchant": "storefront",
    "spending.merchantkey": "key",
    "funding.contribution": "south_west",
    "funding.withdrawal": "north_east",
    "funding.claim": "request_quote",
    "autotransfers.autotransfer": "event_repeat",
    "autotransfers.autotransferrun": "update",
    "exits.dissolution": "call_split",
    "exits.leaving": "logout",
    "exits.succession": "supervisor_account",
    "disputes.dispute": "gavel",
    "disputes.legalhold": "lock",
    "checkout.order": "shopping_cart",
    "checkout.delivery": "outgoing_mail",
    "rails.transfer": "swap_horiz",
    "rails.fundingsource": "credit_card",
    "rails.payee": "real_estate_agent",
    "rails.railnotice": "notifications",
    "rails.reconciliationrun": "balance",
    "rails.difference": "difference",
    "yields.fastallowance": "speed",
    "fundside.fundposition": "balance",
    "fundside.funddifference": "difference",
    "fundside.fundorder": "shopping_bag",
    "fundside.fundconfirmation": "task_alt",
    "ledger.wallet": "account_balance_wallet",
    "ledger.account": "account_balance",
    "ledger.entry": "receipt_long",
    "ledger.posting": "list_alt",
    "ledger.event": "timeline",
    "api.storedanswer": "reply",
    "auth.group": "admin_panel_settings",
}

#: What the admin's theme says, and brings no Chinese for.
THEME_TEXTS = [
    gettext_noop("All applications"),
    gettext_noop("Apply Filters"),
    gettext_noop("By %(filter_title)s"),
    gettext_noop("Cancel"),
    gettext_noop("Change History"),
    gettext_noop("Collapse"),
    gettext_noop("Dark"),
    gettext_noop("False"),
    gettext_noop("From"),
    gettext_noop("General"),
    gettext_noop("Go back"),
    gettext_noop("Group permissions"),
    gettext_noop("Light"),
    gettext_noop("More actions"),
    gettext_noop("Name"),
    gettext_noop("New"),
    gettext_noop("Next"),
    gettext_noop("No data"),
    gettext_noop("No recent searches"),
    gettext_noop("No results found"),
    gettext_noop("No results matching your query"),
    gettext_noop("Object permissions"),
    gettext_noop("Previous"),
    gettext_noop("Recent searches"),
    gettext_noop("Reset filters"),
    gettext_noop("Return to site"),
    gettext_noop("Run"),
    gettext_noop("Search apps and models..."),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select all rows"),
    gettext_noop("Select record"),
    gettext_noop("Select value"),
    gettext_noop("Submit"),
    gettext_noop("System"),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
    gettext_noop("To"),
    gettext_noop("Toggle password visibility"),
    gettext_noop("True"),
    gettext_noop("Type to search"),
    gettext_noop("User permissions"),
    gettext_noop("Value"),
    gettext_noop("Welcome"),
    gettext_noop("Welcome back to"),
    gettext_noop("You have been successfully logged out from the administration"),
]


def environment(request: HttpRequest) -> list[Any] | None:
    """Mark an installation that deals with no real money."""
    return [_("sandbox"), "warning"] if settings.SANDBOX else None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """List what there is, room by room, as far as this operator may look at it."""
    shown: dict[str, list[dict[str, Any]]] = {room: [] for room in ROOMS}
    for model, page in admin.site._registry.items():
        items = shown.get(model._meta.app_label)
        if items is not None and page.has_view_permission(request):
            items.append(_item(model))
    rooms = [
        {
            "title": apps.get_app_config(room).verbose_name,
            "items": sorted(shown[room], key=lambda item: item["order"]),
            "separator": True,
            "collapsible": True,
        }
        for room in ROOMS
        if shown[room]
    ]
    return [{"items": [{"title": _("Today"), "icon": "dashboard", "link": reverse("admin:index")}]}, *rooms]


def _item(model: Any) -> dict[str, Any]:
    options = model._meta
    order = list(ICONS).index(options.label_lower) if options.label_lower in ICONS else len(ICONS)
    return {
        "title": capfirst(options.verbose_name_plural),
        "icon": ICONS.get(options.label_lower, "table_rows"),
        "link": reverse(f"admin:{options.app_label}_{options.model_name}_changelist"),
        "order": order,
    }


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the rooms' figures to the first page."""
    now = timezone.now()
    cards = sorted(show_cards(request, now, midnight_before(now)), key=lambda card: ROOMS.index(card["room"]))
    return context | {"cards": cards, "asked_at": timezone.localtime(now)}
