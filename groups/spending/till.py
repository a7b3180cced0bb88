"""What a charge reads and writes: the hottest path of the house.

Building these queries took longer than PostgreSQL took to answer them; so here, and in the ledger, SQL is written by
hand (`make bench` shows the difference). Everything is read in one statement after the lock, and written in one
call of a function (migration 0002). Every statement names its wallet.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from groups.spending.models import Merchant, Payment
from groups.spending.sharing import Stake
from wallet.ledger.models import Wallet
from wallet.ledger.prepared import fetch_prepared

FIND = "SELECT wallet_id, code_id FROM spending_codelead WHERE code_hash = %s"

READ = """
SELECT c.user_id, c.used_at, c.expires_at, c.sharing_rule, c.participants, c.amount_max, g.archived_at,
       (SELECT t.id FROM spending_tradenumber t WHERE t.merchant_id = %s AND t.out_trade_no = %s),
       (SELECT a.id FROM ledger_account a WHERE a.wallet_id = c.wallet_id AND a.kind = 'MERCHANT'),
       (SELECT json_agg(json_build_array(a.holder_id, a.id, a.balance, a.floor, m.weight, m.role) ORDER BY a.id)
        FROM ledger_account a
        JOIN members_membership m ON m.wallet_id = a.wallet_id AND m.user_id = a.holder_id AND m.left_at IS NULL
        WHERE a.wallet_id = c.wallet_id AND a.kind = 'STAKE')
FROM spending_paymentcode c JOIN members_group g ON g.wallet_id = c.wallet_id
WHERE c.wallet_id = %s AND c.id = %s
"""

BOOK = "SELECT spending_book_payment(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a payment code leads."""

    wallet_id: uuid.UUID
    code_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Code:
    """What a charge needs to know of a payment code; building the model takes longer."""

    id: uuid.UUID
    user_id: uuid.UUID
    used_at: datetime | None
    expires_at: datetime
    sharing_rule: str
    participants: list[uuid.UUID]
    amount_max: int | None


@dataclass(frozen=True, slots=True)
class Till:
    """Everything a charge is judged by: the code, its group, the merchant's number, and the current members' stakes."""

    code: Code
    is_archived: bool
    is_number_known: bool
    takings_id: uuid.UUID
    stakes: list[Stake]


def find_lead(code_hash: str) -> Lead | None:
    """Find where the hash of a code leads."""
    row = fetch_prepared(FIND, [code_hash])
    return Lead(*row) if row else None


def read_till(wallet: Wallet, code_id: uuid.UUID, merchant: Merchant, out_trade_no: str) -> Till:
    """Read, under the lock, what a charge is judged by."""
    row = fetch_prepared(READ, [merchant.pk, out_trade_no, wallet.pk, code_id])
    assert row is not None, "a lead leads to a code"
    user_id, used_at, expires_at, rule, participants, amount_max, archived_at, trade_id, account_id, stakes = row
    named = [uuid.UUID(user) for user in _loaded(participants)]
    return Till(
        code=Code(code_id, user_id, used_at, expires_at, rule, named, amount_max),
        is_archived=archived_at is not None,
        is_number_known=trade_id is not None,
        takings_id=account_id,
        stakes=[
            Stake(uuid.UUID(holder), uuid.UUID(account), balance, floor, weight, role)
            for holder, account, balance, floor, weight, role in _loaded(stakes)
        ],
    )


def write_payment(payment: Payment, trade_id: uuid.UUID, at: datetime) -> None:
    """Use the code up, and book the payment under the merchant's number.

    :raises IntegrityError: when another wallet paid under the number meanwhile.
    """
    values = [
        payment.pk,
        payment.group_id,
        payment.user_id,
        payment.merchant_id,
        payment.code_id,
        payment.out_trade_no,
        payment.amount,
        payment.subject,
        payment.category,
        payment.sharing_rule,
        payment.status,
        payment.refusal_code,
        payment.entry_id,
        trade_id,
        at,
    ]
    fetch_prepared(BOOK, values)
    payment._state.adding = False


def _loaded(value: Any) -> list[Any]:
    """Read JSON that the driver may have left as text."""
    loaded: list[Any] = json.loads(value) if isinstance(value, str) else value
    return loaded
