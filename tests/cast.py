"""The cast of every story: people with devices, PINs and cards, a shop with a key, a bank, and one clock for all.

Everything is set up through the real services, and money comes in as it really does: the in-process sandbox bank is
asked, settles when its time has come and sends its signed notice to our own door. Nothing here writes a row by hand.

    world    the clock and the bank. `world.wait(seconds)` lets time pass for both, and takes every step that falls due
    owner    张伟, who founded `group`; member 王芳; viewer 李梅; each with a card that settles
    stranger 陈生, who is in no group
    shop     a merchant, who signs

A person and a shop talk to the API (`api`): `answer = owner.api.post("/groups", {…})`, `answer.expect(201)`; a person
also with a proof of the payment PIN (`proof=True`).
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Min
from django.test import Client
from django.utils import timezone

from groups.exits.services import pay_out_former_members
from groups.funding.models import Contribution
from groups.funding.services import contribute
from groups.members.models import Group, Membership
from groups.members.scenes import Scene
from groups.members.services import accept_invitation, create_group, invite
from groups.proposals.models import Proposal
from groups.proposals.selectors import get_standing, list_open, motion_of
from groups.proposals.services import vote
from groups.spending.keys import issue_key
from groups.spending.models import Merchant
from groups.spending.services import create_merchant
from tests.clients import API
from tests.clients import Answer as Answer
from tests.clients import Api as Api
from tests.clients import ShopApi as ShopApi
from tests.clients import money as money
from tests.clients import yuan as yuan
from tests.rails.bank import Bank
from wallet.identity.models import Device, User
from wallet.identity.services import issue_device, set_pin, sign_up
from wallet.ledger.models import Event, Wallet
from wallet.ledger.selectors import list_stakes
from wallet.rails.adapters import use_adapter
from wallet.rails.models import FundingSource, Transfer
from wallet.rails.sandbox.cards import BY_NAME
from wallet.rails.selectors import list_due_transfers
from wallet.rails.services import advance_transfer, link_card

#: Everybody's payment PIN.
PIN = "258036"


@dataclass
class Person:
    """Somebody with a device, a PIN and, where they have one, a card."""

    user: User
    device: Device
    api: Api
    source: FundingSource | None = None

    @property
    def id(self) -> uuid.UUID:
        return self.user.pk

    @property
    def name(self) -> str:
        return self.user.name


@dataclass
class Shop:
    """A merchant who charges codes and gives back."""

    merchant: Merchant
    api: ShopApi
    sold: int = 0

    def charge(
        self,
        code: str,
        amount: int,
        no: str | None = None,
        subject: str = "蔬菜水果",
        category: str = "groceries",
    ) -> Answer:
        self.sold += 1
        asked = {"auth_code": code, "amount": money(amount), "subject": subject, "category": category}
        return self.api.post("/merchant/payments", {**asked, "out_trade_no": no or f"trade-{self.sold}"})

    def refund(self, no: str, amount: int, request_no: str = "r1") -> Answer:
        asked = {"amount": money(amount), "out_request_no": request_no}
        return self.api.post(f"/merchant/payments/{no}/refunds", asked)

    def look_up(self, no: str) -> Answer:
        return self.api.get("/merchant/payments", out_trade_no=no)


@dataclass
class World:
    """The clock and the bank; whatever is due is done as time passes, as beat and the workers would."""

    bank: Bank
    taken: list[int] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.bank.now

    def sweep(self) -> None:
        """Take every step of a transfer that is due."""
        for wallet_id, pk in list(list_due_transfers(self.now, ["sandbox"]).values_list("wallet_id", "pk")):
            advance_transfer(wallet_id=wallet_id, transfer_id=pk, now=self.now)

    def wait(self, seconds: float = 3) -> None:
        """Let time pass, from one thing that is due to the next. Three seconds are enough for a card that settles."""
        end = self.now + timedelta(seconds=seconds)
        self.sweep()
        while (due := self._next_due()) is not None and due <= end:
            self.bank.wait(max(0.0, (due - self.now).total_seconds()))
            self.sweep()
        self.bank.wait((end - self.now).total_seconds())
        self.sweep()

    def go_to(self, moment: datetime) -> None:
        """Let time pass until a moment."""
        self.wait((moment - self.now).total_seconds())

    def send_late_money(self) -> int:
        """Do what beat does for those who left, and let it arrive."""
        paid = pay_out_former_members(now=self.now)
        self.wait()
        return paid

    def take_notice(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Carry a notice of the bank to our door."""
        url = f"{API}/rails/sandbox/notifications"
        response = Client().generic("POST", url, body, "application/json", headers=dict(headers))
        self.taken.append(response.status_code)
        return response.status_code

    def _next_due(self) -> datetime | None:
        step = Transfer.objects.filter(final_at__isnull=True).aggregate(due=Min("next_step_at"))["due"]
        return min(filter(None, (step, self.bank.book.next_due())), default=None)


def meet(name: str, phone: str, *, now: datetime, card: str | None = "settles") -> Person:
    """Let somebody sign up, log in on a device, set a PIN and, unless card is None, link a test card."""
    user = sign_up(phone=phone, name=name, now=now)
    set_pin(user=user, pin=PIN, now=now)
    device, token = issue_device(user=user, name="Pixel", now=now)
    person = Person(user, device, Api(token, pin=PIN))
    if card:
        person.source = link(person, card, now=now)
    return person


