"""Every page of the admin: it opens, in both languages, with as many queries for thirty rows as for three."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.admin.conftest import Life

pytestmark = pytest.mark.django_db
OURS = ("wallet", "groups", "yields")
#: What leads from a secret's hash, or from a number that is searched elsewhere; and sessions, whose keys log people in.
NOT_SHOWN = {
    "members.invitationcode",
    "spending.codelead",
    "spending.tradenumber",
    "rails.transfernumber",
    "identity.loginsession",
    "identity.wsticket",
}


def name_of(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def list_pages() -> dict[str, str]:
    """List every list and, of every table, the page of its oldest row."""
    pages = {"index": reverse("admin:index")}
    for model in admin.site._registry:
        pages[f"{name_of(model)} list"] = reverse(f"admin:{name_of(model)}_changelist")
        first = model._default_manager.order_by("pk").first()
        assert first is not None, f"no row of {name_of(model)} was made: let tests.admin.conftest.Life make some"
        pages[f"{name_of(model)} page"] = reverse(f"admin:{name_of(model)}_change", args=[quote(first.pk)])
    return pages


def count_queries(client: Client, pages: dict[str, str], language: str = "en") -> dict[str, int]:
    counts = {}
    for name, url in pages.items():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.get(url, headers={"Accept-Language": language})
        assert response.status_code == 200, (name, url, response.status_code)
        counts[name] = len(queries)
    return counts


def test_no_page_asks_once_per_row(life: Life, root: Client) -> None:
    life.play(3)
    pages = list_pages()
    count_queries(root, pages)  # what is read once in a process, the content types, is read here
    few = count_queries(root, pages)
    life.play(30)
    many = count_queries(root, pages)
    assert {name: (few[name], many[name]) for name in pages if few[name] != many[name]} == {}
    assert max(many.values()) <= 25


def test_every_page_speaks_both_languages(life: Life, root: Client) -> None:
    life.play(2)
    for name, url in list_pages().items():
        pages = {
            language: root.get(url, headers={"Accept-Language": language}).content.decode() for language in ("en", "zh")
        }
        assert '<html lang="en"' in pages["en"], name
        assert '<html lang="zh-hans"' in pages["zh"], name
        assert re.search("[群组成员账户记录]", pages["zh"]), name


def test_every_table_is_shown_or_has_a_reason() -> None:
    ours = {model for model in apps.get_models() if model.__module__.split(".")[0] in OURS}
    missing = {model._meta.label_lower for model in ours - set(admin.site._registry)}
    assert missing == NOT_SHOWN


def test_search_opens_on_every_list(life: Life, root: Client) -> None:
    life.play(1)
    terms = ["张伟", "13800000001", str(life.group.pk), "trade-1", "%", "' OR 1=1"]
    for model in admin.site._registry:
        for term in terms:
            response = root.get(reverse(f"admin:{name_of(model)}_changelist"), {"q": term})
            assert response.status_code == 200, (name_of(model), term)


def filters_of(page: Any) -> list[str]:
    return re.findall(r'href="(\?[^"]+)"', page.content.decode())


def test_every_filter_opens(life: Life, root: Client) -> None:
    life.play(1)
    for model in admin.site._registry:
        url = reverse(f"admin:{name_of(model)}_changelist")
        for query in filters_of(root.get(url)):
            assert root.get(url + query.replace("&amp;", "&")).status_code == 200, (url, query)


def test_every_link_leads_somewhere(life: Life, root: Client) -> None:
    life.play(2)
    seen: set[str] = set()
    for url in list_pages().values():
        page = root.get(url).content.decode()
        seen |= {link.replace("&amp;", "&") for link in re.findall(r'href="(/admin/[^"#]+)"', page)}
    assert len(seen) > 100
    for link in seen - {link for link in seen if "logout" in link}:
        assert root.get(link).status_code == 200, link


def test_who_was_given_nothing_sees_nothing(life: Life, nobody: Client) -> None:
    life.play(2)
    for name, url in list_pages().items():
        assert nobody.get(url).status_code == (200 if name == "index" else 403), name
    assert "¥" not in nobody.get(reverse("admin:index")).content.decode()
