"""Operators find events and change none of them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from groups.members.events import group_created
from tests.events.conftest import NOW, Readership, make_wallet, note, note_many
from wallet.events.kinds import get_kind
from wallet.identity.models import User
from wallet.ledger.models import Event, Wallet
from wallet.ledger.services import lock_wallet, record_event

PAGE = "/admin/ledger/event/"


@pytest.fixture
def root(client: Client, transactional_db: None) -> Client:
    client.force_login(User.objects.create_superuser("root", "correct horse battery", name="Root"))
    return client


def found(client: Client, **query: Any) -> int:
    response = client.get(PAGE, query)
    assert response.status_code == 200
    return int(response.context["cl"].result_count)


def test_events_are_found_by_wallet_and_by_kind(
    root: Client, member: User, wallet: Wallet, readership: Readership
) -> None:
    other = make_wallet(readership)
    note_many(wallet, 3)
    note(other)
    from django.db import transaction

    with transaction.atomic():
        where = {"time_zone": "Asia/Shanghai", "is_sandbox": False, "ends_on": None}
        draft = group_created(actor=member, name="家", scene="family", sharing_rule="equal", owner=member.pk, **where)
        record_event(wallet=lock_wallet(other.pk), event=draft, now=NOW)
    assert found(root) == 5
    assert found(root, q=str(wallet.pk)) == 3
    assert found(root, q=str(other.pk).upper()) == 2
    assert found(root, q="group_cr") == 1
    assert found(root, q="0193b0c2-3d5e-7c1a-9f00-5a1b2c3d4e5f") == 0
    assert found(root, kind="group_changed") == 4
    assert found(root, q="%' OR 1=1") == 0


def test_a_page_does_not_query_per_row(root: Client, wallet: Wallet) -> None:
    note(wallet)
    root.get(PAGE)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            root.get(PAGE)
        counts.append(len(queries))
        note_many(wallet, 30)
    assert counts[0] == counts[1] <= 8


def test_an_event_is_shown_and_cannot_be_changed(root: Client, wallet: Wallet) -> None:
    note(wallet, "家")
    event = Event.objects.get()
    page = root.get(f"{PAGE}{event.pk}/change/").content.decode()
    assert "家" in page
    assert str(wallet.pk) in page
    assert str(get_kind("group_changed").text) in page or "group_changed" in page
    for attempt in (
        root.get(f"{PAGE}add/"),
        root.post(f"{PAGE}{event.pk}/change/", {"kind": "x"}),
        root.post(f"{PAGE}{event.pk}/delete/", {"post": "yes"}),
    ):
        assert attempt.status_code == 403
    assert Event.objects.get().kind == "group_changed"
