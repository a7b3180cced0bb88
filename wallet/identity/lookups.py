"""How operators find what belongs to a person, and how a person is written on their pages: by name, never by number."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.pages import Book, LookUp, either
from wallet.api.operators.shown import NOTHING, link
from wallet.identity.models import User
from wallet.identity.phones import parse_phone

HELP = _("An id, a whole phone number, or the beginning of a person's name")


def matching_people(term: str) -> Q:
    """Match people by a whole phone number, however it is written, or by the beginning of a name."""
    named = Q(name__startswith=term) | Q(username=term)
    return named | Q(phone=phone) if (phone := parse_phone(term)) else named


def person(field: str, text: Any) -> Any:
    """Make a column of people, each leading to their page."""

    def shown(row: Any) -> SafeString | str:
        user = getattr(row, field)
        return link("identity_user", user.pk, user) if user else NOTHING

    shown.__name__ = f"{field}_shown"
    return admin.display(description=text, ordering=f"{field}__name")(shown)


class PeopleLookUp(LookUp):
    """A table about people, who are searched for as well."""

    #: Foreign keys to people.
    people: Sequence[str] = ["user"]
    search_help_text: Any = HELP

    def matches(self, term: str) -> Q:
        found = User.objects.filter(matching_people(term)).values("pk")
        return super().matches(term) | either({f"{field}__in": found for field in self.people})


class PeopleBook(PeopleLookUp, Book):
    """A book about people."""
