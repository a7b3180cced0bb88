"""What a charge reads and writes: the hottest path of the house.

Building these queries took longer than PostgreSQL took to answer them; so here, and in the ledger, SQL is written by
hand (`make bench` shows the difference). Everything is read in one statement after the lock, and written in one
call of a function (migration 0002). Every statement names its wallet.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from uuid6 import uuid7

from groups.rules.judging import Rules, Tier
from groups.rules.sharing import Choice, Stake
from groups.rules.windows import Window, window_at
from groups.spending.models import Merchant, Payment
from wallet.ledger.models import Wallet
from wallet.ledger.prepared import fetch_prepared

FIND = "SELECT wallet_id, code_id FROM spending_codelead WHERE code_hash = %s"

READ = """
SELECT c.user_id, c.used_at, c.expires_at, c.sharing_rule, c.participants, c.amount_max, g.archived_at,
       g.sharing_rule, r.payers_choose, r.window_starts_at, r.window_ends_at, g.time_zone,
       EXISTS (SELECT FROM rules_pause p
               WHERE p.wallet_id = c.wallet_id AND (p.member_id IS NULL OR p.member_id = c.user_id)),
       (SELECT json_agg(b.category) FROM rules_categoryblock b
        WHERE b.wallet_id = c.wallet_id AND (b.member_id IS NULL OR b.member_id = c.user_id)),
       (SELECT json_agg(json_build_array(l."limit", l.amount)) FROM rules_spendinglimit l
        WHERE l.wallet_id = c.wallet_id AND (l.member_id IS NULL OR l.member_id = c.user_id)),
       (SELECT json_agg(json_build_array(t.above, t.approvals)) FROM rules_approvaltier t
        WHERE t.wallet_id = c.wallet_id),
       (SELECT k.spent FROM rules_spendingcounter k WHERE k.wallet_id = c.wallet_id
        AND k.starts_at = r.window_starts_at AND k.member_id = c.user_id),
       (SELECT k.spent FROM rules_spendingcounter k WHERE k.wallet_id = c.wallet_id
        AND k.starts_at = r.window_starts_at AND k.member_id IS NULL),
       (SELECT t.id FROM spending_tradenumber t WHERE t.merchant_id = %s AND t.out_trade_no = %s),
       (SELECT a.id FROM ledger_account a WHERE a.wallet_id = c.wallet_id AND a.kind = 'MERCHANT'),
       (SELECT json_agg(json_build_array(a.holder_id, a.id, a.balance, a.floor, m.weight, m.role) ORDER BY a.id)
        FROM ledger_account a
        JOIN members_membership m ON m.wallet_id = a.wallet_id AND m.user_id = a.holder_id AND m.left_at IS NULL
        WHERE a.wallet_id = c.wallet_id AND a.kind = 'STAKE')
FROM spending_paymentcode c
JOIN members_group g ON g.wallet_id = c.wallet_id JOIN rules_rulebook r ON r.wallet_id = c.wallet_id
WHERE c.wallet_id = %s AND c.id = %s
"""

BOOK = f"SELECT spending_book_payment({', '.join(['%s'] * 18)})"


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
    choice: Choice
    amount_max: int | None


@dataclass(frozen=True, slots=True)
class Till:
    """Everything a charge is judged by: the code, its group's rules, the merchant's number, the members' stakes."""

    code: Code
    is_archived: bool
    is_number_known: bool
    sharing_rule: str
    payers_choose: bool
    rules: Rules
    #: Whether a month has begun since something was last counted.
    is_new_window: bool
    takings_id: uuid.UUID
    stakes: list[Stake]


def find_lead(code_hash: str) -> Lead | None:
    """Find where the hash of a code leads."""
    row = fetch_prepared(FIND, [code_hash])
    return Lead(*row) if row else None


def read_till(wallet: Wallet, code_id: uuid.UUID, merchant: Merchant, out_trade_no: str, now: datetime) -> Till:
    """Read, under the lock, what a charge is judged by."""
    row = fetch_prepared(READ, [merchant.pk, out_trade_no, wallet.pk, code_id])
    assert row is not None, "a lead leads to a code"
    user_id, used_at, expires_at, rule, participants, amount_max, archived_at, *told, trade_id, account_id, stakes = row
    sharing_rule, payers_choose, *told = told
    rules, is_new_window = _read_rules(told, now)
    choice = Choice(rule, [uuid.UUID(user) for user in _loaded(participants)])
    return Till(
        code=Code(code_id, user_id, used_at, expires_at, choice, amount_max),
        sharing_rule=sharing_rule,
        payers_choose=payers_choose,
        is_archived=archived_at is not None,
        is_number_known=trade_id is not None,
        rules=rules,
        is_new_window=is_new_window,
        takings_id=account_id,
        stakes=[
            Stake(uuid.UUID(holder), uuid.UUID(account), balance, floor, weight, role)
            for holder, account, balance, floor, weight, role in _loaded(stakes)
        ],
    )


def _read_rules(told: Sequence[Any], now: datetime) -> tuple[Rules, bool]:
    """Read the rules; in a month that has just begun nothing has been spent yet."""
    starts_at, ends_at, zone, is_paused, blocked, limits, tiers, member_spent, group_spent = told
    last = Window(starts_at, ends_at)
    window = window_at(last, zone, now)
    is_new = window is not last
    rules = Rules(
        window=window,
        is_paused=is_paused,
        blocked=frozenset(_loaded(blocked or [])),
        limits=_loaded(limits or []),
        tiers=[Tier(*tier) for tier in _loaded(tiers or [])],
        member_spent=0 if is_new else member_spent or 0,
        group_spent=0 if is_new else group_spent or 0,
    )
    return rules, is_new


def write_payment(payment: Payment, trade_id: uuid.UUID, at: datetime) -> None:
    """Use the code up, book the payment under the merchant's number, and count it in its month.

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
        payment.counted_in,
        uuid7(),
        uuid7(),
    ]
    fetch_prepared(BOOK, values)
    payment._state.adding = False


def _loaded(value: Any) -> list[Any]:
    """Read JSON that the driver may have left as text."""
    loaded: list[Any] = json.loads(value) if isinstance(value, str) else value
    return loaded
