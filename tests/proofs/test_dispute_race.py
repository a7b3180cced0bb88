"""Everybody ends one dispute at the same moment: who paid, who contests, two operators, and the deadline.

As it is, there is one outcome. Without the wallet's lock, the row still ends once; without that too, several are told,
and the books still move the money once. With the last guard gone the same race pays out what was held more than once.

And the merchant gives everything back while the respondent concedes: whoever comes first, who contested has it once;
without the lock, twice.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db.models import Q
from django.utils import timezone

from groups.disputes.errors import DisputeClosed
from groups.disputes.models import Dispute
from groups.disputes.selectors import get_dispute, held_of, share_left
from groups.disputes.services import concede, contest, decide_dispute, expire_disputes, withdraw
from groups.members.models import Group
from groups.spending.changes import refunding
from groups.spending.models import Payment
from groups.spending.services import refund
from tests.cast import Person, Shop, World, balance_of, buy, pay_in, stakes_of
from tests.proofs.crowd import MeetingPoint, at_once, take_lock_off
from wallet.identity.models import User
from wallet.ledger.checks import check_books
from wallet.ledger.models import Account, Entry
from wallet.ledger.selectors import balance_as_of, system_account

pytestmark = pytest.mark.django_db(transaction=True)
OUTCOMES = "groups.disputes.services.outcomes"


@pytest.fixture
def dispute(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> Dispute:
    """王芳 paid 40.00 and has 60.00; 张伟 bore 30.00 of it, which are held. 360.00 are in the group, those included."""
    pay_in(world, owner, group, 300_00)
    pay_in(world, member, group, 100_00)
    buy(member, group, shop, 40_00)
    payment = Payment.objects.get(group=group)
    now = timezone.now()
    return contest(actor=owner.user, group_id=group.pk, payment_id=payment.pk, reason="这不是家用", now=now)


def race(dispute: Dispute, people: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Let five end it at once, each of whom has read it open before any of them writes."""
    owner, member = people
    clerks = [User.objects.create_superuser(name) for name in ("clerk", "chief")]
    just_before = dispute.deadline_at - timedelta(seconds=1)
    this = {"group_id": dispute.group_id, "dispute_id": dispute.pk, "now": just_before}
    acts: list[Callable[[], object]] = [
        partial(concede, actor=member.user, **this),
        partial(withdraw, actor=owner.user, **this),
        partial(decide_dispute, operator=clerks[0], uphold=False, reason="是家用", **this),
        partial(decide_dispute, operator=clerks[1], uphold=True, reason="不是家用", amount=12_00, **this),
        partial(expire_disputes, now=dispute.deadline_at),
    ]
    monkeypatch.setattr(f"{OUTCOMES}.get_dispute", MeetingPoint(len(acts)).after(get_dispute))
    return at_once(acts)


def count_ends(outcomes: list[object]) -> int:
    """Count who ended it; all others were told that it is over, or found nothing to do."""
    ends = [each for each in outcomes if isinstance(each, Dispute) or each == 1]
    assert all(isinstance(each, DisputeClosed) or each == 0 for each in outcomes if each not in ends), outcomes
    return len(ends)


def held(group: Group) -> int:
    return balance_as_of(system_account(group.wallet, Account.Kind.HELD), timezone.now() + timedelta(days=365))


def moves(group: Group) -> int:
    return Entry.objects.filter(wallet=group.pk, reference__startswith="dispute-outcome:").count()


def assert_one_outcome(group: Group, dispute: Dispute) -> None:
    """The money is where the one outcome says."""
    dispute.refresh_from_db()
    assert dispute.status != Dispute.Status.OPEN
    awarded = dispute.awarded or 0
    assert stakes_of(group) == {"张伟": 270_00 + awarded, "王芳": 90_00 - awarded, "李梅": 0}
    assert held(group) == held_of(group.pk, dispute.respondent_id) == 0
    assert moves(group) == 1


def test_one_outcome(
    group: Group, dispute: Dispute, owner: Person, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert count_ends(race(dispute, (owner, member), monkeypatch)) == 1
    assert_one_outcome(group, dispute)


def test_without_the_lock_the_row_ends_once(
    group: Group, dispute: Dispute, owner: Person, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    assert count_ends(race(dispute, (owner, member), monkeypatch)) == 1
    assert_one_outcome(group, dispute)


@pytest.mark.plants_a_fault
def test_without_the_lock_and_the_row_the_books_move_the_money_once(
    group: Group, dispute: Dispute, owner: Person, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    monkeypatch.setattr(f"{OUTCOMES}.STILL_OPEN", Q())
    race(dispute, (owner, member), monkeypatch)
    assert held(group) == 0
    assert moves(group) == 1
    assert balance_of(group) == 360_00


@pytest.mark.plants_a_fault
def test_without_the_last_guard_what_was_held_is_paid_out_again(
    group: Group, dispute: Dispute, owner: Person, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    monkeypatch.setattr(f"{OUTCOMES}.STILL_OPEN", Q())
    monkeypatch.setattr(f"{OUTCOMES}.outcome_reference", lambda dispute: f"dispute-outcome:{dispute.pk}:{uuid.uuid4()}")
    race(dispute, (owner, member), monkeypatch)
    assert moves(group) == 5
    assert held(group) == -4 * 30_00
    assert balance_of(group) == 360_00 + 4 * 30_00
    assert {"held_sum", "dispute_entry"} <= {finding.code for finding in check_books()}


def concede_while_it_is_refunded(dispute: Dispute, member: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the respondent concede and the merchant give everything back, each before either knows of the other."""
    point = MeetingPoint(2)
    monkeypatch.setattr(f"{OUTCOMES}.share_left", point.after(share_left))
    monkeypatch.setattr(refunding, "tell", point.after(refunding.tell))
    assert dispute.payment is not None
    now, number = timezone.now(), dispute.payment.out_trade_no
    acts: list[Callable[[], object]] = [
        partial(concede, actor=member.user, group_id=dispute.group_id, dispute_id=dispute.pk, now=now),
        partial(
            refund, merchant=shop.merchant, out_trade_no=number, amount=40_00, out_request_no="everything", now=now
        ),
    ]
    outcomes = at_once(acts)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    dispute.refresh_from_db()


def test_conceded_and_refunded_at_once_nobody_gains(
    group: Group, dispute: Dispute, member: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    concede_while_it_is_refunded(dispute, member, shop, monkeypatch)
    assert dispute.status == Dispute.Status.CONCEDED
    assert dispute.repaid == dispute.awarded
    assert stakes_of(group) == {"张伟": 300_00, "王芳": 100_00, "李梅": 0}


@pytest.mark.plants_a_fault
def test_without_the_lock_who_contests_has_it_twice(
    group: Group, dispute: Dispute, member: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    concede_while_it_is_refunded(dispute, member, shop, monkeypatch)
    assert stakes_of(group) == {"张伟": 330_00, "王芳": 70_00, "李梅": 0}
    assert "dispute_gain" in {finding.code for finding in check_books()}
