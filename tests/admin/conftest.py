"""A group as operators find it: any number of people who paid in, bought, got something back, and partly left."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group as Powers
from django.test import Client, override_settings
from django.utils import timezone

from groups.autotransfers.services import run_due as run_due_orders
from groups.checkout.services import cancel_order, place_order
from groups.disputes.services import approve_legal_hold, ask_legal_hold, contest
from groups.exits.services import announce_successions, leave_group
from groups.funding.services import withdraw
from groups.members.models import Group
from groups.members.scenes import Scene
from groups.members.services import invite
from groups.proposals import services
from groups.spending.keys import issue_key
from tests.cast import Person, Shop, World, buy, found, join, link, meet, money, open_shop, pay_in, world
from tests.rails.bank import START
from tests.yields.conftest import correct_rate
from wallet.identity.models import User
from wallet.identity.services import issue_device
from wallet.ledger.models import Wallet
from wallet.rails.adapters import base
from wallet.rails.reconciling import reconcile
from yields.fundside.services import make_due_orders as make_due_fund_orders
from yields.fundside.services import reconcile_funds_due
from yields.fundside.services import send_orders as send_fund_orders
from yields.models import FundDay
from yields.models.years import read_shanghai
from yields.services import confirm_year, enroll, enter_year, run_due
from yields.services.funds import ensure_demo_fund

__all__ = ["world"]


@dataclass
class Life:
    """One group that keeps growing; each round adds a row to every table."""

    world: World
    owner: Person
    group: Group
    shop: Shop
    people: list[Person] = field(default_factory=list)
    nights: int = 0
    owed: int = 0

    def play(self, rounds: int) -> None:
        """Go on until so many rounds were played: a member joins, pays in, buys, is refunded, quarrels."""
        while len(self.people) < rounds:
            self._play_round(len(self.people))

    def owe(self, times: int) -> None:
        """Go on until so many payouts have failed, their money was taken out otherwise, and they have arrived."""
        world = self.world
        while self.owed < times:
            person = self.people[self.owed]
            self.owed += 1
            own = found(person, now=world.now, name=f"债家{self.owed}", scene=Scene.OTHER)
            pay_in(world, person, own, 10_00)
            late = link(person, "late_success", now=world.now)
            take = partial(withdraw, actor=person.user, group_id=own.pk)
            take(source_id=late.pk, amount=10_00, now=world.now)
            world.wait(10)
            assert person.source is not None
            take(source_id=person.source.pk, amount=6_00, now=world.now)
            world.wait(70)

    def reconcile(self, days: int) -> None:
        """Compare some days of long ago with the bank's statements, in which a number stands that was never ours."""
        for back in range(1, days + 1):
            day = START.date() - timedelta(days=back)
            line = base.StatementLine(f"SB{back}", "RENT", "card", "payout", 1, "settled", START - timedelta(days=back))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(type(self.world.bank.adapter), "fetch_statement", lambda *_, line=line: [line])
                reconcile(rail="sandbox", day=day, now=self.world.now)

    def sleep(self, nights: int) -> None:
        """Go on until so many nights are over; in each the yield of the day is credited, and the fund reconciled."""
        while self.nights < nights:
            self.nights += 1
            self.world.go_to(START.replace(hour=19) + timedelta(days=self.nights))
            run_due(now=self.world.now)
            make_due_fund_orders(now=self.world.now)
            send_fund_orders(now=self.world.now)
            reconcile_funds_due(now=self.world.now)
            self._correct()

    def _correct(self) -> None:
        """Correct the last day that was credited, and load another year of the trading calendar."""
        clerk, chief = (User.objects.get_or_create(username=name, is_superuser=True)[0] for name in ("clerk", "chief"))
        day = FundDay.objects.filter(fund="DEMO", date=self.world.now.date() - timedelta(days=1)).first()
        if day is not None:
            correct_rate(day.fund, day.date, clerk, chief, self.world.now)
        year = read_shanghai().last_year + 1
        every = [date(year, month, day) for month in (1, 2, 5, 10) for day in range(1, 5)]
        weekdays = [each for each in every if each.weekday() < 5]
        enter_year(actor=clerk, year=year, closures=weekdays, now=self.world.now)
        confirm_year(actor=chief, year=year, now=self.world.now)

    def _play_round(self, index: int) -> None:
        world = self.world
        person = meet(f"成员{index}", f"+861390000{index:04d}", now=world.now)
        self.people.append(person)
        join(self.group, self.owner, person, now=world.now)
        assert person.source is not None
        asked = {"source": str(person.source.pk), "amount": money(100_00 + index)}
        person.api.post(f"/groups/{self.group.pk}/contributions", asked).expect(201)
        world.wait()
        number = buy(person, self.group, self.shop, 12_34)
        self.shop.refund(number, 2_34).expect(201)
        self._hold(number, person)
        self._play_elsewhere(index, person)
        self._order_something(person)
        self._agree_on_something(index, person)
        if index % 2:
            leave_group(actor=person.user, group_id=self.group.pk, is_discreet=index % 4 == 1, now=world.now)
            world.wait()

    def _hold(self, number: str, person: Person) -> None:
        """Let the owner contest the payment, and an order stop a little of the person's share."""
        now = self.world.now
        payment = self.shop.look_up(number).expect(200)["payment"]
        owner, group_id = self.owner.user, self.group.pk
        contest(actor=owner, group_id=group_id, payment_id=payment, reason="这不是家用", now=now)
        clerk, chief = (User.objects.get_or_create(username=name, is_superuser=True)[0] for name in ("clerk", "chief"))
        asked = ask_legal_hold(
            operator=clerk,
            group_id=group_id,
            user_id=person.id,
            amount=1,
            order_reference="(2026)沪0101财保12号",
            reason="preservation",
            ends_at=now + timedelta(days=300),
            now=now,
        )
        approve_legal_hold(operator=chief, group_id=group_id, hold_id=asked.pk, now=now)

    def _play_elsewhere(self, index: int, person: Person) -> None:
        own = found(person, now=self.world.now, name=f"小家{index}", scene=Scene.OTHER)
        if index < 10:
            invite(actor=self.owner.user, group_id=self.group.pk, now=self.world.now)
        invite(actor=person.user, group_id=own.pk, now=self.world.now)
        open_shop(f"店{index}", now=self.world.now)
        issue_key(merchant=self.shop.merchant, now=self.world.now + timedelta(seconds=index))
        Powers.objects.create(name=f"powers {index}")
        User.objects.create_user(f"clerk{index}", is_staff=True)

    def _order_something(self, person: Person) -> None:
        """Order a contribution, which comes in once, and link whom the group could pay."""
        assert person.source is not None
        path, now = f"/groups/{self.group.pk}", timezone.localtime(self.world.now + timedelta(minutes=1))
        terms = {"source": str(person.source.pk), "amount": money(5), "every": "day", "runs_max": 1}
        person.api.post(f"{path}/auto-transfers", {**terms, "at": f"{now:%H:%M}"}).expect(201)
        landlord = {"rail": "sandbox", "number": "6225880000001009", "holder": "周建国", "name": "房东"}
        person.api.post(f"{path}/payees", landlord).expect(201)
        self.world.wait(60)
        run_due_orders(now=self.world.now)
        self.world.wait()

    def _agree_on_something(self, index: int, person: Person) -> None:
        """Approve what nobody else has to, set a limit, dissolve a group, and let an owner be missed."""
        world = self.world
        own = found(person, now=world.now, name=f"旧家{index}", scene=Scene.OTHER)
        propose = partial(services.propose, actor=person.user, group_id=own.pk, now=world.now)
        propose(kind="approve_payment", payload={"amount": 100 + index, "merchant": None, "subject": "大件"})
        propose(kind="set_limit", payload={"limit": "payment", "user": None, "amount": 50_00})
        web = place_order(
            merchant=self.shop.merchant,
            out_trade_no=f"web-{index}",
            amount=100,
            subject="书",
            category="books",
            notify_url="https://shop.example/paid",
            minutes=30,
            now=world.now,
        ).order
        cancel_order(merchant=self.shop.merchant, out_trade_no=web.out_trade_no, now=world.now)
        propose(kind="dissolve", payload={"version": "1", "text": "好聚好散"})
        missed = found(self.owner, now=world.now, name=f"空家{index}", scene=Scene.OTHER)
        join(missed, self.owner, person, now=world.now)
        with override_settings(SUCCESSION_INACTIVE_DAYS=0):
            world.wait(1)
            person.api.get("/me").expect(200)
            issue_device(user=person.user, name="new", now=world.now)
            announce_successions(now=world.now)


