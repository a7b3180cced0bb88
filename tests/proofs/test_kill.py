"""kill -9 of the server at six points around the commit: the same request afterwards has exactly one effect."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from groups.funding.models import Contribution
from groups.members.models import Group
from groups.spending.keys import sign
from groups.spending.models import Payment
from groups.spending.services import show_code
from tests.cast import Person, Shop, World, balance_of, money, pay_in
from tests.proofs.serve import POINTS
from wallet.api.models import StoredAnswer
from wallet.ledger.models import Entry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
COMMITTED = ("after_commit", "before_answer")


def post(url: str, body: bytes, headers: dict[str, str], point: str = "") -> httpx.Response | None:
    """Send a request; None when the server dies over it."""
    headers = {**headers, "Content-Type": "application/json", **({"X-Failpoint": point} if point else {})}
    try:
        return httpx.post(url, content=body, headers=headers, timeout=30, trust_env=False)
    except httpx.RemoteProtocolError:
        return None


def test_there_are_six_points_and_the_server_dies_at_none_by_itself(
    servers: list[str], group: Group, member: Person
) -> None:
    assert len(POINTS) == 6
    assert post(f"{servers[0]}/api/v1/groups", b"{}", {}, "no_such_point") is not None


@pytest.mark.parametrize("point", POINTS)
def test_a_contribution(servers: list[str], group: Group, member: Person, point: str) -> None:
    assert member.source is not None
    path = f"/api/v1/groups/{group.pk}/contributions"
    body = json.dumps({"source": str(member.source.pk), "amount": money(100_00)}).encode()
    headers = {"Authorization": f"Bearer {member.api.token}", "Idempotency-Key": f"killed-at-{point}"}
    assert post(servers[0] + path, body, headers, point) is None
    assert Contribution.objects.count() == StoredAnswer.objects.count() == (point in COMMITTED)

    first, second = (post(url + path, body, headers) for url in servers[:2])
    assert first is not None
    assert second is not None
    assert (first.status_code, first.content) == (201, second.content)
    assert ("Idempotent-Replayed" in first.headers) == (point in COMMITTED)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Contribution.objects.count() == StoredAnswer.objects.count() == 1


@pytest.mark.parametrize("point", POINTS)
def test_a_payment(servers: list[str], world: World, group: Group, member: Person, shop: Shop, point: str) -> None:
    pay_in(world, member, group, 100_00)
    now = datetime.now(UTC)
    code = show_code(actor=member.user, group_id=group.pk, now=now).digits
    asked = {
        "auth_code": code,
        "amount": money(30_00),
        "out_trade_no": point,
        "subject": "蔬菜",
        "category": "groceries",
    }
    body = json.dumps(asked).encode()
    headers = {"Merchant-Key": shop.api.key_id, "Merchant-Signature": sign(shop.api.secret, body, now)}
    path = "/api/v1/merchant/payments"
    assert post(servers[0] + path, body, headers, point) is None
    assert Payment.objects.count() == (point in COMMITTED)

    first, second = (post(url + path, body, headers) for url in servers[:2])
    assert first is not None
    assert second is not None
    assert (first.status_code, first.content) == (201, second.content)
    assert Payment.objects.count() == Entry.objects.filter(kind="payment").count() == 1
    assert balance_of(group) == 70_00
