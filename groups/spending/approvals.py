"""Payments so large that others are asked: when they are refused; approved by vote, they are paid with a new code.

What was approved is one payment of one member, up to the amount, shared as it was asked for, at the merchant it was
asked for at, within `APPROVED_PAYMENT_LIFE_MINUTES`. The money and every limit are judged again when it is paid.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from groups.members.models import Group
from groups.members.rights import RIGHTS, Right
from groups.proposals.errors import ProposalOpenAlready, TooManyProposals
from groups.proposals.models import Proposal
from groups.proposals.quorums import Elector, some
from groups.proposals.services import open_proposal
from groups.rules.errors import ApprovalRequired
from groups.rules.judging import tier_of
from groups.spending.models import ApprovedPayment, Payment
from groups.spending.till import Till
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.refusals import Refusal

KIND = "approve_payment"


def check_approval(till: Till, payment: Payment, now: datetime) -> ApprovedPayment | None:
    """Find the approval that a payment needs; None where it needs none.

    :raises ApprovalRequired: when it needs one and there is none.
    """
    tier = tier_of(till.rules.tiers, payment.amount)
    if tier is None or not some(_electors(till), tier.approvals, but=[payment.user_id]).needed:
        return None
    usable = ApprovedPayment.objects.filter(
        Q(merchant__isnull=True) | Q(merchant=payment.merchant_id),
        group=payment.group_id,
        user=payment.user_id,
        payment__isnull=True,
        expires_at__gt=now,
        amount_max__gte=payment.amount,
    )
    for approved in usable.select_related("proposal").order_by("amount_max"):
        if approved.proposal.payload.items() >= _shared_so(till).items():
            return approved
    raise ApprovalRequired(above=tier.above)


def _shared_so(till: Till) -> dict[str, Any]:
    """Write down how a code shares what is paid, for those who are asked to approve it."""
    choice = till.code.choice
    rule = None if choice.is_by(till.sharing_rule) else choice.rule
    return {"sharing_rule": rule, "participants": [str(user_id) for user_id in choice.names]}


def _electors(till: Till) -> list[Elector]:
    return [Elector(stake.user_id, Right.SPEND in RIGHTS[stake.role], stake.balance) for stake in till.stakes]


def use_approval(approved: ApprovedPayment, payment: Payment) -> None:
    """Note which payment it was for: it is good for no other."""
    row = ApprovedPayment.objects.filter(group=payment.group_id, pk=approved.pk, payment__isnull=True)
    assert row.update(payment=payment) == 1, "an approval is good for one payment"


def ask_approval(wallet: Wallet, till: Till, payment: Payment, now: datetime) -> Refusal | None:
    """Ask the others to approve what is refused, if they are not asked already; say why it cannot be asked."""
    asked = {"amount": payment.amount, "merchant": payment.merchant_id, "subject": payment.subject}
    payload = asked | _shared_so(till)
    group, payer = Group.objects.get(pk=wallet.pk), User.objects.get(pk=payment.user_id)
    try:
        open_proposal(wallet=wallet, group=group, proposer=payer, kind=KIND, payload=payload, now=now)
    except TooManyProposals as refusal:
        return refusal
    except ProposalOpenAlready:
        pass
    return None


def approve(
    proposal: Proposal, *, group: Group, amount_max: int, merchant_id: uuid.UUID | None, now: datetime
) -> ApprovedPayment:
    """Let the proposer pay up to an amount (fen), once, within the time that approvals live."""
    return ApprovedPayment.objects.create(
        group=group,
        proposal=proposal,
        user_id=proposal.proposer_id,
        merchant_id=merchant_id,
        amount_max=amount_max,
        expires_at=now + timedelta(minutes=settings.APPROVED_PAYMENT_LIFE_MINUTES),
    )
