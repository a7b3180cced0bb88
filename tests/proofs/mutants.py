"""Twelve ways to break the house, each in a few lines: a guard taken off, a rule bent by one, an order turned round."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from groups.funding.services.drain import Drain
from groups.proposals import quorums
from groups.proposals.selectors import list_open, motion_of
from groups.proposals.services import ending, proposing, voting
from groups.rules import judging, sharing
from groups.rules.judging import Allowed
from groups.spending.selectors import get_trade_payment
from groups.spending.services import refunds
from tests.books import as_owner, run
from tests.proofs.crowd import take_lock_off
from wallet.api import idempotency
from wallet.identity.models import PaymentPin
from wallet.identity.pins import is_pin
from wallet.identity.services import pins
from wallet.ledger import services as ledger
from wallet.ledger.errors import InsufficientFunds
from wallet.ledger.models import Wallet

Patch = pytest.MonkeyPatch


def lock_off(patch: Patch) -> None:
    take_lock_off(patch)


def float_shares(patch: Patch) -> None:
    def split(amount: int, weights: dict[Any, int]) -> dict[Any, int]:
        return {key: round(amount * (weight / sum(weights.values()))) for key, weight in weights.items()}

    patch.setattr(sharing, "split", split)


def limit_off_by_one(patch: Patch) -> None:
    exact = judging.allowances
    patch.setattr(judging, "allowances", lambda rules: (Allowed(a.limit, a.amount, a.left + 1) for a in exact(rules)))


def unique_dropped(patch: Patch) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with as_owner():
        run("ALTER TABLE proposals_vote DROP CONSTRAINT proposals_vote_once")


def replay_after_funds(patch: Patch) -> None:
    replay = idempotency._replay

    def judge_first(first: Any, fingerprint: bytes) -> Any:
        if not Wallet.objects.get(pk=first.wallet_id).balance:
            raise InsufficientFunds(available=0)
        return replay(first, fingerprint)

    patch.setattr(idempotency, "_replay", judge_first)


def own_vote_counts(patch: Patch) -> None:
    everybody = quorums.everybody
    patch.setattr(quorums, "everybody", lambda electors, *, but: everybody(electors, but=[]))
    patch.setattr(voting, "_check_has_vote", lambda actor, proposal, standing: None)


def expiry_approves(patch: Patch) -> None:
    def approve(wallet: Wallet, now: datetime) -> int:
        for proposal in list(list_open(wallet.pk)):
            ending._execute(wallet, proposal, motion_of(proposal, proposal.group), now)
        return 1

    for module in (ending, proposing):
        patch.setattr(module, "end_overdue", approve)


def refunds_forgotten(patch: Patch) -> None:
    """What was given back before counts neither in the payment nor in what is left of its lines."""
    find = get_trade_payment

    def find_untouched(*args: Any) -> Any:
        payment = find(*args)
        payment.refunded = 0
        return payment

    patch.setattr(refunds, "get_trade_payment", find_untouched)
    patch.setattr(
        ledger, "remaining_lines", lambda *, wallet, entry: dict(entry.postings.values_list("account_id", "amount"))
    )


def drain_guard_off(patch: Patch) -> None:
    patch.setattr(Drain, "holds", lambda *_args, **_kwargs: False)


def income_rounded(patch: Patch) -> None:
    """Bend the function in the database, which the test's rollback brings back."""
    ((function,),) = run("SELECT pg_get_functiondef('yields_credit_locked'::regproc)")
    bent = function.replace("s.base * v_rate / 100000000 AS", "round(s.base * v_rate / 100000000.0)::bigint AS")
    assert bent != function
    with as_owner():
        run(bent)


def pin_counted_after_comparing(patch: Patch) -> None:
    compare = is_pin
    patch.setattr(pins, "count_try", lambda *, user, now: PaymentPin.objects.filter(user=user).first())

    def then_count(pin: str, *, user_id: Any, pin_hash: str) -> bool:
        is_right = compare(pin, user_id=user_id, pin_hash=pin_hash)
        if not is_right:
            run("UPDATE identity_paymentpin SET tries = tries + 1 WHERE user_id = %s", user_id)
        return is_right

    patch.setattr(pins, "is_pin", then_count)


def told_before_commit(patch: Patch) -> None:
    patch.setattr("django.db.transaction.on_commit", lambda hear: hear())


MUTANTS: list[Callable[[Patch], None]] = [
    lock_off,
    float_shares,
    limit_off_by_one,
    unique_dropped,
    replay_after_funds,
    own_vote_counts,
    expiry_approves,
    refunds_forgotten,
    drain_guard_off,
    income_rounded,
    pin_counted_after_comparing,
    told_before_commit,
]
