"""The last vote on sharing a payment anew, and the merchant giving all of it back, at the same moment.

Each has worked out from what is left what it will post before either posts. As it is, whoever comes second works it out
anew. Without the wallet's lock the database holds laws 7 and 9, and one of the two is refused. With the laws gone too,
those who should have borne nothing get back what they bore twice, at the cost of who agreed to bear it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from groups.members.models import Group
from groups.proposals.models import Proposal
from groups.proposals.services import vote
from groups.spending.models import Payment
from groups.spending.resharing import Asked, propose_reshare
from groups.spending.services import refund
from tests.cast import Person, Shop, World, buy, pay_in, stakes_of
from tests.proofs.crowd import MeetingPoint, at_once, take_lock_off, without_laws_of_postings
from wallet.ledger.checks import check_books
from wallet.ledger.errors import ReversalTooLarge
from wallet.ledger.services import post_entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def proposal(world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop) -> Proposal:
    """王芳 paid 90.00 of three times 100.00, borne alike, and would bear it alone; only 李梅's vote is missing."""
    for person in (owner, member, viewer):
        pay_in(world, person, group, 100_00)
    buy(member, group, shop, 90_00)
    payment, now = Payment.objects.get(group=group), timezone.now()
    asked = Asked("payer")
    made = propose_reshare(actor=member.user, group_id=group.pk, payment_id=payment.pk, asked=asked, now=now)
    return vote(actor=owner.user, group_id=group.pk, proposal_id=made.pk, choice="approve", now=now)


def race(proposal: Proposal, viewer: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch, amount: int) -> list[object]:
    """Let the last vote be cast and the merchant give back, each before either has posted."""
    monkeypatch.setattr("wallet.ledger.services.post_entry", MeetingPoint(2).before(post_entry))
    now, number = timezone.now(), Payment.objects.get(group=proposal.group_id).out_trade_no
    this: dict[str, Any] = {"group_id": proposal.group_id, "proposal_id": proposal.pk}
    acts: list[Callable[[], object]] = [
        partial(vote, actor=viewer.user, choice="approve", now=now, **this),
        partial(refund, merchant=shop.merchant, out_trade_no=number, amount=amount, out_request_no="all", now=now),
    ]
    outcomes = at_once(acts)
    proposal.refresh_from_db()
    return outcomes


def test_whoever_comes_first_a_part_is_back_with_who_bears_it(
    group: Group, proposal: Proposal, viewer: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = race(proposal, viewer, shop, monkeypatch, 45_00)
    assert not [each for each in outcomes if isinstance(each, Exception)], outcomes
    assert proposal.status == "approved"
    assert stakes_of(group) == {"张伟": 100_00, "王芳": 55_00, "李梅": 100_00}


def test_whoever_comes_first_nobody_gains(
    group: Group, proposal: Proposal, viewer: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = race(proposal, viewer, shop, monkeypatch, 90_00)
    assert not [each for each in outcomes if isinstance(each, Exception)], outcomes
    assert proposal.status in ("approved", "failed")
    assert stakes_of(group) == {"张伟": 100_00, "王芳": 100_00, "李梅": 100_00}


def test_without_the_lock_the_database_lets_one_of_them_through(
    group: Group, proposal: Proposal, viewer: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    _vote, given = race(proposal, viewer, shop, monkeypatch, 90_00)
    if proposal.status == "approved":
        assert isinstance(given, ReversalTooLarge)
        assert stakes_of(group) == {"张伟": 100_00, "王芳": 10_00, "李梅": 100_00}
    else:
        assert (proposal.status, proposal.outcome) == ("failed", {"code": "shares_changed"})
        assert stakes_of(group) == {"张伟": 100_00, "王芳": 100_00, "李梅": 100_00}


@pytest.mark.plants_a_fault
def test_without_the_lock_and_the_laws_who_bore_it_has_it_back_twice(
    group: Group, proposal: Proposal, viewer: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock_off(monkeypatch)
    with without_laws_of_postings():
        outcomes = race(proposal, viewer, shop, monkeypatch, 90_00)
        assert not [each for each in outcomes if isinstance(each, Exception)], outcomes
        assert stakes_of(group) == {"张伟": 130_00, "王芳": 40_00, "李梅": 130_00}
        assert {"reversal_too_large", "correction_wrong"} <= {finding.code for finding in check_books()}