@pytest.fixture
def life(world: World, settings: Any) -> Life:
    settings.GROUPS_PER_USER_MAX = settings.PAYEES_PER_GROUP_MAX = 1_000
    owner = meet("张伟", "+8613800000001", now=world.now)
    group = found(owner, now=world.now, scene=Scene.OTHER)
    Group.objects.filter(pk=group.pk).update(is_sandbox=True)
    group.refresh_from_db()
    life = Life(world, owner, group, open_shop("菜市场", now=world.now))
    pay_in(world, owner, group, 1_234_56)
    return life


@pytest.fixture
def earning(life: Life, settings: Any, tmp_path: Path) -> Life:
    """The group earns, and one that was closed meanwhile should."""
    settings.SANDBOX_FUND_FILE = str(tmp_path / "fund.sqlite3")
    fund, now = ensure_demo_fund(START.date()), life.world.now
    closed = found(life.owner, now=now, name="散伙的家", scene=Scene.OTHER)
    pay_in(life.world, life.owner, closed, 1_000_00)
    for group in (life.group, closed):
        enroll(
            actor=life.owner.user,
            group_id=group.pk,
            fund=fund,
            agreement_version="2026-11",
            questionnaire={"risk_level": "R1", "accepted": True},
            now=now,
        )
    Wallet.objects.filter(pk=closed.pk).update(status=Wallet.Status.CLOSED)
    return life


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("root", "correct horse battery", name="Root")


@pytest.fixture
def root(operator: User) -> Client:
    """A superuser, who reads English."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(operator)
    return client


@pytest.fixture
def nobody(db: None) -> Client:
    """An operator who was given nothing to look at."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(User.objects.create_user("nobody", "correct horse battery", is_staff=True))
    return client
