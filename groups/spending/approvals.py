"""Payments so large that others are asked: when they are refused; approved by vote, they are paid with a new code.

What was approved is one payment of one member, up to the amount, at the merchant it was asked for at, within
`APPROVED_PAYMENT_LIFE_MINUTES`. The money and every limit are judged again when it is paid.
"""

import uuid
from contextlib import suppress
from datetime import datetime, timedelta

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
    approved = usable.order_by("amount_max").first()
    if approved is None:
        raise ApprovalRequired(above=tier.above)
    return approved


def _electors(till: Till) -> list[Elector]:
    return [Elector(stake.user_id, Right.SPEND in RIGHTS[stake.role], stake.balance) for stake in till.stakes]


def use_approval(approved: ApprovedPayment, payment: Payment) -> None:
    """Note which payment it was for: it is good for no other."""
    row = ApprovedPayment.objects.filter(group=payment.group_id, pk=approved.pk, payment__isnull=True)
    assert row.update(payment=payment) == 1, "an approval is good for one payment"


def ask_approval(wallet: Wallet, payment: Payment, now: datetime) -> None:
    """Ask the others to approve what was refused; where it is asked already, that is enough."""
    payload = {"amount": payment.amount, "merchant": payment.merchant_id, "subject": payment.subject}
    group, payer = Group.objects.get(pk=wallet.pk), User.objects.get(pk=payment.user_id)
    with suppress(ProposalOpenAlready, TooManyProposals):
        open_proposal(wallet=wallet, group=group, proposer=payer, kind=KIND, payload=payload, now=now)


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
