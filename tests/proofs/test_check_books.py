"""The checks find every planted fault, by its class, and find nothing in right books, however big."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from groups.disputes.services import approve_legal_hold, ask_legal_hold, end_legal_holds
from groups.exits.services import leave_group
from groups.funding.models import Claim, Withdrawal
from groups.funding.services import collect_claim, withdraw, withdraw_shared
from groups.members.models import Group
from groups.members.services import change_group
from groups.spending.models import Payment
from tests.autotransfers.conftest import order_in, order_out, sweep
from tests.books import BOOKS, run, without_triggers
from tests.cast import Person, Shop, World, agree, buy, found, link, money, pay_in, settle_on, show_code
from tests.checkout.conftest import order, pay
from tests.disputes.conftest import contest_transfer, take_out
from tests.proofs.bulk import fill
from tests.proofs.faults import FAULTS, Fault
from wallet.identity.models import User
from wallet.identity.services import sign_up
from wallet.ledger.checks import add_check, check_books, list_checks
from yields.services import enroll, ensure_demo_fund


@pytest.fixture
def story(world: World, group: Group, owner: Person, member: Person, stranger: Person, shop: Shop) -> Group:
    """Two groups; one has seen everything that can happen."""
    other = found(stranger, now=world.now)
    pay_in(world, owner, group, 300_00)
    pay_in(world, member, group, 100_00)
    assert owner.source is not None
    asked = {"source": str(owner.source.pk), "amount": money(20_00)}
    owner.api.post(f"/groups/{group.pk}/contributions", asked).expect(201)
    world.wait()
    number = buy(owner, group, shop, 40_00)
    shop.refund(number, 11_00).expect(201)
    hold(world, group, owner, member, shop)
    approve(world, group, owner, member, shop)
    pay(owner, group, order(shop, 2_00).expect(201)).expect(201)
    share_anew(group, owner, shop)
    claim(world, other, stranger, shop)
    standing_orders(world, group, owner)
    shop.charge(show_code(owner, group), 9_000_00).expect(422, "insufficient_funds")
    change_group(actor=owner.user, group_id=group.pk, name="我们的小家", now=world.now)
    late = link(member, "late", now=world.now)
    leave_group(actor=member.user, group_id=group.pk, source_id=late.pk, now=world.now)
    assert check_books() == []
    return group


def share_anew(group: Group, owner: Person, shop: Shop) -> None:
    """Let a payment be shared anew by agreement, and a part of it come back."""
    number = buy(owner, group, shop, 4_00)
    payment = shop.look_up(number).expect(200)["payment"]
    path = f"/groups/{group.pk}/payments/{payment}/reshare"
    owner.api.post(path, {"sharing_rule": "payer"}, proof=True).expect(202)
    agree(group)
    shop.refund(number, 1_00).expect(201)


def claim(world: World, group: Group, person: Person, shop: Shop) -> None:
    """Let a payout fail, its money be spent, and the payout arrive after all; collect some of what is owed then.

    The group earns, so the payout counts of its holder's day, like one that fails for good and one that is ordinary.
    """
    pay_in(world, person, group, 9_00)
    earn(group, person, world.now)
    failing = link(person, "late_failed", now=world.now)
    for speed in Withdrawal.Speed:
        withdraw(actor=person.user, group_id=group.pk, source_id=failing.pk, amount=4_00, speed=speed, now=world.now)
    world.wait(60)
    pay_in(world, person, group, 5_00)
    source = link(person, "late_success", now=world.now)
    withdraw(actor=person.user, group_id=group.pk, source_id=source.pk, amount=10_00, now=world.now)
    world.wait(10)
    buy(person, group, shop, 6_00)
    world.wait(70)
    pay_in(world, person, group, 5_00)
    owed = Claim.objects.get(group=group)
    operator = User.objects.create_superuser("collector")
    assert collect_claim(operator=operator, group_id=group.pk, claim_id=owed.pk, now=world.now) == 5_00
    pay_in(world, person, group, 9_00)


def earn(group: Group, person: Person, now: datetime) -> None:
    """Let a group's balance earn in a fund from now on."""
    enroll(
        actor=person.user,
        group_id=group.pk,
        fund=ensure_demo_fund(now.date()),
        agreement_version="2026-11",
        questionnaire={"risk_level": "R1", "accepted": True},
        now=now,
    )


