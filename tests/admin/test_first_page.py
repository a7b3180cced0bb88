"""The first page says what happened today, and leads to it."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from groups.funding.services import contribute
from tests.admin.conftest import Life
from tests.cast import link
from wallet.identity.models import User

pytestmark = pytest.mark.django_db


def test_figures_of_today(life: Life, root: Client) -> None:
    life.play(2)
    card = link(life.owner, "settles", now=life.world.now)
    contribute(actor=life.owner.user, group_id=life.group.pk, source_id=card.pk, amount=7_77, now=life.world.now)
    page = root.get("/admin/").content.decode()
    assert "¥24.68" in page  # two payments of 12.34
    assert "2 paid, 0 refused" in page
    assert "¥1,434.67" in page  # 1,234.56 and 100.00 and 100.01, and 0.05 twice
    assert "5 settled, 0 failed" in page
    assert "¥7.77, 0 of them unknown" in page
    assert "/admin/rails/transfer/?open=1" in page
    assert "Open disputes" in page
    assert "0 of them end within a day" in page
    assert "/admin/disputes/dispute/?status__exact=open" in page


def test_every_list_is_in_the_sidebar(root: Client) -> None:
    page = root.get("/admin/").content.decode()
    lists = [reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist") for model in admin.site._registry]
    assert [each for each in lists if f'href="{each}"' not in page.partition('id="content"')[0]] == []


def test_whoever_logs_in_is_led_there(db: None) -> None:
    User.objects.create_superuser("chief", "correct horse battery")
    answer = Client().post("/admin/login/", {"username": "chief", "password": "correct horse battery"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_yesterday_is_not_today(life: Life, root: Client) -> None:
    life.world.wait(24 * 3600)
    page = root.get("/admin/").content.decode()
    assert "0 settled, 0 failed" in page


def test_disputes_that_end_soon_are_minded(life: Life, root: Client) -> None:
    life.play(2)
    life.world.wait(13 * 24 * 3600)
    root.force_login(User.objects.get(username="root"))
    assert "2 of them end within a day" in root.get("/admin/").content.decode()


def test_only_what_one_may_look_at(life: Life) -> None:
    looking = User.objects.create_user("looking", "correct horse battery", is_staff=True)
    looking.user_permissions.set(Permission.objects.filter(codename="view_transfer"))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(looking)
    page = client.get("/admin/").content.decode()
    assert "Transfers on their way" in page
    assert "Payments today" not in page
    assert "/admin/spending/payment/" not in page


def test_language_is_switched_on_the_page(root: Client) -> None:
    assert "Transfers on their way" in root.get("/admin/").content.decode()
    answer = root.post("/admin/language/setlang/", {"language": "zh-hans", "next": "/admin/"}, follow=True)
    assert "在途划转" in answer.content.decode()
    assert "在途划转" in root.get("/admin/").content.decode()
