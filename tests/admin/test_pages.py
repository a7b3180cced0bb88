"""Every page of the admin: it opens, in both languages, with as many queries for thirty rows as for three."""

import re

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
from wallet.identity.models import User

pytestmark = pytest.mark.django_db
OURS = ("wallet", "groups", "yields")
LINK = re.compile(r'href="((?:/admin/|\?)[^"#]*)"')
#: What leads from a secret's hash, or from a number that is searched elsewhere; sessions, whose keys log people in; and
#: PINs and proofs, of which the person's page says what there is to say.
NOT_SHOWN = {
    "members.invitationcode",
    # Shown on the page of what they belong to: votes, the rules of a group, and what took a day's allowance.
    "proposals.vote",
    "rules.spendinglimit",
    "rules.categoryblock",
    "rules.pause",
    "rules.approvaltier",
    "rules.spendingcounter",
    "yields.yieldpartition",
    "yields.fastcashout",
    "spending.codelead",
    "spending.tradenumber",
    "rails.transfernumber",
    "identity.loginsession",
    "identity.wsticket",
    "identity.paymentpin",
    "identity.pinresetcode",
    "identity.paymentproof",
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


def play(life: Life, operator: User, rounds: int) -> Client:
    """Let time pass; the operator logs in again after it."""
    life.play(rounds)
    life.sleep(rounds + 2)
    life.owe(rounds)
    life.reconcile(rounds)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(operator)
    return client


def test_no_page_asks_once_per_row(earning: Life, operator: User) -> None:
    root = play(earning, operator, 3)
    pages = list_pages()
    count_queries(root, pages)  # what is read once in a process, the content types, is read here
    few = count_queries(root, pages)
    root = play(earning, operator, 30)
    many = count_queries(root, pages)
    assert {name: (few[name], many[name]) for name in pages if few[name] != many[name]} == {}
    assert max(many.values()) <= 30


def test_every_page_speaks_both_languages(earning: Life, operator: User) -> None:
    root = play(earning, operator, 2)
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


def test_search_opens_on_every_list(earning: Life, operator: User) -> None:
    root = play(earning, operator, 1)
    terms = ["13800000001", str(earning.group.pk), "%' OR 1=1"]
    for model in admin.site._registry:
        for term in terms:
            response = root.get(reverse(f"admin:{name_of(model)}_changelist"), {"q": term})
            assert response.status_code == 200, (name_of(model), term)


def shape_of(link: str) -> tuple[str, ...]:
    """Tell links apart by their path and parameters, not by what these are."""
    path, _mark, query = link.partition("?")
    kinds = re.sub(r"/[^/]+/(change|history|delete)/", r"/\1/", path)
    return kinds, *sorted(part.split("=")[0] for part in query.split("&amp;"))


def test_every_filter_and_every_link_leads_somewhere(earning: Life, operator: User) -> None:
    root = play(earning, operator, 2)
    links: dict[tuple[str, ...], str] = {}
    for url in list_pages().values():
        page = root.get(url).content.decode()
        found = [
            url + link if link.startswith("?") else link for link in re.findall(r'href="((?:/admin/|\?)[^"#]*)"', page)
        ]
        links |= {shape_of(link): link for link in found if link != "/admin/logout/"}
    assert len(links) > 150
    for link in links.values():
        assert root.get(link.replace("&amp;", "&")).status_code == 200, link


def test_who_was_given_nothing_sees_nothing(earning: Life, operator: User, nobody: Client) -> None:
    play(earning, operator, 2)
    for name, url in list_pages().items():
        assert nobody.get(url).status_code == (200 if name == "index" else 403), name
    assert "¥" not in nobody.get(reverse("admin:index")).content.decode()
