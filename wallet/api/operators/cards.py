"""The figures of the operators' first page. Each room says what it has to show there, and each asks for little.

A card costs a fixed number of queries over few rows, however much there is: what was today is found by its id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from wallet.api.operators.links import may_view


@dataclass(frozen=True, slots=True)
class Figure:
    """What a card says: one figure, and a line about it."""

    figure: Any
    line: Any = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One card, and where it leads."""

    title: Any
    page: str
    query: str
    figure: Callable[[datetime, datetime], Figure]


_cards: list[Card] = []


def card(title: Any, page: str, figure: Callable[[datetime, datetime], Figure], query: str = "") -> None:
    """Put a card on the first page. `figure` is asked with the moment and the midnight before it."""
    _cards.append(Card(title, page, query, figure))


def show_cards(request: HttpRequest, now: datetime, midnight: datetime) -> Sequence[dict[str, Any]]:
    """Show the cards that this operator may see."""
    return [
        {
            "title": card.title,
            "room": card.page.split("_")[0],
            "href": f"{reverse(f'admin:{card.page}_changelist')}{card.query}",
            "figure": card.figure(now, midnight),
        }
        for card in _cards
        if may_view(request, card.page)
    ]
