"""The stage of the disputes: a family that bought, and two operators."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from groups.disputes.models import Dispute, LegalHold
from groups.disputes.services import ask_legal_hold
from groups.funding.models import Withdrawal
from groups.members.models import Group
from groups.spending.models import Payment
from tests.cast import (
    Answer,
    Person,
    Shop,
    World,
    buy,
    group,
    link,
    member,
    money,
    owner,
    pay_in,
    shop,
    stranger,
    viewer,
    world,
    yuan,
)
from wallet.identity.models import User
from wallet.ledger.models import Account, Event
from wallet.ledger.selectors import balance_as_of, system_account

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]
RIGHTS = ("decide_dispute", "ask_legal_hold", "approve_legal_hold")


@pytest.fixture
def number(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> str:
    """王芳 paid 40.00, of which 张伟 (300.00) bore 30.00 and she (100.00) 10.00."""
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    return buy(member, group, shop, yuan(40))


@pytest.fixture
def payment(group: Group, number: str) -> Payment:
    return Payment.objects.get(group=group, out_trade_no=number)


@pytest.fixture
def dispute(group: Group, owner: Person, payment: Payment) -> Dispute:
    """张伟 contests his 30.00 of it: held of 王芳, who has 90.00."""
    asked = contest(owner, group, payment).expect(201)
    return Dispute.objects.get(group=group, pk=asked["id"])


@pytest.fixture
def clerk(db: None) -> User:
    return operator("clerk", *RIGHTS)


@pytest.fixture
def chief(db: None) -> User:
    return operator("chief", *RIGHTS)


def operator(name: str, *rights: str) -> User:
    """Make an operator with some rights."""
    user = User.objects.create_user(name, None, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


def contest(person: Person, group: Group, payment: Payment | str, amount: int | None = None) -> Answer:
    """Let a member contest a payment."""
    body: dict[str, Any] = {"payment": str(getattr(payment, "pk", payment)), "reason": "这不是家用"}
    if amount is not None:
        body["amount"] = {"amount": amount, "currency": "CNY"}
    return person.api.post(f"/groups/{group.pk}/disputes", body)


def take_out(world: World, person: Person, group: Group, amount: int, card: str = "settles") -> Withdrawal:
    """Let a member ask for money of everybody's to a card of their own."""
    source = link(person, card, now=world.now)
    body = {"source": str(source.pk), "amount": money(amount), "borne_by": "group", "memo": "房租"}
    asked = person.api.post(f"/groups/{group.pk}/withdrawals", body, proof=True).expect(201)
    return Withdrawal.objects.get(group=group, pk=asked["id"])


def contest_transfer(person: Person, group: Group, withdrawal: Withdrawal | str, amount: int | None = None) -> Answer:
    """Let a member contest a withdrawal."""
    body: dict[str, Any] = {"withdrawal": str(getattr(withdrawal, "pk", withdrawal)), "reason": "房租没有涨"}
    if amount is not None:
        body["amount"] = money(amount)
    return person.api.post(f"/groups/{group.pk}/disputes", body)


def answer(person: Person, dispute: Dispute, verb: str, key: str | None = None) -> Answer:
    """Let one of the two concede or withdraw."""
    return person.api.post(f"/groups/{dispute.group_id}/disputes/{dispute.pk}/{verb}", key=key)


def ask(world: World, clerk: User, group: Group, person: Person, amount: int, ends_at: datetime) -> LegalHold:
    """Let an operator ask for a legal hold."""
    return ask_legal_hold(
        operator=clerk,
        group_id=group.pk,
        user_id=person.id,
        amount=amount,
        order_reference="(2026)沪0101财保12号",
        reason=LegalHold.Reason.PRESERVATION,
        ends_at=ends_at,
        now=world.now,
    )


def held(world: World, group: Group) -> int:
    """What stands in the wallet's HELD account (fen)."""
    return balance_as_of(system_account(group.wallet, Account.Kind.HELD), world.now)


def last_event(group: Group) -> Event:
    return Event.objects.filter(wallet=group.pk).order_by("-sequence")[0]
