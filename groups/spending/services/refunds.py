"""A merchant gives part of a payment back, by its shares as they are now."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from groups.rules.services import uncount_spend
from groups.spending import events
from groups.spending.changes import refunding
from groups.spending.errors import PaymentNotSettled, RefundNumberReused, RefundTooLarge
from groups.spending.models import Merchant, Payment, Refund
from groups.spending.selectors import get_trade_payment
from wallet.ledger.models import Entry, Wallet
from wallet.ledger.services import lock_wallet, reverse_entry


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refund, and whether it was known before."""

    refund: Refund
    replayed: bool


@transaction.atomic
def refund(*, merchant: Merchant, out_trade_no: str, amount: int, out_request_no: str, now: datetime) -> Refunded:
    """Give part of a payment back (fen, > 0), by its shares as they are now; also to members who have left.

    :raises PaymentNotFound: when the number stands for nothing.
    :raises PaymentNotSettled: when the payment was refused.
    :raises RefundTooLarge: when less than that is left of the payment.
    :raises RefundNumberReused: when the number stands for another amount.
    """
    wallet = lock_wallet(get_trade_payment(merchant, out_trade_no).group_id)
    payment = get_trade_payment(merchant, out_trade_no)
    known = Refund.objects.filter(group=wallet.pk, payment=payment, out_request_no=out_request_no).first()
    if known is not None:
        known.payment = payment
        if known.amount != amount:
            raise RefundNumberReused
        return Refunded(known, replayed=True)
    if payment.entry_id is None:
        raise PaymentNotSettled
    left = payment.amount - payment.refunded
    if amount > left:
        raise RefundTooLarge(left=left)
    return Refunded(_give_back(wallet, payment, amount, out_request_no, now), replayed=False)


def _give_back(wallet: Wallet, payment: Payment, amount: int, out_request_no: str, now: datetime) -> Refund:
    assert payment.entry_id is not None
    given = Refund(group_id=wallet.pk, payment=payment, out_request_no=out_request_no, amount=amount, created_at=now)
    given.counted_in = uncount_spend(payment.group, payment.user_id, amount, payment.counted_in, now)
    payment.refunded += amount
    given.entry = reverse_entry(
        wallet=wallet,
        entry=Entry.objects.get(wallet=wallet, pk=payment.entry_id),
        kind="refund",
        reference=f"refund:{given.pk}",
        amount=amount,
        event=events.payment_refunded(
            payment=payment.pk,
            refund=given.pk,
            merchant=payment.merchant.name,
            amount=amount,
            refunded=payment.refunded,
        ),
        memo=f"{payment.merchant.name} {payment.subject}"[:200],
        now=now,
    )
    given.save(force_insert=True)
    Payment.objects.filter(group=wallet.pk, pk=payment.pk).update(refunded=payment.refunded)
    refunding.tell(wallet, given, now)
    return given
