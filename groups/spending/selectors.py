"""Reads of payments, codes and merchants."""

import uuid

from django.db.models import F, QuerySet

from groups.spending.codes import hash_code, is_well_formed
from groups.spending.errors import CodeUnknown, PaymentNotFound
from groups.spending.models import CodeLead, Merchant, MerchantKey, Payment, TradeNumber
from groups.spending.sharing import Stake
from wallet.ledger.models import Account


def find_code(code: str) -> CodeLead:
    """Find where a payment code leads.

    :raises CodeUnknown: when it leads nowhere.
    """
    lead = CodeLead.objects.filter(pk=hash_code(code)).first() if is_well_formed(code) else None
    if lead is None:
        raise CodeUnknown
    return lead


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
    return Payment.objects.select_related("merchant").get(group=trade.wallet_id, pk=trade.payment_id)


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


def list_current_stakes(wallet_id: uuid.UUID) -> list[Stake]:
    """List the stakes of current members: what can be spent. Money that waits for somebody who left is not in it."""
    rows = Account.objects.filter(
        wallet=wallet_id,
        kind=Account.Kind.STAKE,
        holder__memberships__group=wallet_id,
        holder__memberships__left_at__isnull=True,
    )
    columns = rows.annotate(weight=F("holder__memberships__weight")).order_by("id")
    rows_of = columns.values_list("holder_id", "id", "balance", "floor", "weight")
    return [Stake(holder_id, pk, balance or 0, floor, weight) for holder_id, pk, balance, floor, weight in rows_of]


def find_key(key_id: str) -> MerchantKey | None:
    """Find a valid key of an active merchant."""
    keys = MerchantKey.objects.select_related("merchant").filter(revoked_at__isnull=True, merchant__is_active=True)
    return keys.filter(pk=key_id).first()