def standing_orders(world: World, group: Group, owner: Person) -> None:
    """Let two orders run, one in and one out, and go on."""
    minute = f"{timezone.localtime(world.now + timedelta(minutes=1)):%H:%M}"
    order_in(world, group, owner, amount=5_00, at=minute)
    order_out(world, group, owner, amount=4_00, at=minute)
    world.wait(60)
    assert sweep(world) == 2


def approve(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> None:
    """Let a payment be approved and paid, and a transfer leave that all bear."""
    tiers = [{"above": money(30_00), "approvals": 1}]
    settle_on(owner, group, "change_voting", {"tiers": tiers, "part_percent": 50, "objection_hours": 24})
    settle_on(owner, group, "approve_payment", {"amount": money(35_00), "subject": "冰箱"})
    buy(owner, group, shop, 31_00)
    assert owner.source is not None
    withdraw_shared(
        actor=owner.user, group_id=group.pk, source_id=owner.source.pk, amount=3_00, memo="房租", now=world.now
    )
    world.wait()


def hold(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> None:
    """Let two payments be contested, one of them for good, and two orders stop some money, one of them for a moment.

    Of what was conceded a part comes back; and a transfer that is contested and conceded fails at the rail.
    """
    for is_conceded in (True, False):
        number = buy(member, group, shop, 4_00)
        payment = Payment.objects.filter(group=group, status="settled").order_by("-id")[0]
        asked = {"payment": str(payment.pk), "reason": "这不是家用"}
        dispute = owner.api.post(f"/groups/{group.pk}/disputes", asked).expect(201)["id"]
        if is_conceded:
            member.api.post(f"/groups/{group.pk}/disputes/{dispute}/concede").expect(200)
            shop.refund(number, 2_00).expect(201)
    rent = take_out(world, member, group, 4_00, "late_failed")
    dispute = contest_transfer(owner, group, rent).expect(201)["id"]
    member.api.post(f"/groups/{group.pk}/disputes/{dispute}/concede").expect(200)
    world.wait(60)
    clerk, chief = (User.objects.create_superuser(name) for name in ("clerk", "chief"))
    for days in (1, 30):
        asked_for = ask_legal_hold(
            operator=clerk,
            group_id=group.pk,
            user_id=owner.id,
            amount=5_00,
            order_reference="(2026)沪0101财保12号",
            reason="preservation",
            ends_at=world.now + timedelta(days=days),
            now=world.now,
        )
        approve_legal_hold(operator=chief, group_id=group.pk, hold_id=asked_for.pk, now=world.now)
    assert end_legal_holds(now=world.now + timedelta(days=1)) == 1


@contextmanager
def planted(fault: Fault, wallet: uuid.UUID) -> Iterator[None]:
    """Plant a fault inside the block; afterwards nothing of it is left."""
    other = run("SELECT id FROM ledger_wallet WHERE id <> %s", wallet)[0][0]
    with transaction.atomic():
        with without_triggers(*BOOKS):
            run("SET CONSTRAINTS ALL IMMEDIATE")
            for drop in (*fault.drops, *FOREIGN_KEYS):
                table, _, name = drop.rpartition(".")
                run(f"ALTER TABLE {table} DROP CONSTRAINT {name}" if table else f"DROP INDEX {name}")
            for statement in fault.statements:
                planted = statement.replace("<w>", str(wallet)).replace("<o>", str(other))
                assert _change(planted), f"{fault.says}: {planted} changes nothing"
        yield
        transaction.set_rollback(True)


def _change(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


FOREIGN_KEYS: list[str] = []


@pytest.fixture(autouse=True)
def _foreign_keys(db: None) -> None:
    """A forger does not stop at foreign keys, nor at checks of amounts."""
    FOREIGN_KEYS[:] = [
        f"{table}.{name}"
        for table, name in run(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid::regclass::text"
            " ~ '^(ledger|funding|autotransfers|spending|rules|disputes|rails|members|yields)_'"
        )
    ]


def test_every_planted_fault_is_found_by_its_class_and_no_other(story: Group) -> None:
    wrong = {}
    for fault in FAULTS:
        with planted(fault, story.pk):
            found = check_books()
        if {finding.code for finding in found} != set(fault.finds):
            wrong[fault.says] = found
    assert wrong == {}
    assert check_books() == []


def test_there_are_twenty_faults_and_more_and_one_at_least_for_every_check() -> None:
    assert len({fault.says for fault in FAULTS}) >= 20
    from_here = {"yields", "yield"}
    named = {fault.finds[0] for fault in FAULTS}
    missing = {check.code for check in list_checks()} - named
    assert {code for code in missing if code.split("_")[0] not in from_here} == set()


def test_a_finding_names_the_wallet_and_the_row(story: Group) -> None:
    memo = next(fault for fault in FAULTS if "memo" in fault.says)
    with planted(memo, story.pk):
        (finding,) = check_books()
        assert (finding.code, finding.wallet_id) == ("chain_broken", story.pk)
        (row,) = run("SELECT id FROM ledger_entry WHERE memo = '没有的事'")
        assert finding.row == str(row[0])
        assert check_books(wallet_ids=[story.pk]) == [finding]
        others = [wallet_id for (wallet_id,) in run("SELECT id FROM ledger_wallet WHERE id <> %s", story.pk)]
        assert check_books(wallet_ids=others) == []
        assert check_books(wallet_ids=[]) == []


def test_the_recent_ones_are_those_in_which_something_happened(story: Group, world: World) -> None:
    memo = next(fault for fault in FAULTS if "memo" in fault.says)
    looked_at: list[int] = []
    with planted(memo, story.pk):
        assert len(check_books(since=world.now - timedelta(minutes=1), progress=looked_at.append)) == 1
        assert check_books(since=world.now + timedelta(minutes=1)) == []
    assert looked_at == [1]


def test_the_command_prints_a_table_and_fails_with_the_rows(story: Group) -> None:
    out = StringIO()
    call_command("check_books", stdout=out)
    assert "  right  chain_broken" in out.getvalue()
    assert "2 wallets looked at, 0 findings" in out.getvalue()
    gap = next(fault for fault in FAULTS if fault.says == "an event is gone")
    with planted(gap, story.pk):
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("check_books", "--wallet", str(story.pk), stdout=out)
        assert ended.value.code == 1
    assert "      1  sequence_gap" in out.getvalue()
    assert f"sequence_gap: wallet {story.pk}, {story.pk}: sequence " in out.getvalue()
    out = StringIO()
    call_command("check_books", "--recent", "1", stdout=out)
    assert "0 findings" in out.getvalue()


def test_two_checks_do_not_share_a_code() -> None:
    with pytest.raises(AssertionError):
        add_check("chain_broken", "", "")
    assert all(check.says.endswith(".") for check in list_checks())


def check_filled(wallets: int, each: int, now: datetime, *, seconds_max: float) -> None:
    """Fill wallets, and look at them: nothing is wrong, and it did not take long."""
    fill(wallets, each, [sign_up(phone=f"+8613700000{n:03}", now=now) for n in range(2)], now)
    assert run("SELECT count(*) FROM ledger_entry") == [(wallets * each,)]
    started = time.monotonic()
    assert check_books() == []
    took = time.monotonic() - started
    print(f"{wallets * each:,} entries checked in {took:.1f} s")
    assert took < seconds_max


def test_a_clean_book_gives_no_false_alarm(world: World) -> None:
    check_filled(5, 1_000, world.now, seconds_max=5)


@pytest.mark.proof
def test_a_clean_book_of_100_000_entries_gives_no_false_alarm(transactional_db: None, world: World) -> None:
    check_filled(50, 2_000, world.now, seconds_max=20)
