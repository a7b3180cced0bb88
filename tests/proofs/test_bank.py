"""The bank test: people pay in, pay, get refunds, quarrel and leave, all at once; whoever adds it up gets the same sum.

What came from outside and what stands in the groups is one sum, in every moment that a reader may look at: no fen is
ever on its way between two rows. Nobody is told of a deadlock, and no stake falls below its floor.
"""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from groups.disputes.models import Dispute
from groups.disputes.services import concede, contest, withdraw
from groups.exits.services import leave_group, pay_out_former_members
from groups.funding.services import contribute
from groups.members.models import Group
from groups.members.services import accept_invitation, invite
from groups.spending.models import Payment
from groups.spending.services import Charge, charge, refund, show_code
from tests.books import as_owner, run
from tests.cast import Person, Shop, World, found, join, meet
from tests.proofs.crowd import at_once
from wallet.refusals import Refusal

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, READERS = 8, 4
#: What people own, and what stands in the system accounts against it: together nothing, and no stake below its floor.
LOOK = """
SELECT (SELECT sum(balance) FROM ledger_wallet),
       (SELECT sum(balance) FROM ledger_account WHERE kind = 'STAKE'),
       (SELECT coalesce(-sum(p.amount), 0) FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
        WHERE a.kind <> 'STAKE'),
       (SELECT count(*) FROM ledger_account WHERE balance < floor)"""


@dataclass
class Town:
    """Groups of two, with their people, a shop, and what came of everything that was tried."""

    world: World
    shop: Shop
    groups: list[tuple[Group, Person, Person]]
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[object] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def act(self, writer: int) -> None:
        """Do one thing after the other, whatever comes to mind, until it is over."""
        chance, did = random.Random(writer), Counter[str]()
        while not self.is_over.is_set():
            group, host, guest = chance.choice(self.groups)
            verbs = (self.pay_in, self.pay, self.give_back, self.quarrel, self.make_up, self.come_and_go)
            verb = chance.choices(verbs, (3, 5, 2, 2, 1, 1))[0]
            try:
                verb(chance, group, *chance.sample((host, guest), 2))
                did[verb.__name__] += 1
            except Refusal as refusal:
                did[refusal.code] += 1
            except Exception as error:
                self.wrong.append(error)
        self.done += did

    def pay_in(self, chance: random.Random, group: Group, one: Person, other: Person) -> None:
        assert one.source is not None
        now = timezone.now()
        contribute(actor=one.user, group_id=group.pk, source_id=one.source.pk, amount=chance.randint(1, 9_00), now=now)

    def pay(self, chance: random.Random, group: Group, one: Person, other: Person) -> None:
        now = timezone.now()
        rule = chance.choice(("pro_rata", "equal", "payer", "weights"))
        code = show_code(actor=one.user, group_id=group.pk, now=now, sharing_rule=rule).digits
        asked = Charge(code, chance.randint(1, 12_00), uuid.uuid4().hex, "小吃", "food")
        charge(merchant=self.shop.merchant, asked=asked, now=now)

    def give_back(self, chance: random.Random, group: Group, one: Person, other: Person) -> None:
        paid = Payment.objects.filter(group=group, status="settled").order_by("?").first()
        if paid is not None:
            refund(
                merchant=self.shop.merchant,
                out_trade_no=paid.out_trade_no,
                amount=chance.randint(1, paid.amount),
                out_request_no=uuid.uuid4().hex,
                now=timezone.now(),
            )

    def quarrel(self, chance: random.Random, group: Group, one: Person, other: Person) -> None:
        paid = Payment.objects.filter(group=group, status="settled", user=other.id).order_by("?").first()
        if paid is not None:
            now = timezone.now()
            contest(actor=one.user, group_id=group.pk, payment_id=paid.pk, reason="这不是家用", now=now)

    def make_up(self, chance: random.Random, group: Group, one: Person, other: Person) -> None:
        dispute = Dispute.objects.filter(group=group, status="open", user=one.id).order_by("?").first()
        if dispute is not None:
            end, actor = chance.choice(((withdraw, one.user), (concede, other.user)))
            end(actor=actor, group_id=group.pk, dispute_id=dispute.pk, now=timezone.now())

    def come_and_go(self, chance: random.Random, group: Group, one: Person, other: Person) -> None:
        now = timezone.now()
        leave_group(actor=one.user, group_id=group.pk, now=now)
        code = invite(actor=other.user, group_id=group.pk, now=now, role="member").code
        accept_invitation(user=one.user, code=code, now=now)

    def turn_the_clock(self) -> None:
        """Let the bank settle and send its notices, and late money follow whoever left."""
        while not self.is_over.is_set():
            try:
                self.world.wait(3)
                pay_out_former_members(now=self.world.now)
            except Refusal as refusal:
                self.done[refusal.code] += 1
            except Exception as error:
                self.wrong.append(error)

    def look(self) -> None:
        """Add everything up in one moment, again and again."""
        while not self.is_over.wait(0.01):
            with transaction.atomic():
                run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                ((wallets, stakes, outside, below),) = run(LOOK)
            self.done["looked"] += 1
            if not (wallets == stakes == outside and below == 0):
                self.wrong.append((wallets, stakes, outside, below))


