"""A merchant charges a payment code, once.

A code that is unknown, used or expired changes nothing, so the merchant may scan a fresh one under the same number. A
code that is good is used up by the attempt: a refusal for money is booked as a refused payment, and stays refused under
its number.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from uuid6 import uuid7

from groups.members.rights import RIGHTS, Right
from groups.rules.errors import ApprovalRequired, LimitExceeded
from groups.rules.judging import judge
from groups.rules.services.counting import enter_window
from groups.rules.sharing import check_choice, share
from groups.spending import events
from groups.spending.approvals import ask_approval, check_approval, use_approval
from groups.spending.codes import hash_code
from groups.spending.errors import CodeExpired, CodeUnknown, CodeUsed, PayerNotAllowed, TradeNumberReused
from groups.spending.models import Merchant, Payment
from groups.spending.selectors import find_code, find_trade, get_trade_payment
from groups.spending.till import Till, find_lead, read_till, write_payment
from wallet.identity.services import Allowance
from wallet.ledger.models import Wallet
from wallet.ledger.services import credit_account, debit_account, lock_wallet, post_entry, record_event
from wallet.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Charge:
    """What a merchant asks for: an amount (fen, > 0) of whoever shows the code."""

    auth_code: str
    amount: int
    out_trade_no: str
    subject: str
    category: str


@dataclass(frozen=True, slots=True)
class Charged:
    """A payment, settled or refused, and whether it was known before."""

    payment: Payment
    replayed: bool


def charge(*, merchant: Merchant, asked: Charge, now: datetime) -> Charged:
    """Charge a payment code once.

    The same request again is answered with the same payment. A payment without the money for it comes back as refused,
    with its `refusal_code`; its code is used up.

    :raises CodeUnknown: when the code leads nowhere; nothing is changed, as with the next two.
    :raises CodeExpired: when its minute is over.
    :raises CodeUsed: when it was charged before.
    :raises TradeNumberReused: when the merchant's number stands for another payment.
    """
    try:
        lead = find_code(asked.auth_code)
    except CodeUnknown:
        if find_trade(merchant, asked.out_trade_no) is not None:
            raise TradeNumberReused from None
        raise
    try:
        with transaction.atomic():
            wallet = lock_wallet(lead.wallet_id)
            till = read_till(wallet, lead.code_id, merchant, asked.out_trade_no, now)
            if till.is_number_known:
                return _charged_before(merchant, asked)
            return Charged(_charge_code(wallet, till, merchant, asked, now), replayed=False)
    except IntegrityError as error:
        if "spending_trade_once" in str(error):
            raise TradeNumberReused from error
        raise


def _charged_before(merchant: Merchant, asked: Charge) -> Charged:
    payment = get_trade_payment(merchant, asked.out_trade_no)
    lead = find_lead(hash_code(asked.auth_code))
    known = (lead.code_id if lead else None, payment.amount, payment.subject, payment.category)
    if known != (payment.code_id, asked.amount, asked.subject, asked.category):
        raise TradeNumberReused
    payment.refunded = 0  # as it was when it was answered first; what has become of it is looked up
    return Charged(payment, replayed=True)


def _charge_code(wallet: Wallet, till: Till, merchant: Merchant, asked: Charge, now: datetime) -> Payment:
    code = till.code
    if code.used_at is not None:
        raise CodeUsed
    if now >= code.expires_at:
        raise CodeExpired
    payment = Payment(
        group_id=wallet.pk,
        user_id=code.user_id,
        merchant=merchant,
        code_id=code.id,
        out_trade_no=asked.out_trade_no,
        amount=asked.amount,
        subject=asked.subject,
        category=asked.category,
        sharing_rule=code.choice.rule,
        created_at=now,
    )
    try:
        shares = _share_under_lock(till, merchant, asked)
        approved = check_approval(till, payment, now)
    except ApprovalRequired as required:
        _refuse(wallet, payment, ask_approval(wallet, till, payment, now) or required, now)
        write_payment(payment, uuid7(), now)
        return payment
    except Refusal as refusal:
        _refuse(wallet, payment, refusal, now)
        write_payment(payment, uuid7(), now)
        return payment
    _settle(wallet, payment, till, shares, now)
    write_payment(payment, uuid7(), now)
    if approved is not None:
        use_approval(approved, payment)
    return payment


def _share_under_lock(till: Till, merchant: Merchant, asked: Charge) -> dict[uuid.UUID, int]:
    """Judge, under the lock, whether the member may spend and who bears it (fen, by member)."""
    payer = next((stake for stake in till.stakes if stake.user_id == till.code.user_id), None)
    if payer is None or Right.SPEND not in RIGHTS[payer.role] or till.is_archived:
        raise PayerNotAllowed
    Allowance(till.code.amount_max).check(asked.amount)
    judge(till.rules, asked.amount, (merchant.category, asked.category))
    choice = till.code.choice
    shares = share(
        asked.amount, rule=choice.rule, stakes=till.stakes, payer_id=payer.user_id, participants=choice.names
    )
    check_choice(
        asked.amount,
        choice,
        rule=till.sharing_rule,
        payers_choose=till.payers_choose,
        stakes=till.stakes,
        payer_id=payer.user_id,
    )
    return shares


def _settle(wallet: Wallet, payment: Payment, till: Till, shares: dict[uuid.UUID, int], now: datetime) -> None:
    merchant = payment.merchant
    accounts = {stake.user_id: stake.account_id for stake in till.stakes}
    event = events.payment_settled(
        actor=payment.user_id,
        payment=payment.pk,
        merchant=merchant.name,
        user=payment.user_id,
        subject=payment.subject,
        category=payment.category,
        sharing_rule=payment.sharing_rule,
        amount=payment.amount,
        shares=shares,
    )
    payment.entry = post_entry(
        wallet=wallet,
        kind="payment",
        reference=f"payment:{payment.pk}",
        lines=[
            *(debit_account(accounts[user_id], part) for user_id, part in shares.items()),
            credit_account(till.takings_id, payment.amount),
        ],
        event=event,
        memo=f"{merchant.name} {payment.subject}"[:200],
        now=now,
    )
    payment.status, payment.counted_in = Payment.Status.SETTLED, till.rules.window.starts_at
    if till.is_new_window:
        enter_window(wallet.pk, till.rules.window)


def _refuse(wallet: Wallet, payment: Payment, refusal: Refusal, now: datetime) -> None:
    payment.status, payment.refusal_code = Payment.Status.REFUSED, refusal.code
    event = events.payment_refused(
        actor=payment.user_id,
        payment=payment.pk,
        merchant=payment.merchant.name,
        user=payment.user_id,
        subject=payment.subject,
        category=payment.category,
        refusal_code=refusal.code,
        limit=refusal.data["limit"] if isinstance(refusal, LimitExceeded) else None,
        amount=payment.amount,
    )
    record_event(wallet=wallet, event=event, now=now)
