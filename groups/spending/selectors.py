"""Reads of payments, codes and merchants."""

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet

from groups.spending.codes import hash_code, is_well_formed
from groups.spending.errors import CodeUnknown, PaymentNotFound
from groups.spending.models import Merchant, MerchantKey, Payment, PaymentCode, TradeNumber
from groups.spending.till import Lead, find_lead
from wallet.identity.errors import PinRecentlyReset
from wallet.refusals import Refusal, get_refusal


def find_code(code: str) -> Lead:
    """Find where a payment code leads.

    :raises CodeUnknown: when it leads nowhere.
    """
    lead = find_lead(hash_code(code)) if is_well_formed(code) else None
    if lead is None:
        raise CodeUnknown
    return lead


def active_merchants(merchant_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Look up which of these merchants sell something now."""
    return set(Merchant.objects.filter(pk__in=merchant_ids, is_active=True).values_list("pk", flat=True))


def find_trade(merchant: Merchant, out_trade_no: str) -> TradeNumber | None:
    """Find what a merchant's number stands for."""
    return TradeNumber.objects.filter(merchant=merchant, out_trade_no=out_trade_no).first()


def get_trade_payment(merchant: Merchant, out_trade_no: str) -> Payment:
    """Get a merchant's payment by the merchant's number.

    :raises PaymentNotFound: when the number stands for nothing.
    """
    trade = find_trade(merchant, out_trade_no)
    if trade is None:
        raise PaymentNotFound
    return Payment.objects.select_related("merchant", "group").get(group=trade.wallet_id, pk=trade.payment_id)


def get_refusal_of(payment: Payment) -> Refusal:
    """Say again with what a payment was refused, and, where it was more than its code let out, how much that is."""
    kind = get_refusal(payment.refusal_code)
    if kind is not PinRecentlyReset:
        return kind()
    return kind(amount_max=PaymentCode.objects.get(group=payment.group_id, pk=payment.code_id).amount_max)


def list_payments(group_id: uuid.UUID) -> QuerySet[Payment]:
    """List the payments of a group, refused ones included."""
    return Payment.objects.filter(group=group_id).select_related("merchant", "user")


def get_payment(group_id: uuid.UUID, payment_id: uuid.UUID) -> Payment:
    """Get a payment of a group.

    :raises PaymentNotFound: when there is none.
    """
    payment = list_payments(group_id).filter(pk=payment_id).first()
    if payment is None:
        raise PaymentNotFound
    return payment


def find_key(key_id: str) -> MerchantKey | None:
    """Find a valid key of an active merchant."""
    keys = MerchantKey.objects.select_related("merchant").filter(revoked_at__isnull=True, merchant__is_active=True)
    return keys.filter(pk=key_id).first()
