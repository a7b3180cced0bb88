"""Operators enter merchants and give them keys; a secret is seen once."""

from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from groups.spending.models import Merchant, MerchantKey
from tests.admin.conftest import Life
from tests.cast import ShopApi, money, show_code
from wallet.identity.models import User

pytestmark = pytest.mark.django_db
MERCHANTS, KEYS = "/admin/spending/merchant/", "/admin/spending/merchantkey/"


def enter(client: Client, name: str = "咖啡馆") -> Merchant:
    answer = client.post(reverse("admin:spending_merchant_add"), {"name": name, "category": "cafe", "is_sandbox": "on"})
    assert answer.status_code == 302, answer.context["errors"]
    return Merchant.objects.get(name=name)


def act(client: Client, url: str, action: str, *keys: object) -> str:
    answer = client.post(url, {"action": action, "_selected_action": [str(key) for key in keys]}, follow=True)
    return unescape(answer.content.decode())


def test_merchant_is_entered_by_the_service(root: Client) -> None:
    merchant = enter(root)
    assert (merchant.category, merchant.is_sandbox, merchant.is_active) == ("cafe", True, True)
    assert root.post(f"{MERCHANTS}{merchant.pk}/change/", {"name": "x"}).status_code == 403
    assert root.post(f"{MERCHANTS}{merchant.pk}/delete/", {"post": "yes"}).status_code == 403


def test_key_signs_from_being_issued_until_being_revoked(life: Life, root: Client) -> None:
    merchant = enter(root)
    page = act(root, MERCHANTS, "issue", merchant.pk)
    key = MerchantKey.objects.get(merchant=merchant)
    secret = page.split(f"{key.key_id}, secret ")[1].split(". ")[0]
    api = ShopApi(key.key_id, secret)
    asked = {"amount": money(1_00), "subject": "咖啡", "category": "cafe"}
    code = show_code(life.owner, life.group)
    api.post("/merchant/payments", {**asked, "auth_code": code, "out_trade_no": "c-1"}).expect(201)
    assert "1 key was revoked" in act(root, KEYS, "revoke", key.pk)
    code = show_code(life.owner, life.group)
    api.post("/merchant/payments", {**asked, "auth_code": code, "out_trade_no": "c-2"}).expect(401)


def test_secret_is_shown_once_and_stands_nowhere(root: Client) -> None:
    merchant = enter(root)
    page = act(root, MERCHANTS, "issue", merchant.pk)
    key = MerchantKey.objects.get(merchant=merchant)
    secret = page.split(f"{key.key_id}, secret ")[1].split(". ")[0]
    assert secret.encode() not in bytes(key.secret_encrypted)
    for url in (MERCHANTS, KEYS, f"{MERCHANTS}{merchant.pk}/change/", "/admin/"):
        assert secret not in root.get(url).content.decode()


def test_one_key_at_a_time(root: Client) -> None:
    page = act(root, MERCHANTS, "issue", enter(root, "a").pk, enter(root, "b").pk)
    assert "Choose one merchant." in page
    assert not MerchantKey.objects.exists()


def test_who_may_only_look_issues_and_revokes_nothing(root: Client) -> None:
    merchant = enter(root)
    act(root, MERCHANTS, "issue", merchant.pk)
    looking = User.objects.create_user("looking", "correct horse battery", is_staff=True)
    looking.user_permissions.set(Permission.objects.filter(codename__in=["view_merchant", "view_merchantkey"]))
    client = Client()
    client.force_login(looking)
    act(client, MERCHANTS, "issue", merchant.pk)
    act(client, KEYS, "revoke", MerchantKey.objects.get().pk)
    assert MerchantKey.objects.get().revoked_at is None
    assert client.post(reverse("admin:spending_merchant_add"), {"name": "x", "category": "y"}).status_code == 403
