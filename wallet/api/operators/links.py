"""From one thing to all others of the same wallet, person or merchant.

A room says in its `admin.py` what it has about a wallet, and the pages of every other room lead there, those of lower
rooms too, which need not know that it exists. The same holds for the words by which entries and transfers are called,
and for what their references lead to. An operator sees only what they may look at.
"""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

#: What pages are about, and the parameters by which lists are narrowed to one of it.
ABOUT = {"wallet": _("This group"), "person": _("This person"), "merchant": _("This merchant")}
NARROWED_BY = {"wallet": "wallet", "wallet_id": "wallet", "group": "wallet", "user": "person", "merchant": "merchant"}
NARROWED_BY |= {"holder": "person", "source__user": "person"}


@dataclass(frozen=True, slots=True)
class Page:
    """A list narrowed by a parameter; or, without one, the thing's own page, which has the same key."""

    name: str
    by: str
    place: int

    def url(self, pk: Any) -> str:
        if not self.by:
            return reverse(f"admin:{self.name}_change", args=[quote(pk)])
        return f"{reverse(f'admin:{self.name}_changelist')}?{self.by}={pk}"


_pages: dict[str, list[Page]] = {about: [] for about in ABOUT}
_kinds: dict[str, Any] = {}
_references: dict[str, str] = {}
_faces: list[str] = []


def lead(about: str, name: str, by: str = "", place: int = 50) -> None:
    """Lead from everything about a wallet, person or merchant to a page ("<app>_<model>") of this room.

    Without `by` it is the thing's own page. They stand in the order of their places.
    """
    _pages[about].append(Page(name, by, place))
    _pages[about].sort(key=lambda page: page.place)


def list_links(request: HttpRequest, about: str, pk: Any, here: str) -> list[dict[str, Any]]:
    """List where to go from here, as far as this operator may."""
    links = []
    for page in _pages[about]:
        model = model_of(page.name)
        if admin.site.is_registered(model) and admin.site.get_model_admin(model).has_view_permission(request):
            text = model._meta.verbose_name_plural if page.by else model._meta.verbose_name
            links.append({"text": text, "url": page.url(pk), "here": page.name == here})
    return links


def may_view(request: HttpRequest, name: str) -> bool:
    """Say whether the operator may look at a model ("<app>_<model>")."""
    return bool(admin.site.get_model_admin(model_of(name)).has_view_permission(request))


def model_of(name: str) -> type[Model]:
    """Find the model of a page ("<app>_<model>")."""
    return apps.get_model(name.replace("_", ".", 1))


def call_kind(kind: str, text: Any) -> None:
    """Say what a kind of entry or a purpose of a transfer is called."""
    _kinds[kind] = text


def list_kinds() -> list[tuple[str, Any]]:
    """List the kinds that have been named."""
    return sorted(_kinds.items())


def name_of_kind(kind: str) -> str:
    """Name a kind of entry or a purpose of a transfer."""
    return str(_kinds.get(kind, kind))


def lead_reference(prefix: str, name: str) -> None:
    """Lead from references `<prefix>:<id>[:…]` to the page ("<app>_<model>") of what they stand for."""
    _references[prefix] = name


def page_of_reference(prefix: str) -> str | None:
    """Find the page to which references of this prefix lead."""
    return _references.get(prefix)


def face_wallets(relation: str) -> None:
    """Say which relation of a wallet has the name that people know it by, and whether it is a sandbox."""
    _faces[:] = [relation]


def list_faces(path: str = "") -> list[str]:
    """List what a query must fetch along so that the wallets under a path can be named."""
    return [f"{path}__{face}" if path else face for face in _faces] or ([path] if path else [])


def face_of(wallet: Any) -> Any:
    """Find what a wallet is known by."""
    return next((face for relation in _faces if (face := getattr(wallet, relation, None))), None)
