"""Many at once against a limit: exactly as many pass as it allows, over four servers, whichever limits hold.

Then the guards are taken away. No constraint knows a limit, because limits are lowered below what was spent: the
wallet's lock is the one guard, and without it two pass where one may. The counters still tell the truth.
"""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from django.utils import timezone

from groups.funding.models import Withdrawal
from groups.funding.services import withdraw_shared
from groups.members.models import Group
from groups.rules.errors import LimitExceeded
from groups.rules.models import SpendingCounter
from groups.rules.selectors import read_rules
from groups.spending.models import ApprovedPayment, Payment, PaymentCode
from groups.spending.services import Charge, Charged, charge, show_code
from groups.spending.till import read_till
from tests.cast import Person, Shop, World, agree, balance_of, join, meet, money, pay_in, settle_on
from tests.clients import API
from tests.proofs.crowd import MeetingPoint, at_once, kinds, take_lock_off

pytestmark = pytest.mark.django_db(transaction=True)
SMALL, WHOLE = 40, 200
EACH = 10_00
AGAIN_MAX = 20


@pytest.fixture
def crowd(world: World, group: Group, owner: Person, member: Person, settings: Any) -> list[Person]:
    """Four who may spend, with 4,000.00 each; no amount needs an approval, and a PIN can be typed often beforehand."""
    settings.PIN_PROOFS_PER_DEVICE_MAX = WHOLE
    guests = [meet(f"客{n}", f"+8613811110{n:03}", now=world.now) for n in range(2)]
    for guest in guests:
        join(group, owner, guest, now=world.now)
    people = [owner, member, *guests]
    for person in people:
        pay_in(world, person, group, 4_000_00)
    settle_on(owner, group, "change_voting", {"tiers": [], "part_percent": 50, "objection_hours": 24})
    return people


def have(group: Group, owner: Person, **limits: int) -> None:
    """Let everybody agree on limits (fen)."""
    for limit, amount in limits.items():
        settle_on(owner, group, "set_limit", {"limit": limit, "amount": money(amount), "user": None})


# --- over real servers ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Ask:
    """A request that is ready to be sent: one payment, or one transfer out."""

    path: str
    headers: dict[str, str]
    body: bytes


def ask_payments(group: Group, people: Sequence[Person], shop: Shop, count: int) -> list[Ask]:
    """Let people show codes in turn, all of them good at once, and the shop sign a charge of each."""
    codes = [show_code(actor=people[n % len(people)].user, group_id=group.pk, now=timezone.now()) for n in range(count)]
    # A member shows one code at a time; so many at once are only to be had by hand.
    PaymentCode.objects.filter(group=group).update(expires_at=timezone.now() + timedelta(minutes=10))
    asks = []
    for n, code in enumerate(codes):
        asked = {"auth_code": code.digits, "amount": money(EACH), "out_trade_no": f"storm-{n}", "subject": "蔬菜"}
        body = json.dumps(asked).encode()
        asks.append(Ask("/merchant/payments", shop.api.sign(body), body))
    return asks


def ask_transfers(group: Group, people: Sequence[Person], count: int) -> list[Ask]:
    """Let people type their PINs, each for a transfer that all shall bear."""
    path, asks = f"/groups/{group.pk}/withdrawals", []
    for n in range(count):
        person = people[n % len(people)]
        assert person.source is not None
        asked = {"source": str(person.source.pk), "amount": money(EACH), "borne_by": "group", "memo": "房租"}
        headers = {
            "Authorization": f"Bearer {person.api.token}",
            "Payment-Proof": person.api.prove("POST", path, asked),
            "Idempotency-Key": uuid.uuid4().hex,
        }
        asks.append(Ask(path, headers, json.dumps(asked).encode()))
    return asks


async def send(client: httpx.AsyncClient, url: str, ask: Ask) -> str:
    """Send a request until it is told something; say what."""
    for _ in range(AGAIN_MAX):
        headers = {**ask.headers, "Content-Type": "application/json"}
        answer = await client.post(url + API + ask.path, content=ask.body, headers=headers)
        if answer.status_code != 409:  # another was in the way for too long
            return "passed" if answer.status_code == 201 else f"{answer.status_code} {answer.json()['code']}"
    return "never told"


