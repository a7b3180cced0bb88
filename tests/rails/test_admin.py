"""Operators explain on a difference's page why the books differ, and collect claims in their list; nothing else."""

from datetime import date, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from groups.funding.models import Claim
from groups.funding.services import withdraw
from groups.members.models import Group
from tests.cast import Person, World, link, pay_in, stakes_of, yuan
from tests.rails.bank import START
from wallet.identity.models import User
from wallet.rails.adapters import base
from wallet.rails.models import Difference
from wallet.rails.reconciling import reconcile

DIFFERENCES, RUNS, CLAIMS = "/admin/rails/difference/", "/admin/rails/reconciliationrun/", "/admin/funding/claim/"


def log_in(*rights: str) -> Client:
    """Let an operator with some rights log in."""
    operator = User.objects.create_user(f"operator {len(rights)}", is_staff=True)
    operator.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(operator)
    return client


@pytest.fixture
def difference(world: World, group: Group, monkeypatch: pytest.MonkeyPatch) -> Difference:
    at = START - timedelta(days=1)
    line = base.StatementLine("SB1", "RENT", "card", "payout", 1, "settled", at)
    monkeypatch.setattr(type(world.bank.adapter), "fetch_statement", lambda *_: [line])
    reconcile(rail="sandbox", day=date(2026, 11, 1), now=world.now)
    return Difference.objects.get()


def test_a_difference_is_explained_on_its_page(world: World, difference: Difference) -> None:
    client = log_in("explain_difference", "view_reconciliationrun")
    assert "1 to explain" in client.get(RUNS).content.decode()
    page = f"{DIFFERENCES}{difference.pk}/change/"
    assert 'name="why"' in client.get(page).content.decode()
    assert "¥0.01" in client.get(page).content.decode()
    assert client.post(page, {"why": ""}).status_code == 200
    assert client.post(page, {"why": "房东的账号写错了"}).status_code == 302
    difference.refresh_from_db()
    assert (difference.explanation, difference.explained_by) == ("房东的账号写错了", User.objects.get(is_staff=True))
    shown = client.get(page).content.decode()
    assert "房东的账号写错了" in shown
    assert 'name="why"' not in shown
    assert client.post(page, {"why": "别的"}).status_code == 403
    assert "agrees" in client.get(RUNS).content.decode()
    assert str(difference.pk) not in client.get(DIFFERENCES, {"open": "1"}).content.decode()


def test_who_only_looks_explains_nothing(world: World, difference: Difference) -> None:
    client = log_in("view_difference")
    page = f"{DIFFERENCES}{difference.pk}/change/"
    assert 'name="why"' not in client.get(page).content.decode()
    assert client.post(page, {"why": "x"}).status_code == 403
    difference.refresh_from_db()
    assert difference.explained_at is None


def test_a_claim_is_collected_from_the_list(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, yuan(10))
    assert member.source is not None
    for source, seconds in ((link(member, "late_success", now=world.now), 10), (member.source, 70)):
        withdraw(actor=member.user, group_id=group.pk, source_id=source.pk, amount=yuan(10), now=world.now)
        world.wait(seconds)
    claim = Claim.objects.get()
    asked = {"action": "collect", "_selected_action": [str(claim.pk)]}

    def act(client: Client) -> str:
        return unescape(client.post(CLAIMS, asked, follow=True).content.decode())

    assert "Nothing is owed any more, or there is nothing in the stake." in act(log_in("collect_claim"))
    pay_in(world, member, group, yuan(12))
    act(log_in("view_claim", "view_difference"))
    assert stakes_of(group)["王芳"] == yuan(12)
    client = log_in("collect_claim", "view_claim", "view_entry")
    assert "¥10.00 collected." in act(client)
    assert stakes_of(group)["王芳"] == yuan(2)
    assert f"claim:{claim.pk}:1000" in client.get(f"{CLAIMS}{claim.pk}/change/").content.decode()
