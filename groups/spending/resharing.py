"""Sharing a settled payment anew, afterwards, by agreement of those concerned.

What is voted on are shares: whoever proposes names a rule, as for a payment code, and it is worked out at once, on the
stakes as they would be had those who are in the group not borne anything of it. Everybody whose share would change has
to agree; all others bear what they bear. Only what is left after refunds is shared, and only among current members:
what somebody bore who has left stays theirs, and so does a share that a dispute has decided about.

When it is carried out, under the wallet's lock, what those concerned bear by then is split by the shares that were
agreed. A refund can only have made it less, and nobody ever bears more than they have agreed to. What is posted is one
correcting entry between their stakes (law 9); refunds, disputes and bills follow it, because they read what is left.
Limits count who paid, not who bears, and stay as they are.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from groups.members.models import Group, SharingRule
from groups.members.rights import Right
from groups.members.selectors import access_group
from groups.proposals.models import Proposal
from groups.proposals.services import open_proposal
from groups.rules.errors import NothingToChange, ParticipantUnknown
from groups.rules.sharing import Choice, Stake, list_shareable, share
from groups.spending import events
from groups.spending.changes import Contest, read_contests
from groups.spending.errors import (
    NotConcerned,
    NothingToReshare,
    PaymentContested,
    PaymentNotFound,
    PaymentNotSettled,
    ResharedMeanwhile,
    ShareDecided,
)
from groups.spending.models import Payment
from groups.spending.selectors import list_payments
from wallet.api.fields import money
from wallet.identity.models import User
from wallet.identity.services import Allowance
from wallet.ledger.errors import InsufficientFunds
from wallet.ledger.models import Entry, Wallet
from wallet.ledger.money import split
from wallet.ledger.remains import Remains, read_remains
from wallet.ledger.services import correct_entry, lock_wallet

KIND = "reshare_payment"
Shares = dict[uuid.UUID, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """How somebody wants a payment to be shared: by which rule, and among whom or by which weights."""

    sharing_rule: str
    participants: Sequence[uuid.UUID] = ()
    weights: Mapping[uuid.UUID, int] | None = None

    @property
    def choice(self) -> Choice:
        return Choice(self.sharing_rule, list(self.weights or self.participants))


@dataclass(frozen=True, slots=True)
class Bill:
    """A payment, what is left of its entry, and what was contested of it."""

    payment: Payment
    remains: Remains
    contest: Contest

    @property
    def bears(self) -> Shares:
        """Who bears how much of it now (fen), those who left included."""
        return self.remains.shares


def read_bills(group_id: uuid.UUID, payment_ids: Collection[Any]) -> dict[uuid.UUID, Bill]:
    """Read some payments of a group with what is left of them, by payment."""
    payments = list(list_payments(group_id).filter(pk__in=payment_ids))
    remains = read_remains(group_id, [payment.entry_id for payment in payments if payment.entry_id])
    contests = read_contests(group_id, [payment.pk for payment in payments])
    return {
        payment.pk: Bill(
            payment,
            remains[payment.entry_id] if payment.entry_id else Remains(),
            contests.get(payment.pk, Contest()),
        )
        for payment in payments
    }


def get_bill(bills: Mapping[uuid.UUID, Bill], payment_id: uuid.UUID) -> Bill:
    """Get one of these bills, if it may be shared anew at all.

    :raises PaymentNotFound: when it is not among them.
    :raises PaymentNotSettled: when the payment was refused.
    :raises PaymentContested: while a dispute about it is undecided.
    """
    bill = bills.get(payment_id)
    if bill is None:
        raise PaymentNotFound
    if bill.payment.entry_id is None:
        raise PaymentNotSettled
    if bill.contest.is_open:
        raise PaymentContested
    return bill


def work_out(bill: Bill, asked: Asked, stakes: Sequence[Stake]) -> Shares:
    """Work out what everybody whose share may change would bear of what they bear now together (fen, by member).

    :raises NothingToReshare: when that is nothing.
    :raises ShareDecided: when somebody is named about whose share a dispute has decided.
    :raises ParticipantUnknown: when somebody named, or the payer who shall bear it, is not in the group.
    :raises InsufficientFunds: when a share would bring a stake below its floor.
    """
    bears, choice = bill.bears, asked.choice
    named = {bill.payment.user_id} if choice.rule == SharingRule.PAYER else set(choice.names)
    if named & bill.contest.decided:
        raise ShareDecided
    weights = asked.weights or {}
    undone = [
        replace(
            stake,
            balance=stake.balance + bears.get(stake.user_id, 0),
            weight=weights.get(stake.user_id, stake.weight),
        )
        for stake in stakes
        if stake.user_id not in bill.contest.decided
    ]
    if not named <= {stake.user_id for stake in undone}:
        raise ParticipantUnknown
    together = sum(bears.get(stake.user_id, 0) for stake in undone)
    if together <= 0:
        raise NothingToReshare
    shares = share(together, rule=choice.rule, stakes=undone, payer_id=bill.payment.user_id, participants=choice.names)
    return {stake.user_id: shares.get(stake.user_id, 0) for stake in undone}


@transaction.atomic
def propose_reshare(
    *,
    actor: User,
    group_id: uuid.UUID,
    payment_id: uuid.UUID,
    asked: Asked,
    now: datetime,
    amount_max: int | None = None,
) -> Proposal:
    """Propose to share a settled payment anew; everybody else whose share would change has to agree.

    The actor may take on no more than `amount_max` (fen): what the proof lets out with which it is proposed.

    :raises NotConcerned: when the actor has not paid it, and neither bears a part of it nor would.
    :raises NothingToChange: when everybody would bear what they bear.
    :raises ProposalOpenAlready: and what else `open_proposal`, `get_bill` and `work_out` refuse.
    """
    wallet = lock_wallet(group_id)
    group = access_group(actor, group_id, Right.SPEND).group
    bill = get_bill(read_bills(group_id, [payment_id]), payment_id)
    shares = work_out(bill, asked, list_shareable(group_id))
    if actor.pk not in {bill.payment.user_id, *bill.bears, *(user_id for user_id, part in shares.items() if part)}:
        raise NotConcerned
    payload = _write_payload(bill, asked, shares)
    Allowance(amount_max).check(rise_of(actor.pk, payload))
    return open_proposal(wallet=wallet, group=group, proposer=actor, kind=KIND, payload=payload, now=now)


def _write_payload(bill: Bill, asked: Asked, shares: Shares) -> dict[str, Any]:
    changes = [
        {"user": str(user_id), "before": bill.bears.get(user_id, 0), "after": after}
        for user_id, after in sorted(shares.items())
        if after != bill.bears.get(user_id, 0)
    ]
    if not changes:
        raise NothingToChange
    weights = sorted((asked.weights or {}).items())
    return {
        "payment": str(bill.payment.pk),
        "sharing_rule": asked.sharing_rule,
        "participants": [] if weights else [str(user_id) for user_id in asked.choice.names],
        "weights": [{"user": str(user_id), "weight": weight} for user_id, weight in weights],
        "reshared": len(bill.remains.corrections),
        "shares": changes,
    }


def agreed_shares(payload: Mapping[str, Any]) -> Shares:
    """Read from a payload what each of those concerned would bear (fen)."""
    return {uuid.UUID(str(row["user"])): row["after"] for row in payload.get("shares", [])}


def rise_of(user_id: uuid.UUID, payload: Mapping[str, Any]) -> int:
    """Say how much more somebody would bear (fen): what leaves their stake."""
    return sum(max(0, row["after"] - row["before"]) for row in payload["shares"] if str(row["user"]) == str(user_id))


def settle_shares(bill: Bill, payload: Mapping[str, Any], stakes: Sequence[Stake]) -> Shares:
    """Say what each of those concerned would bear now by what was agreed (fen); nobody more than that.

    Who has left, or was awarded something, and should have borne nothing, keeps what they bear; should they have borne
    a part, it is not what was agreed any more.

    :raises ResharedMeanwhile: when it was shared anew since it was proposed.
    :raises ParticipantUnknown: when somebody who should bear a part has left.
    :raises ShareDecided: when a dispute has decided about the share of such a one.
    :raises NothingToChange: when everybody bears already what they would.
    :raises InsufficientFunds: when a stake would fall below its floor.
    """
    if len(bill.remains.corrections) != payload["reshared"]:
        raise ResharedMeanwhile
    agreed = agreed_shares(payload)
    here = {stake.user_id: stake for stake in stakes}
    for user_id, after in agreed.items():
        if after and user_id in bill.contest.decided:
            raise ShareDecided
        if after and user_id not in here:
            raise ParticipantUnknown
    concerned = [here[user_id] for user_id in agreed if user_id in here and user_id not in bill.contest.decided]
    bears = {stake.user_id: bill.bears.get(stake.user_id, 0) for stake in concerned}
    shares = _split_among(concerned, sum(bears.values()), agreed)
    if shares == bears:
        raise NothingToChange
    if any(here[user_id].balance + bears[user_id] - after < here[user_id].floor for user_id, after in shares.items()):
        raise InsufficientFunds
    return shares


def _split_among(concerned: Sequence[Stake], together: int, agreed: Shares) -> Shares:
    weights = {stake.account_id: agreed[stake.user_id] for stake in concerned}
    if together <= 0 or not sum(weights.values()):
        raise NothingToChange
    parts = split(together, weights)
    assert all(parts[key] <= weight for key, weight in weights.items()), "nobody bears more than was agreed"
    return {stake.user_id: parts[stake.account_id] for stake in concerned}


def foresee_reshare(bill: Bill, payload: Mapping[str, Any], stakes: Sequence[Stake]) -> dict[str, Any]:
    """Say what each of those concerned would bear as things stand (fen), and what would be left to everybody."""
    shares = settle_shares(bill, payload, stakes)
    rises = {user_id: after - bill.bears.get(user_id, 0) for user_id, after in shares.items()}
    return {
        "shares": {str(user_id): money(after) for user_id, after in shares.items()},
        "stakes": {str(stake.user_id): money(stake.balance - rises.get(stake.user_id, 0)) for stake in stakes},
    }


def reshare(*, wallet: Wallet, group: Group, proposal: Proposal, actor: User, now: datetime) -> Entry:
    """Share a payment anew as was agreed, under the lock that the caller holds: one entry between stakes.

    :raises Refusal: what `get_bill` and `settle_shares` refuse.
    """
    payment_id = uuid.UUID(proposal.payload["payment"])
    bill = get_bill(read_bills(group.pk, [payment_id]), payment_id)
    stakes = list_shareable(group.pk)
    shares = settle_shares(bill, proposal.payload, stakes)
    payment, accounts = bill.payment, {stake.user_id: stake.account_id for stake in stakes}
    assert payment.entry_id is not None
    return correct_entry(
        wallet=wallet,
        entry=Entry.objects.get(wallet=wallet, pk=payment.entry_id),
        shares={accounts[user_id]: after for user_id, after in shares.items()},
        kind="payment_reshared",
        reference=f"reshare:{proposal.pk}",
        event=events.payment_reshared(
            actor=actor,
            payment=payment.pk,
            merchant=payment.merchant.name,
            proposal=proposal.pk,
            before={user_id: bill.bears.get(user_id, 0) for user_id in shares},
            after=shares,
        ),
        memo=f"{payment.merchant.name} {payment.subject}"[:200],
        now=now,
    )