def live(town: Town, seconds: float) -> None:
    """Let everybody act at once for a while."""
    acts: list[Callable[[], None]] = [partial(town.act, writer) for writer in range(WRITERS)]
    acts += [town.look] * READERS + [town.turn_the_clock]
    timer = threading.Timer(seconds, town.is_over.set)
    timer.start()
    ended = [outcome for outcome in at_once(acts) if outcome is not None]
    timer.join()
    assert ended == []


def build(world: World, shop: Shop, count: int) -> Town:
    groups = []
    for n in range(count):
        host, guest = (meet(f"{who}{n}", f"+8613{who}{n:08}", now=world.now) for who in (1, 2))
        group = found(host, now=world.now)
        join(group, host, guest, now=world.now)
        groups.append((group, host, guest))
    return Town(world, shop, groups)


@pytest.fixture
def _calm(settings: Any) -> None:
    """No limit of a day stops whoever pays in here."""
    settings.CONTRIBUTION_DAY_MAX_FEN = 10**12


def prove(world: World, shop: Shop, wallets: int, seconds: float) -> Town:
    town = build(world, shop, wallets)
    started = time.monotonic()
    live(town, seconds)
    took = time.monotonic() - started
    assert town.wrong == []
    assert town.done["looked"] > 10
    for verb in ("pay_in", "pay", "give_back", "quarrel", "make_up", "come_and_go"):
        assert town.done[verb] > 0, town.done
    world.wait(10)
    ((wallets_hold, stakes, outside, below),) = run(LOOK)
    assert wallets_hold == stakes == outside > 0
    assert below == 0
    print(f"bank test: {dict(town.done)} in {took:.0f} s")
    return town


@pytest.mark.usefixtures("_calm")
def test_everything_adds_up_in_every_moment(world: World, shop: Shop) -> None:
    prove(world, shop, wallets=10, seconds=3)


@pytest.mark.proof
@pytest.mark.usefixtures("_calm")
def test_everything_adds_up_for_a_minute_in_fifty_wallets(world: World, shop: Shop) -> None:
    prove(world, shop, wallets=50, seconds=60)


@pytest.mark.usefixtures("_calm")
@pytest.mark.plants_a_fault
def test_a_posting_that_is_two_commits_would_be_seen(world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The readers are not blind: money taken in one commit and given in the next is missing in between."""
    town = build(world, shop, 2)
    rows = run("SELECT wallet_id, id FROM ledger_account WHERE kind = 'STAKE'")

    def move_in_two_commits() -> None:
        while not town.is_over.is_set():
            for change in (1, -1):
                with as_owner():
                    run("UPDATE ledger_account SET balance = balance + %s WHERE id = %s", change, rows[0][1])

    timer = threading.Timer(1, town.is_over.set)
    timer.start()
    at_once([move_in_two_commits, town.look])
    timer.join()
    assert town.wrong != []
