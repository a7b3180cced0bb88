"""Faults of the books themselves: accounts, entries, the chain and the events."""

from tests.proofs.faults.story import GIFT, NOTE, RAIL, REFUND, RESHARED, RICH, SPEND, Fault

BOOKS = [
    # --- accounts and balances
    Fault("a system account is gone", ("DELETE FROM ledger_account WHERE wallet_id = '<w>' AND kind = 'CAMPAIGN'",),
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
          ("stake_floor", "floor_unagreed"),
          ("ledger_account.ledger_account_floor", "ledger_account.ledger_account_floor_sign")),
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
    # --- what was shared anew
    Fault("a share was moved below nothing", (
        f"UPDATE ledger_posting SET amount = amount * 9 WHERE entry_id = {RESHARED}",
    ), ("correction_wrong", "payment_reshared", "account_balance", "balance_after", "chain_broken")),
    Fault("a correction took from what is no stake", (
        f"UPDATE ledger_posting SET account_id = {RAIL} WHERE entry_id = {RESHARED} AND amount < 0",
    ), (
        "correction_wrong", "payment_reshared", "account_balance", "balance_after", "event_balance", "chain_broken",
    )),
    Fault("a correction corrects a refund", (
        f"UPDATE ledger_entry SET corrects_id = {REFUND} WHERE id = {RESHARED}",
    ), ("correction_wrong", "payment_reshared", "chain_broken")),
    Fault("a correction was never agreed to", (
        f"UPDATE ledger_entry SET reference = 'reshare:nobody' WHERE id = {RESHARED}",
    ), ("payment_reshared", "chain_broken")),
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
]  # fmt: skip