def link(person: Person, card: str, *, now: datetime) -> FundingSource:
    """Link one of the bank's test cards, by its name."""
    number = BY_NAME[card].number
    return link_card(user=person.user, rail="sandbox", number=number, holder=person.name, now=now)


def found(owner: Person, *, now: datetime, name: str = "我们的家", scene: Scene = Scene.FAMILY) -> Group:
    """Found a group."""
    return create_group(owner=owner.user, name=name, scene=scene, now=now)


def join(group: Group, host: Person, guest: Person, *, now: datetime, role: str | None = None) -> Membership:
    """Let one person invite another, who accepts; and where they come to spend, let everybody else agree."""
    code = invite(actor=host.user, group_id=group.pk, now=now, role=role).code
    accept_invitation(user=guest.user, code=code, now=now)
    agree(group)
    return Membership.objects.get(group=group, user=guest.user)


def agree(group: Group) -> list[Proposal]:
    """Let everybody whose vote is missing approve whatever is proposed; give back what was decided."""
    decided = []
    for proposal in list_open(group.pk):
        for voter in get_standing(proposal, motion_of(proposal, group)).silent:
            if proposal.status == Proposal.Status.OPEN:
                user = User.objects.get(pk=voter)
                proposal = vote(
                    actor=user, group_id=group.pk, proposal_id=proposal.pk, choice="approve", now=timezone.now()
                )
        decided.append(proposal)
    return decided


def settle_on(person: Person, group: Group, kind: str, payload: dict[str, Any]) -> Proposal:
    """Let one person propose something by the API, and everybody else approve it."""
    asked = {"kind": kind, "payload": payload}
    made = person.api.post(f"/groups/{group.pk}/proposals", asked, proof=True).expect(201)
    agree(group)
    return Proposal.objects.get(group=group, pk=made["id"])


def pay_in(world: World, person: Person, group: Group, amount: int) -> Contribution:
    """Let money come in from a person's card, and wait until it has settled."""
    assert person.source is not None, f"{person.name} has no card"
    contribution = contribute(
        actor=person.user, group_id=group.pk, source_id=person.source.pk, amount=amount, now=world.now
    )
    world.wait()
    contribution.refresh_from_db()
    assert contribution.status == "settled", contribution.failure_code
    return contribution


def show_code(person: Person, group: Group, **asked: Any) -> str:
    """Let a member type the PIN and show a payment code."""
    code: str = person.api.post(f"/groups/{group.pk}/payment-codes", asked, proof=True).expect(201)["code"]
    return code


def buy(person: Person, group: Group, shop: Shop, amount: int, **asked: Any) -> str:
    """Let a member pay at a shop; give back the merchant's number."""
    code = show_code(person, group, **asked)
    number: str = shop.charge(code, amount).expect(201)["out_trade_no"]
    return number


def stakes_of(group: Group) -> dict[str, int]:
    """Whose is what (fen), by name; those who left included while something is theirs."""
    current = set(Membership.objects.filter(group=group, left_at__isnull=True).values_list("user_id", flat=True))
    stakes = list_stakes(group.pk).select_related("holder")
    return {
        stake.holder.name: stake.balance or 0
        for stake in stakes
        if stake.holder is not None and (stake.balance or stake.holder_id in current)
    }


def balance_of(group: Group) -> int:
    """What the group's wallet holds (fen)."""
    return Wallet.objects.get(pk=group.pk).balance


def kinds_since(group: Group, sequence: int = 0) -> list[str]:
    """What happened in a group after an event, in order."""
    events = Event.objects.filter(wallet=group.pk, sequence__gt=sequence).order_by("sequence")
    return list(events.values_list("kind", flat=True))


def sequence_of(group: Group) -> int:
    """The number of the newest event."""
    return Wallet.objects.get(pk=group.pk).sequence


@contextmanager
def open_world(patch: pytest.MonkeyPatch) -> Iterator[World]:
    """Let a world begin: its bank is open, and until `patch` ends its clock is everybody's, the database's included."""
    bank = Bank()
    world = World(bank)
    bank.take = world.take_notice
    with use_adapter("sandbox", bank.adapter):
        patch.setattr(timezone, "now", lambda: bank.now)
        patch.setattr("wallet.ledger.clock.database_now", lambda: bank.now)
        yield world
    bank.close()


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with open_world(monkeypatch) as world:
        yield world


@pytest.fixture
def owner(world: World) -> Person:
    return meet("张伟", "+8613800000001", now=world.now)


@pytest.fixture
def member(world: World) -> Person:
    return meet("王芳", "+8613800000002", now=world.now)


@pytest.fixture
def viewer(world: World) -> Person:
    return meet("李梅", "+8613800000003", now=world.now)


@pytest.fixture
def stranger(world: World) -> Person:
    return meet("陈生", "+8613800000004", now=world.now)


@pytest.fixture
def group(world: World, owner: Person, member: Person, viewer: Person) -> Group:
    """A family: the owner, a member and a viewer, and no money yet."""
    group = found(owner, now=world.now)
    join(group, owner, member, now=world.now)
    join(group, owner, viewer, now=world.now, role="viewer")
    return group


@pytest.fixture
def shop(world: World) -> Shop:
    return open_shop("菜市场", now=world.now)


def open_shop(name: str, *, now: datetime, category: str = "groceries") -> Shop:
    """Let a merchant open, with a key."""
    merchant = create_merchant(name=name, category=category, now=now, is_sandbox=True)
    key, secret = issue_key(merchant=merchant, now=now)
    return Shop(merchant, ShopApi(key.key_id, secret))
