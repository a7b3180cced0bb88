"""What a charge reads and writes: the hottest path of the house.

Building these queries took longer than PostgreSQL took to answer them; so here, and in the ledger, SQL is written by
hand (`make bench` shows the difference). Everything is read in one statement after the lock, and written in one round
trip. Every statement names its wallet.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from groups.spending.models import Merchant, Payment, PaymentCode
from groups.spending.sharing import Stake
from wallet.ledger.models import Account, Wallet

FIND = "SELECT wallet_id, code_id FROM spending_codelead WHERE code_hash = %s"

READ = """
SELECT c.user_id, c.used_at, c.expires_at, c.sharing_rule, c.participants, g.archived_at,
       (SELECT t.id FROM spending_tradenumber t WHERE t.merchant_id = %s AND t.out_trade_no = %s),
       (SELECT a.id FROM ledger_account a WHERE a.wallet_id = c.wallet_id AND a.kind = 'MERCHANT'),
       (SELECT json_agg(json_build_array(a.holder_id, a.id, a.balance, a.floor, m.weight, m.role) ORDER BY a.id)
        FROM ledger_account a
        JOIN members_membership m ON m.wallet_id = a.wallet_id AND m.user_id = a.holder_id AND m.left_at IS NULL
        WHERE a.wallet_id = c.wallet_id AND a.kind = 'STAKE')
FROM spending_paymentcode c JOIN members_group g ON g.wallet_id = c.wallet_id
WHERE c.wallet_id = %s AND c.id = %s
"""

WRITE = """
UPDATE spending_paymentcode SET used_at = %(at)s WHERE wallet_id = %(wallet)s AND id = %(code)s;
INSERT INTO spending_payment (id, wallet_id, user_id, merchant_id, code_id, out_trade_no, amount, refunded, subject,
    category, sharing_rule, status, refusal_code, entry_id, created_at)
VALUES (%(id)s, %(wallet)s, %(user)s, %(merchant)s, %(code)s, %(number)s, %(amount)s, 0, %(subject)s,
    %(category)s, %(rule)s, %(status)s, %(refusal)s, %(entry)s, %(at)s);
INSERT INTO spending_tradenumber (id, merchant_id, out_trade_no, wallet_id, payment_id)
VALUES (%(trade)s, %(merchant)s, %(number)s, %(wallet)s, %(id)s);
"""


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a payment code leads."""

    wallet_id: uuid.UUID
    code_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Till:
    """Everything a charge is judged by: the code, its group, the merchant's number, and the current members' stakes."""

    code: PaymentCode
    is_archived: bool
    is_number_known: bool
    takings: Account
    stakes: list[Stake]


def find_lead(code_hash: str) -> Lead | None:
    """Find where the hash of a code leads."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [code_hash])
        row = cursor.fetchone()
    return Lead(*row) if row else None


def read_till(wallet: Wallet, code_id: uuid.UUID, merchant: Merchant, out_trade_no: str) -> Till:
    """Read, under the lock, what a charge is judged by."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [merchant.pk, out_trade_no, wallet.pk, code_id])
        user_id, used_at, expires_at, rule, participants, archived_at, trade_id, account_id, stakes = cursor.fetchone()
    code = PaymentCode(
        id=code_id,
        group_id=wallet.pk,
        user_id=user_id,
        sharing_rule=rule,
        participants=_loaded(participants),
        expires_at=expires_at,
        used_at=used_at,
    )
    return Till(
        code=code,
        is_archived=archived_at is not None,
        is_number_known=trade_id is not None,
        takings=Account(id=account_id, wallet=wallet, kind=Account.Kind.MERCHANT),
        stakes=[
            Stake(uuid.UUID(holder), uuid.UUID(account), balance, floor, weight, role)
            for holder, account, balance, floor, weight, role in _loaded(stakes)
        ],
    )


def write_payment(payment: Payment, trade_id: uuid.UUID, at: datetime) -> None:
    """Use the code up, and book the payment under the merchant's number.

    :raises IntegrityError: when another wallet paid under the number meanwhile.
    """
    values = {
        "id": payment.pk,
        "wallet": payment.group_id,
        "user": payment.user_id,
        "merchant": payment.merchant_id,
        "code": payment.code_id,
        "number": payment.out_trade_no,
        "amount": payment.amount,
        "subject": payment.subject,
        "category": payment.category,
        "rule": payment.sharing_rule,
        "status": payment.status,
        "refusal": payment.refusal_code,
        "entry": payment.entry_id,
        "trade": trade_id,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
    payment._state.adding = False


def _loaded(value: Any) -> list[Any]:
    """Read JSON that the driver may have left as text."""
    loaded: list[Any] = json.loads(value) if isinstance(value, str) else value
    return loaded
