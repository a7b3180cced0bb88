"""What comes back after an award goes on to who had made up for it, so that nobody gains from a dispute twice.

A refund goes to those who bore the payment, by its own sharing, and so does a transfer that failed at the rail. Whoever
contested it and was awarded something has had that from the respondent already. As much of what comes back to them as
they were awarded, and have not passed on yet, is the respondent's: a second entry in the same transaction. It moves
between two stakes, whether or not their holders are still in the group; late money follows them.
"""

import uuid
from datetime import datetime

from django.db.models import F, QuerySet

from groups.disputes import events
from groups.disputes.models import Dispute
from groups.disputes.selectors import part_of, parties_of
from groups.funding.models import Withdrawal
from groups.spending.models import Refund
from wallet.ledger.models import Entry, Wallet
from wallet.ledger.selectors import get_stake
from wallet.ledger.services import credit, debit, post_entry


def hear_refund(wallet: Wallet, refund: Refund, now: datetime) -> None:
    """Pass on what a refund has brought to those who were awarded it before."""
    _pass_on(wallet, list_awarded(wallet).filter(payment=refund.payment_id), refund.entry_id, refund.pk, now)


def hear_comeback(wallet: Wallet, withdrawal: Withdrawal, entry: Entry, now: datetime) -> None:
    """Pass on what a failed transfer has brought to those who were awarded it before."""
    _pass_on(wallet, list_awarded(wallet).filter(withdrawal=withdrawal), entry.pk, withdrawal.pk, now)


def list_awarded(wallet: Wallet) -> QuerySet[Dispute]:
    """List the disputes of which something was awarded and not passed on yet."""
    return Dispute.objects.filter(group=wallet.pk, awarded__gt=F("repaid")).order_by("id")


def _pass_on(
    wallet: Wallet, disputes: QuerySet[Dispute], entry_id: uuid.UUID, cause_id: uuid.UUID, now: datetime
) -> None:
    for dispute in disputes:
        amount = min(part_of(wallet, entry_id, dispute.user_id), (dispute.awarded or 0) - dispute.repaid)
        if amount > 0:
            _repay(wallet, dispute, amount, cause_id, now)


def _repay(wallet: Wallet, dispute: Dispute, amount: int, cause_id: uuid.UUID, now: datetime) -> None:
    Dispute.objects.filter(group=wallet.pk, pk=dispute.pk).update(repaid=F("repaid") + amount)
    giver, taker = (get_stake(wallet.pk, user_id) for user_id in (dispute.user_id, dispute.respondent_id))
    post_entry(
        wallet=wallet,
        kind="dispute_refund",
        reference=f"dispute-refund:{dispute.pk}:{cause_id}",
        lines=[debit(giver, amount), credit(taker, amount)],
        event=events.dispute_refunded(**parties_of(dispute), amount=amount),
        now=now,
    )
