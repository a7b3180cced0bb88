"""How values are written for people: ¥1,234.56, a link, a coloured label. Amounts come in as integer fen."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import display_for_value, quote
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet import amounts

NOTHING = "–"
LABEL = "inline-block font-semibold rounded-default text-[11px] uppercase whitespace-nowrap h-6 leading-6 px-2"
TONES = {
    "good": "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
    "bad": "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
    "mind": "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
    "plain": "bg-base-500/8 text-base-700 dark:bg-base-500/20 dark:text-base-200",
}
#: Words that mean the same in every room.
TONE_OF = {
    "settled": "good",
    "accepted": "good",
    "active": "good",
    "open": "good",
    "approved": "good",
    "rejected": "bad",
    "waiting": "mind",
    "stopped": "bad",
    "announced": "mind",
    "failed": "bad",
    "refused": "bad",
    "unknown": "mind",
    "frozen": "mind",
}


def yuan(fen: int | None) -> str:
    """Write an amount of fen: ¥1,234.56. There may be none."""
    return NOTHING if fen is None else amounts.yuan(fen)


def money(field: str, text: Any) -> Any:
    """Make a column or line of an amount, sorted by it."""

    def shown(row: Any) -> str:
        return yuan(getattr(row, field))

    # The name becomes a class of the table's cells.
    shown.__name__ = f"{field}_shown"
    return admin.display(description=text, ordering=field)(shown)


@admin.display(description=_("id"), ordering="pk")
def own_id(row: Any) -> str:
    """Write a row's own id."""
    return str(row.pk)


def link(page: str, pk: Any, text: Any) -> SafeString:
    """Link to the page of a thing. `page` is "<app>_<model>"."""
    return format_html('<a class="text-link" href="{}">{}</a>', reverse(f"admin:{page}_change", args=[quote(pk)]), text)


def label(text: Any, tone: str = "plain") -> SafeString:
    """Write a word on a coloured ground."""
    return format_html('<span class="{} {}">{}</span>', LABEL, TONES[tone], text)


def status(row: Any) -> SafeString:
    """Write a thing's status in its colour."""
    return label(row.get_status_display(), TONE_OF.get(row.status, "plain"))


def sandbox_label() -> SafeString:
    """Write what stands beside everything that is not about real money."""
    return label(_("sandbox"), "mind")


def moment(at: datetime | None) -> str:
    """Write a time as lists do."""
    return str(display_for_value(at, NOTHING))


def first_id_since(at: datetime) -> UUID:
    """Give the smallest id (UUIDv7) that can have been made at a time.

    Every primary key is an index, so this finds the recent rows of a table of any size. A row is made at or after the
    time that it tells of: rows since then are all found, and old news booked late is found among them.
    """
    return UUID(int=int(at.timestamp() * 1000) << 80)