def storm(urls: list[str], asks: Sequence[Ask]) -> Counter[str]:
    """Send them all at once, over all servers in turn; count what was said."""

    async def send_all() -> list[str]:
        limits = httpx.Limits(max_connections=len(asks), max_keepalive_connections=0)
        async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
            return await asyncio.gather(*(send(client, urls[n % len(urls)], ask) for n, ask in enumerate(asks)))

    return Counter(asyncio.run(send_all()))


def weather(
    scope: str, count: int, servers: list[str], world: World, group: Group, crowd: list[Person], shop: Shop
) -> None:
    """Let `count` of 10.00 each come at once, half of which the limits of the scope allow."""
    cap, before = count // 2 * EACH, balance_of(group)
    # The servers live by the real clock.
    world.bank.now = datetime.now(UTC)
    match scope:
        case "member":
            have(group, crowd[0], member_month=cap)
            asks = ask_payments(group, crowd[1:2], shop, count)
        case "group":
            have(group, crowd[0], group_month=cap)
            asks = ask_payments(group, crowd, shop, count)
        case _:  # all limits, and every fourth is a transfer out of the pool
            have(group, crowd[0], payment=EACH, member_month=cap * 3 // 10, group_month=cap)
            paid, sent = ask_payments(group, crowd, shop, count - count // 4), ask_transfers(group, crowd, count // 4)
            asks = [ask for four in zip(paid[::3], paid[1::3], paid[2::3], sent, strict=True) for ask in four]
    start = datetime.now(UTC)
    told = storm(servers, asks)
    seconds = (datetime.now(UTC) - start).total_seconds()
    print(f"{scope}: {count} over {len(servers)} servers in {seconds:.1f} s: {dict(told)}")

    assert told == {"passed": count // 2, "422 limit_exceeded": count - count // 2}
    assert balance_of(group) == before - cap
    of_members = SpendingCounter.objects.filter(group=group, member__isnull=False).values_list("spent", flat=True)
    assert counted(group) == sum(of_members) == cap
    allowed = cap * 3 // 10 if scope == "mixed" else cap
    assert max(of_members) <= allowed
    left = Withdrawal.objects.filter(group=group, status="requested").count()
    assert Payment.objects.filter(group=group, status="settled").count() + left == count // 2


@pytest.mark.processes
@pytest.mark.parametrize("servers", [4], indirect=True, ids=["4"])
@pytest.mark.parametrize("scope", ["member", "group", "mixed"])
def test_exactly_as_many_pass_as_the_limit_allows(
    scope: str, servers: list[str], world: World, group: Group, crowd: list[Person], shop: Shop
) -> None:
    weather(scope, SMALL, servers, world, group, crowd, shop)


@pytest.mark.proof
@pytest.mark.processes
@pytest.mark.parametrize("servers", [4], indirect=True, ids=["4"])
@pytest.mark.parametrize("scope", ["member", "group", "mixed"])
def test_of_two_hundred_a_hundred_pass(
    scope: str, servers: list[str], world: World, group: Group, crowd: list[Person], shop: Shop
) -> None:
    weather(scope, WHOLE, servers, world, group, crowd, shop)


# --- without the guard ------------------------------------------------------------------------------------------------
LIMITS = [{"group_month": 100_00}, {"member_month": 100_00}]


def race_to_pay(
    group: Group, payers: Sequence[Person], shop: Shop, monkeypatch: pytest.MonkeyPatch, amount: int = 60_00
) -> dict[str, int]:
    """Two payments, each of which has read what is left before the other one writes."""
    monkeypatch.setattr("groups.spending.services.charging.read_till", MeetingPoint(2).after(read_till))
    now = timezone.now()
    codes = [show_code(actor=payer.user, group_id=group.pk, now=now).digits for payer in payers]
    PaymentCode.objects.filter(group=group).update(expires_at=now + timedelta(minutes=1))
    asked = [Charge(code, amount, f"n-{n}", "蔬菜", "groceries") for n, code in enumerate(codes)]
    outcomes = at_once([partial(charge, merchant=shop.merchant, asked=each, now=now) for each in asked])
    return Counter(
        each.payment.refusal_code or "paid" if isinstance(each, Charged) else type(each).__name__ for each in outcomes
    )


def counted(group: Group) -> int:
    return SpendingCounter.objects.get(group=group, member=None).spent


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_two_payments_do_not_share_an_allowance(
    group: Group, crowd: list[Person], shop: Shop, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    have(group, crowd[0], **limits)
    assert race_to_pay(group, [crowd[0], crowd[0]], shop, monkeypatch) == {"paid": 1, "limit_exceeded": 1}
    assert counted(group) == 60_00


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_without_the_lock_they_do(
    group: Group, crowd: list[Person], shop: Shop, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    take_lock_off(monkeypatch)
    have(group, crowd[0], **limits)
    assert race_to_pay(group, [crowd[0], crowd[0]], shop, monkeypatch) == {"paid": 2}
    assert counted(group) == 120_00, "more than was allowed, and counted to the fen all the same"


def test_without_the_lock_a_new_month_is_begun_once(
    group: Group, crowd: list[Person], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who count first in a month make one counter of it: that, the database holds."""
    take_lock_off(monkeypatch)
    assert race_to_pay(group, crowd[:2], shop, monkeypatch) == {"paid": 2}
    spent = dict(SpendingCounter.objects.filter(group=group).values_list("member", "spent"))
    assert spent == {None: 120_00, crowd[0].id: 60_00, crowd[1].id: 60_00}


def race_to_take(group: Group, people: Sequence[Person], monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Two transfers out, each of which has read what is left before the other one counts."""
    monkeypatch.setattr("groups.funding.services.shared.read_rules", MeetingPoint(2).after(read_rules))
    takes = []
    for person in people:
        assert person.source is not None
        take = partial(withdraw_shared, actor=person.user, group_id=group.pk, source_id=person.source.pk)
        takes.append(partial(take, amount=60_00, memo="", now=timezone.now()))
    return kinds(at_once(takes))


def test_two_transfers_do_not_share_an_allowance(
    group: Group, crowd: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    have(group, crowd[0], group_month=100_00)
    assert race_to_take(group, crowd[:2], monkeypatch) == {Withdrawal.__name__: 1, LimitExceeded.__name__: 1}
    assert counted(group) == 60_00


def test_without_the_lock_two_transfers_do(group: Group, crowd: list[Person], monkeypatch: pytest.MonkeyPatch) -> None:
    take_lock_off(monkeypatch)
    have(group, crowd[0], group_month=100_00)
    assert race_to_take(group, crowd[:2], monkeypatch) == {Withdrawal.__name__: 2}
    assert counted(group) == 120_00


# --- one approval -----------------------------------------------------------------------------------------------------
@pytest.fixture
def approved(group: Group, crowd: list[Person]) -> ApprovedPayment:
    """The member may pay 60.00 once; above 50.00 one of the others must approve."""
    tiers = [{"above": money(50_00), "approvals": 1}]
    settle_on(crowd[0], group, "change_voting", {"tiers": tiers, "part_percent": 50, "objection_hours": 24})
    settle_on(crowd[1], group, "approve_payment", {"amount": money(60_00), "subject": "蔬菜"})
    return ApprovedPayment.objects.get()


def test_one_approval_lets_one_payment_through(
    group: Group, crowd: list[Person], shop: Shop, approved: ApprovedPayment, monkeypatch: pytest.MonkeyPatch
) -> None:
    payers = [crowd[1], crowd[1]]
    assert race_to_pay(group, payers, shop, monkeypatch) == {"paid": 1, "approval_required": 1}
    assert agree(group)[0].kind == "approve_payment"


def test_without_the_lock_it_is_used_once_all_the_same(
    group: Group, crowd: list[Person], shop: Shop, approved: ApprovedPayment, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    came_of_it = race_to_pay(group, [crowd[1], crowd[1]], shop, monkeypatch)
    assert came_of_it == {"paid": 1, AssertionError.__name__: 1}
    assert Payment.objects.filter(group=group, status="settled").count() == 1


def test_without_that_guard_too_it_lets_two_through(
    group: Group, crowd: list[Person], shop: Shop, approved: ApprovedPayment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def use(approved: ApprovedPayment, payment: Payment) -> None:
        ApprovedPayment.objects.filter(group=payment.group_id, pk=approved.pk).update(payment=payment)

    take_lock_off(monkeypatch)
    monkeypatch.setattr("groups.spending.services.charging.use_approval", use)
    assert race_to_pay(group, [crowd[1], crowd[1]], shop, monkeypatch) == {"paid": 2}
    assert balance_of(group) == 16_000_00 - 120_00
