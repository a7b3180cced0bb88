"""Nobody writes the books by hand, a superuser no more than anybody; nor anything else that services write."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.admin.conftest import Life
from wallet.api.operators.shown import yuan
from wallet.ledger.models import Entry, Posting
from wallet.ledger.selectors import list_stakes

pytestmark = pytest.mark.django_db
BOOKS = ["ledger_wallet", "ledger_account", "ledger_entry", "ledger_posting", "ledger_event", "api_storedanswer"]
MONEY = [
    "funding_contribution",
    "funding_withdrawal",
    "spending_payment",
    "spending_refund",
    "spending_paymentcode",
    "rails_transfer",
    "rails_fundingsource",
    "rails_railnotice",
    "members_group",
    "members_membership",
    "members_invitation",
]


def snapshot() -> dict[str, Any]:
    """Read every table whole, but for what logging in and looking around writes."""
    tables = [table for table in connection.introspection.table_names() if "session" not in table]
    with connection.cursor() as cursor:
        rows = {}
        for table in tables:
            cursor.execute(f"SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM \"{table}\" t")
            rows[table] = cursor.fetchone()
    return rows


def model_named(name: str) -> Any:
    return next(model for model in admin.site._registry if name == f"{model._meta.app_label}_{model._meta.model_name}")


def test_posting_changes_nothing(life: Life, root: Client) -> None:
    life.play(2)
    before = snapshot()
    for name in BOOKS + MONEY:
        row = model_named(name).objects.first()
        everything = {field.name: "1" for field in row._meta.fields} | {"_save": "Save", "post": "yes"}
        for page, args in (("add", []), ("change", [quote(row.pk)]), ("delete", [quote(row.pk)])):
            url = reverse(f"admin:{name}_{page}", args=args)
            assert root.post(url, everything).status_code == 403, url
            assert page == "change" or root.get(url).status_code == 403, url
        changelist, chosen = reverse(f"admin:{name}_changelist"), {"_selected_action": [str(row.pk)], "post": "yes"}
        for action in ("delete_selected", "issue", "revoke"):
            root.post(changelist, {"action": action, **chosen})
        edited = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(row.pk), "_save": "1"}
        root.post(changelist, edited)
    assert snapshot() == before


def test_nothing_to_write_with_is_offered(life: Life, root: Client) -> None:
    life.play(2)
    for name in BOOKS + MONEY:
        row = model_named(name).objects.first()
        for url in (reverse(f"admin:{name}_change", args=[quote(row.pk)]), reverse(f"admin:{name}_changelist")):
            page = root.get(url).content.decode()
            for tool in ('name="_save"', 'name="action"', "/delete/", f"/{name.replace('_', '/')}/add/"):
                assert tool not in page, (url, tool)


def test_entry_shows_debit_and_credit_and_no_sign(life: Life, root: Client) -> None:
    life.play(1)
    entry = Entry.objects.filter(kind="payment").get()
    page = root.get(reverse("admin:ledger_entry_change", args=[entry.pk])).content.decode()
    lines = Posting.objects.filter(entry=entry)
    assert {line.amount for line in lines} >= {1234}
    assert page.count("¥12.34") == 3  # MERCHANT's credit, and the sum of either side
    assert "-¥" not in page
    assert "-1234" not in page


def test_wallet_shows_its_accounts_by_sides(life: Life, root: Client) -> None:
    page = root.get(reverse("admin:ledger_wallet_change", args=[life.group.pk])).content.decode()
    assert "¥1,234.56 debit" in page  # RAIL: what came in from outside
    assert page.count("¥1,234.56") >= 3
    assert "-¥" not in page


def test_group_page_shows_its_people_stakes_and_last_entries(life: Life, root: Client) -> None:
    life.play(2)
    page = root.get(reverse("admin:members_group_change", args=[life.group.pk])).content.decode()
    for text in ("张伟", "成员0", "成员1", "+86138****0001", "Sandbox: nothing here is real money."):
        assert text in page, text
    assert "13800000001" not in page
    for stake in list_stakes(life.group.pk):
        assert yuan(stake.balance) in page
    for leads_to in ("spending_payment", "ledger_entry", "funding_withdrawal", "rails_transfer", "ledger_event"):
        assert reverse(f"admin:{leads_to}_changelist") in page


def test_sandbox_is_marked_in_lists(life: Life, root: Client) -> None:
    life.play(1)
    for name in ("members_group", "spending_payment", "ledger_entry", "spending_merchant", "funding_contribution"):
        assert ">sandbox<" in root.get(reverse(f"admin:{name}_changelist")).content.decode(), name


def test_phone_is_found_whole_and_shown_masked(life: Life, root: Client) -> None:
    life.play(2)
    for name in ("members_membership", "spending_payment", "funding_contribution", "members_group"):
        url = reverse(f"admin:{name}_changelist")
        found = root.get(url, {"q": "139 0000 0000"}).content.decode()
        assert ("成员0" in found, "成员1" in found, "13900000000" in found) == (True, False, False), name
        assert "成员" not in root.get(url, {"q": "0000"}).content.decode(), name
