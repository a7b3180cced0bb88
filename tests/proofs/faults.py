"""Faults to plant in right books: what somebody with all rights over the database could do to it, and what finds it.

Each is planted in the story of `test_check_books`: two groups; in 我们的家 three contributions, one of them by the API,
a payment with a refund, a refused payment, and 王芳's payout under way. `finds` are all the checks that must speak up;
the first is the one that names the fault.
"""

from dataclasses import dataclass

#: The entries of the story, by kind; `<w>` stands for the group's wallet, `<o>` for the other one.
ENTRY = "(SELECT id FROM ledger_entry WHERE wallet_id = '<w>' AND kind = '{}' ORDER BY sequence LIMIT 1)"
GIFT, SPEND, REFUND = ENTRY.format("contribution"), ENTRY.format("payment"), ENTRY.format("refund")
NOTE = "wallet_id = '<w>' AND kind = 'group_changed'"
RAIL = "(SELECT id FROM ledger_account WHERE wallet_id = '<w>' AND kind = 'RAIL')"
RICH = "(SELECT id FROM ledger_account WHERE wallet_id = '<w>' AND balance > 0 ORDER BY id LIMIT 1)"
PAID = "wallet_id = '<w>' AND status = 'settled'"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong, how it is done, and the checks that find it."""

    says: str
    statements: tuple[str, ...]
    finds: tuple[str, ...]
    drops: tuple[str, ...] = ()


FAULTS = [
    # --- accounts and balances
    Fault("a system account is gone", ("DELETE FROM ledger_account WHERE wallet_id = '<w>' AND kind = 'HELD'",),
          ("account_missing",)),
    Fault("a member has two stakes", (
        "INSERT INTO ledger_account (id, wallet_id, kind, holder_id, balance, floor)"
        f" SELECT gen_random_uuid(), wallet_id, kind, holder_id, 0, 0 FROM ledger_account WHERE id = {RICH}",
    ), ("account_missing",), ("ledger_account_one_stake",)),
    Fault("a stake has grown, and its wallet with it", (
        f"UPDATE ledger_account SET balance = balance + 1 WHERE id = {RICH}",
        "UPDATE ledger_wallet SET balance = balance + 1 WHERE id = '<w>'",
    ), ("account_balance",)),
    Fault("a wallet has grown", ("UPDATE ledger_wallet SET balance = balance + 1 WHERE id = '<w>'",),
          ("wallet_balance",)),
    Fault("a fen has gone from one stake to another", (
        f"UPDATE ledger_account SET balance = balance - 1 WHERE id = {RICH}",
        "UPDATE ledger_account SET balance = balance + 1 WHERE wallet_id = '<w>' AND kind = 'STAKE'"
        f" AND id <> {RICH} AND id = (SELECT max(id::text)::uuid FROM ledger_account WHERE wallet_id = '<w>'"
        " AND kind = 'STAKE')",
    ), ("account_balance",)),
    Fault("a stake is below its floor", (f"UPDATE ledger_account SET floor = balance + 1 WHERE id = {RICH}",),
          ("stake_floor",), ("ledger_account.ledger_account_floor", "ledger_account.ledger_account_floor_sign")),
    Fault("a posting remembers another balance", (
        f"UPDATE ledger_posting SET balance_after = balance_after + 1 WHERE entry_id = {GIFT}",
    ), ("balance_after",)),
    # --- entries and postings
    Fault("an entry does not balance", (
        f"UPDATE ledger_posting SET amount = amount - 1 WHERE entry_id = {GIFT} AND account_id = {RAIL}",
    ), ("entry_unbalanced", "chain_broken")),
    Fault("an entry has lost its postings", (f"DELETE FROM ledger_posting WHERE entry_id = {SPEND}",), (
        "entry_unbalanced", "account_balance", "balance_after", "event_balance", "reversal_too_large",
        "chain_broken", "payment_entry",
    )),
    Fault("a posting stands in another wallet's account", (
        f"UPDATE ledger_posting SET account_id = (SELECT id FROM ledger_account WHERE wallet_id = '<o>'"
        f" AND kind = 'RAIL') WHERE entry_id = {GIFT} AND account_id = {RAIL}",
    ), ("wallet_mixed", "chain_broken")),
    Fault("an entry reverses another wallet's", (
        "UPDATE ledger_entry SET reverses_id = (SELECT id FROM ledger_entry WHERE wallet_id = '<o>' LIMIT 1)"
        f" WHERE id = {GIFT}",
    ), ("wallet_mixed", "reversal_too_large", "chain_broken")),
    Fault("one reference stands for two entries", (
        f"UPDATE ledger_entry SET reference = (SELECT reference FROM ledger_entry WHERE id = {SPEND})"
        f" WHERE id = {GIFT}",
    ), ("reference_twice", "chain_broken", "movement_entry"), ("ledger_entry.ledger_entry_reference",)),
    Fault("a reversal reverses what it does not", (
        f"UPDATE ledger_entry SET reverses_id = {GIFT} WHERE id = {SPEND}",
    ), ("reversal_too_large", "chain_broken")),
    Fault("more was given back than was paid", (
        f"UPDATE ledger_posting SET amount = amount * 4 WHERE entry_id = {REFUND}",
    ), ("reversal_too_large", "account_balance", "balance_after", "event_balance", "chain_broken", "refund_entry")),
    # --- the chain
    Fault("a memo was rewritten", (f"UPDATE ledger_entry SET memo = '没有的事' WHERE id = {GIFT}",), ("chain_broken",)),
    Fault("an entry was dated back", (
        f"UPDATE ledger_entry SET posted_at = posted_at - interval '1 day' WHERE id = {GIFT}",
    ), ("chain_broken",)),
    Fault("a digest was replaced", (f"UPDATE ledger_entry SET digest = sha256('x') WHERE id = {SPEND}",),
          ("chain_broken",)),
    Fault("the head of the chain was replaced", ("UPDATE ledger_wallet SET head = sha256('x') WHERE id = '<w>'",),
          ("chain_broken",)),
    Fault("a contribution was made bigger, and everything after it with it", (
        f"UPDATE ledger_posting SET amount = amount + 5 * sign(amount) WHERE entry_id = {GIFT}",
        "UPDATE ledger_posting SET balance_after = balance_after + 5"
        f" WHERE account_id = (SELECT account_id FROM ledger_posting WHERE entry_id = {GIFT} AND amount > 0)",
        "UPDATE ledger_account SET balance = balance + 5"
        f" WHERE id = (SELECT account_id FROM ledger_posting WHERE entry_id = {GIFT} AND amount > 0)",
        "UPDATE ledger_wallet SET balance = balance + 5 WHERE id = '<w>'",
        "UPDATE ledger_event SET data = jsonb_set(data, ARRAY['balance'], to_jsonb((data ->> 'balance')::bigint + 5))"
        " WHERE wallet_id = '<w>' AND data ? 'balance'",
        "UPDATE funding_contribution SET amount = amount + 5"
        f" WHERE 'contribution:' || id = (SELECT reference FROM ledger_entry WHERE id = {GIFT})",
        "UPDATE rails_transfer SET amount = amount + 5"
        f" WHERE 'contribution:' || subject_id = (SELECT reference FROM ledger_entry WHERE id = {GIFT})",
    ), ("chain_broken",)),
    # --- events
    Fault("an event is gone", (f"DELETE FROM ledger_event WHERE {NOTE}",), ("sequence_gap",)),
    Fault("the newest number has no event", ("UPDATE ledger_wallet SET sequence = sequence + 1 WHERE id = '<w>'",),
          ("sequence_gap",)),
    Fault("a number stands for two events", (f"UPDATE ledger_event SET sequence = sequence - 1 WHERE {NOTE}",),
          ("sequence_twice",), ("ledger_event.ledger_event_sequence",)),
    Fault("an event tells of another entry", (
        f"UPDATE ledger_event SET data = jsonb_set(data, ARRAY['entry'], to_jsonb({SPEND}))"
        f" WHERE wallet_id = '<w>' AND data ->> 'entry' = {GIFT}::text",
    ), ("entry_event",)),
    Fault("an event tells of an entry that never was", (
        f"UPDATE ledger_event SET kind = 'payment_settled', data = jsonb_build_object('entry', 'x') WHERE {NOTE}",
    ), ("entry_event",)),
    Fault("an event tells another balance", (
        "UPDATE ledger_event SET data = jsonb_set(data, ARRAY['balance'], '1')"
        f" WHERE wallet_id = '<w>' AND data ->> 'entry' = {GIFT}::text",
    ), ("event_balance",)),
    Fault("an event is of a kind that nobody knows", (f"UPDATE ledger_event SET kind = 'gossip' WHERE {NOTE}",),
          ("event_unreadable",)),
    # --- people
    Fault("a member's stake is gone", (
        "DELETE FROM ledger_account a WHERE wallet_id = '<w>' AND kind = 'STAKE' AND balance = 0"
        " AND NOT EXISTS (SELECT FROM ledger_posting p WHERE p.account_id = a.id)",
    ), ("member_without_stake",)),
    Fault("a group has lost its owner", (
        "UPDATE members_membership SET role = 'member' WHERE wallet_id = '<w>' AND role = 'owner'",
    ), ("group_without_owner",)),
    # --- money in and out
    Fault("a payout under way is forgotten", ("DELETE FROM funding_withdrawal WHERE wallet_id = '<w>'",),
          ("in_transit", "movement_entry")),
    Fault("a payout is said to be over", (
        "UPDATE funding_withdrawal SET status = 'settled', final_at = created_at WHERE wallet_id = '<w>'",
    ), ("in_transit", "movement_entry", "movement_transfer")),
    Fault("a contribution was more than was booked", (
        f"UPDATE funding_contribution SET amount = amount + 1 WHERE {PAID}",
        "UPDATE rails_transfer SET amount = amount + 1 WHERE wallet_id = '<w>' AND purpose = 'contribution'",
    ), ("movement_entry",)),
    Fault("a contribution that failed was booked", (
        f"UPDATE funding_contribution SET status = 'failed' WHERE {PAID}",
        "UPDATE rails_transfer SET status = 'failed' WHERE wallet_id = '<w>' AND purpose = 'contribution'",
    ), ("movement_entry",)),
    Fault("the rail moved another amount", (
        "UPDATE rails_transfer SET amount = amount + 1 WHERE wallet_id = '<w>' AND purpose = 'contribution'",
    ), ("movement_transfer",)),
    Fault("a number at the rail leads nowhere", ("DELETE FROM rails_transfernumber WHERE wallet_id = '<w>'",),
          ("transfer_lost",)),
    Fault("an answer tells somebody of another's contribution", (
        "UPDATE api_storedanswer SET caller = 'user:nobody' WHERE wallet_id = '<w>'",
    ), ("answer_without_effect",)),
    # --- spending
    Fault("a payment was more than was booked", (f"UPDATE spending_payment SET amount = amount + 1 WHERE {PAID}",),
          ("payment_entry",)),
    Fault("a payment that was booked is said to be refused", (
        f"UPDATE spending_payment SET status = 'refused', refusal_code = 'insufficient_funds', entry_id = NULL"
        f" WHERE {PAID}",
    ), ("payment_entry", "refund_entry")),
    Fault("a refund was less than was booked", (
        "UPDATE spending_refund SET amount = amount - 1 WHERE wallet_id = '<w>'",
        f"UPDATE spending_payment SET refunded = refunded - 1 WHERE {PAID}",
    ), ("refund_entry",)),
    Fault("a payment remembers another refund", (f"UPDATE spending_payment SET refunded = 1 WHERE {PAID}",),
          ("payment_refunded",)),
    Fault("a code can be charged again", ("UPDATE spending_paymentcode SET used_at = NULL WHERE wallet_id = '<w>'",),
          ("code_use",)),
    Fault("a merchant's number leads nowhere", ("DELETE FROM spending_tradenumber WHERE wallet_id = '<w>'",),
          ("trade_lost",)),
]  # fmt: skip
