"""A day of ours against the bank's own statement: a clean day has no difference, and each planted one its class.

What people wrote about a difference stays, however often the day is run.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from groups.funding.services import contribute, withdraw
from groups.members.models import Group
from tests.cast import Person, World, balance_of, link, stakes_of
from tests.rails.bank import START
from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User
from wallet.ledger.errors import WalletBusy
from wallet.rails import reconciling
from wallet.rails.adapters import base, use_adapter
from wallet.rails.differences import explain_difference
from wallet.rails.errors import AlreadyExplained, DifferenceNotFound, ExplanationMissing, StatementDayNotOver
from wallet.rails.models import Difference, ReconciliationRun, Transfer
from wallet.rails.reconciling import reconcile
from wallet.rails.sandbox.cards import CARDS
from wallet.rails.services import ask_again
from wallet.rails.tasks import reconcile_due_days

DAY, NEXT = date(2026, 11, 2), date(2026, 11, 3)
Lines = list[base.StatementLine]


@dataclass
class Bookkeeper:
    """A bank whose statement of a day was changed by somebody."""

    bank: base.Adapter
    change: Callable[[Lines], Lines] = list
    asked: int = 0

    def fetch_statement(self, day: date) -> Lines:
        self.asked += 1
        return self.change(list(self.bank.fetch_statement(day)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bank, name)


@contextmanager
def changed(world: World, change: Callable[[Lines], Lines]) -> Iterator[None]:
    with use_adapter("sandbox", Bookkeeper(world.bank.adapter, change)):
        yield


@dataclass
class Books:
    """A group with transfers of one day, settled and failed, in and out."""

    world: World
    group: Group
    person: Person
    used: list[str] = field(default_factory=list)

    def collect(self, card: str = "settles", amount: int = 100_00) -> str:
        source = link(self.person, card, now=self.world.now)
        asked = contribute(
            actor=self.person.user, group_id=self.group.pk, source_id=source.pk, amount=amount, now=self.world.now
        )
        return Transfer.objects.get(subject_id=asked.pk).out_no

    def pay_out(self, card: str = "settles", amount: int = 10_00) -> str:
        source = link(self.person, card, now=self.world.now)
        asked = withdraw(
            actor=self.person.user, group_id=self.group.pk, source_id=source.pk, amount=amount, now=self.world.now
        )
        return Transfer.objects.get(subject_id=asked.pk).out_no

    def run(self, day: date = DAY) -> ReconciliationRun:
        return reconcile(rail="sandbox", day=day, now=self.world.now)


@pytest.fixture
def books(world: World, group: Group, member: Person, settings: Any) -> Books:
    settings.SOURCES_PER_USER_MAX = 100
    settings.CONTRIBUTION_DAY_MAX_FEN = 10**12
    books = Books(world, group, member)
    books.collect(amount=500_00)
    world.wait()
    return books


@pytest.fixture
def clerk(db: None) -> User:
    return User.objects.create_superuser("clerk")


def seen(day: date = DAY) -> list[tuple[str, str]]:
    """The differences of a day that are there, by class and number."""
    there = Difference.objects.filter(run__day=day, gone_at__isnull=True)
    return sorted(there.values_list("kind", "out_no"))


def test_a_clean_day_has_no_difference(books: Books) -> None:
    world = books.world
    for card in CARDS:
        books.collect(card.name)
        if card.name != "insufficient":
            books.pay_out(card.name)
    world.go_to(START + timedelta(hours=13, minutes=59, seconds=50))  # 23:59:50 in Shanghai
    around = [books.collect(), books.collect("late"), books.pay_out("late")]
    world.wait(26 * 3600)
    run = books.run()
    assert (run.lines, run.asked, run.times) == (2 * len(CARDS) + 1, 0, 1)
    assert books.run(NEXT).lines == 2
    assert not Difference.objects.exists(), seen()
    booked = Transfer.objects.filter(out_no__in=around).values_list("booked_at", flat=True)
    assert len({moment.astimezone(world.bank.adapter.zone).date() for moment in booked if moment}) == 2


def test_twenty_planted_differences_are_each_found_with_the_right_class(books: Books) -> None:
    world = books.world
    collects, payouts = [books.collect() for _ in range(13)], [books.pay_out() for _ in range(4)]
    failed = books.collect("late_failed")
    world.wait(60)
    world.bank.book.reverse(collects[8], world.now)
    world.go_to(START + timedelta(hours=14, minutes=1))  # the next day in Shanghai
    tomorrow = books.collect()
    world.wait(60)
    under_way = books.collect()
    Transfer.objects.filter(out_no=collects[9]).update(rail="story")
    lost, lost_too = uuid4().hex, uuid4().hex
    c, p = collects, payouts

    def plant(lines: Lines) -> Lines:
        by_number = {line.out_no: line for line in lines if not line.is_reversed}

        def alter(number: str, **fields: Any) -> None:
            by_number[number] = replace(by_number[number], **fields)

        sample = by_number[c[12]]
        del by_number[c[0]], by_number[p[0]]  # 1, 2: missing at the bank
        alter(c[1], amount=100_01)  # 3
        alter(p[1], amount=9_99)  # 4
        alter(c[2], direction="payout")  # 5
        alter(p[2], direction="collect")  # 6
        alter(c[3], status="failed")  # 7
        alter(p[3], status="failed")  # 8
        alter(failed, status="settled")  # 9
        alter(c[4], token="card_of_somebody_else")  # 10
        alter(c[5], at=by_number[c[5]].at + timedelta(days=1))  # 11
        alter(c[6], amount=1, token="card_of_somebody_else")  # 12, 13
        alter(c[7], reference=sample.reference)  # 14, and its own line is missing: 15
        added = [
            by_number[c[10]],  # 16: twice
            replace(sample, reference="SB1", out_no=lost),  # 17
            replace(sample, reference="SB2", out_no=lost_too, direction="payout"),  # 18
            replace(sample, reference="SB3", out_no="RENT-2026-11"),  # 19
            replace(sample, reference="SB4", out_no=""),  # 20
            replace(sample, reference="SB5", out_no=tomorrow),  # 21: ours of another day
            replace(sample, reference="SB6", out_no=under_way),  # 22: we know of no end
            replace(sample, reference="SB7", out_no=uuid4().hex[:31], is_reversed=True),  # 23
        ]
        rest = [line for line in by_number.values() if line.out_no != c[7]]
        return [*rest, by_number[c[7]], *(line for line in lines if line.is_reversed), *added]

    with changed(world, plant):
        books.run()
    found = Counter(Difference.objects.values_list("kind", flat=True))
    expected = [
        *(("missing_at_bank", number) for number in (c[0], p[0], c[7])),
        *(("amount_differs", number) for number in (c[1], p[1], c[6])),
        *(("direction_differs", number) for number in (c[2], p[2])),
        *(("status_differs", number) for number in (c[3], p[3], failed, under_way)),
        *(("wrong_source", number) for number in (c[4], c[6])),
        *(("wrong_day", number) for number in (c[5], tomorrow)),
        *(("duplicate_at_bank", number) for number in (c[7], c[10])),
        *(("missing_with_us", number) for number in (lost, lost_too)),
        *(("unknown_number", number) for number in ("RENT-2026-11", "")),
        ("reversed_at_bank", c[8]),
        ("wrong_rail", c[9]),
    ]
    there = [each for each in seen() if len(each[1]) != 31]
    assert found["reversed_at_bank"] == 2
    # What a line says of the wrong one is said of all it names: its source and amount are those of the sample.
    more = {("wrong_source", tomorrow), ("wrong_source", under_way), ("wrong_source", c[7])}
    assert sorted(set(there) - more) == sorted(expected)
    assert len(expected) + 1 >= 20
    assert set(found) == set(Difference.Kind.values)
    # Looking moved no money: nothing of it was booked.
    assert Transfer.objects.get(out_no=failed).status == "failed"
    books.run()
    assert [kind for kind, _ in seen()] == ["reversed_at_bank", "wrong_rail"], "what really is so"


def test_what_only_the_statement_tells_is_asked_for_and_booked(books: Books) -> None:
    """No notice arrives: a transfer failed, as the query said, and was made after all."""
    world, before = books.world, balance_of(books.group)
    world.bank.take = lambda body, headers: 500
    late = books.collect("late_success")
    payout = books.pay_out("late_success")
    world.wait(20)
    assert set(Transfer.objects.filter(out_no__in=(late, payout)).values_list("status", flat=True)) == {"failed"}
    world.wait(24 * 3600)
    assert balance_of(books.group) == before
    run = books.run()
    assert (run.asked, seen()) == (2, [])
    assert balance_of(books.group) == before + 100_00 - 10_00
    assert stakes_of(books.group)["王芳"] == balance_of(books.group)
    assert books.run().asked == 0


def test_running_again_keeps_what_people_wrote(books: Books, clerk: User, owner: Person) -> None:
    world = books.world
    number = books.collect()
    other = books.collect()
    world.wait(24 * 3600)

    def drop(lines: Lines) -> Lines:
        return [line for line in lines if line.out_no not in (number, other)]

    with changed(world, drop):
        books.run()
        difference = Difference.objects.get(out_no=number)
        told: dict[str, Any] = {
            "of": Difference,
            "difference_id": difference.pk,
            "explanation": " 次日到账 ",
            "now": world.now,
        }
        with pytest.raises(OperatorNotAllowed):
            explain_difference(operator=owner.user, **told)
        with pytest.raises(ExplanationMissing):
            explain_difference(operator=clerk, **told | {"explanation": "  "})
        with pytest.raises(DifferenceNotFound):
            explain_difference(operator=clerk, **told | {"difference_id": books.group.pk})
        explain_difference(operator=clerk, **told)
        with pytest.raises(AlreadyExplained):
            explain_difference(operator=clerk, **told | {"explanation": "别的"})
        world.wait(60)
        run = books.run()
    assert (run.times, Difference.objects.count(), ReconciliationRun.objects.count()) == (2, 2, 1)
    difference.refresh_from_db()
    assert (difference.explanation, difference.explained_by, difference.gone_at) == ("次日到账", clerk, None)
    assert (difference.first_seen_at, difference.last_seen_at) == (world.now - timedelta(seconds=60), world.now)
    books.run()
    difference.refresh_from_db()
    assert (difference.gone_at, difference.explanation) == (world.now, "次日到账"), "the bank has brought it"
    with changed(world, drop):
        books.run()
    difference.refresh_from_db()
    assert (difference.gone_at, difference.explanation, Difference.objects.count()) == (None, "次日到账", 2)


def test_the_command_names_every_difference_and_fails(books: Books, clerk: User) -> None:
    world = books.world
    number = books.collect()
    world.wait(24 * 3600)
    out = StringIO()
    call_command("reconcile", "--rail", "sandbox", "--day", "2026-11-02", stdout=out)
    assert out.getvalue() == "sandbox 2026-11-02: 2 lines, 0 asked again, 0 differences left to explain\n"
    with changed(world, lambda lines: [line for line in lines if line.out_no != number]):
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("reconcile", "--rail", "sandbox", "--day", "2026-11-02", stdout=out)
        assert ended.value.code == 1
        assert f"missing_at_bank   {number} -: we say 10000, they say nothing\n" in out.getvalue()
        assert "1 differences left to explain" in out.getvalue()
        left = Difference.objects.get()
        explain_difference(of=Difference, operator=clerk, difference_id=left.pk, explanation="在途", now=world.now)
        out = StringIO()
        call_command("reconcile", "--rail", "sandbox", stdout=out)  # yesterday, by itself
        assert "(explained: 在途)" in out.getvalue()
    with pytest.raises(CommandError, match="no rail moon"):
        call_command("reconcile", "--rail", "moon", "--day", "2026-11-02")
    with pytest.raises(CommandError):
        call_command("reconcile", "--rail", "sandbox", "--day", "2026-11-03")


def test_beat_makes_up_for_every_day_and_asks_again_for_a_statement(
    books: Books, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = books.world
    settings.RECONCILE_DAYS_BACK = 3
    settings.RAILS = ["sandbox", "nowhere"]
    world.wait(48 * 3600)

    def away(*_: Any) -> Lines:
        raise base.RailDown("away")

    with monkeypatch.context() as patch:
        patch.setattr(type(world.bank.adapter), "fetch_statement", away)
        assert reconcile_due_days() == 0
        runs = ReconciliationRun.objects.values_list("day", "finished_at", "problem")
        assert set(runs) == {(DAY + timedelta(days=n), None, "away") for n in (-1, 0, 1)}
    assert reconcile_due_days() == 3
    assert reconcile_due_days() == 0
    assert not ReconciliationRun.objects.exclude(problem="").exists()
    with pytest.raises(StatementDayNotOver):
        books.run(DAY + timedelta(days=2))


def test_a_busy_wallet_keeps_no_other_day_waiting(books: Books, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two transfers that we have not heard of, one wallet is busy: the other is heard, the day taken again later."""
    world = books.world
    settings.RECONCILE_DAYS_BACK = 3
    world.bank.take = lambda body, headers: 503
    numbers = [books.collect(), books.collect()]
    world.sweep()
    world.bank.wait(48 * 3600)
    asked = ask_again

    def ask(transfer: Transfer, now: Any) -> Transfer:
        if transfer.out_no == numbers[0]:
            raise WalletBusy
        return asked(transfer, now)

    with monkeypatch.context() as patch:
        patch.setattr(reconciling, "ask_again", ask)
        assert reconcile_due_days() == 2
        run = ReconciliationRun.objects.get(finished_at__isnull=True)
        assert (run.day, run.problem, run.differences.exists()) == (DAY, "wallet_busy", False)
    assert set(Transfer.objects.filter(final_at__isnull=True).values_list("out_no", flat=True)) == {numbers[0]}
    assert reconcile_due_days() == 1
    assert not Transfer.objects.filter(final_at__isnull=True).exists()
    assert not Difference.objects.exists()
