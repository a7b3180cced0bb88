"""Faults to plant in right books: what somebody with all rights over the database could do to it, and what finds it.

Each is planted in the story of `test_check_books`: two groups; in 我们的家 three contributions, one of them by the API,
payments, three with a refund, one that was approved, one that was shared anew, a refused one, three disputes (one of
them open, and what the others gave back came back), an order that was paid online, two transfers that all bear (one of
them failed), two legal holds (one of them over), and 王芳's payout under way; in the other one, which earns, a payout
that arrived after it had failed, and a claim for it, one that failed for good, and an ordinary one. `finds` are all the
checks that must speak up; the first is the one that names the fault.
"""

from dataclasses import dataclass

#: The entries of the story, by kind; `<w>` stands for the group's wallet, `<o>` for the other one.
ENTRY = "(SELECT id FROM ledger_entry WHERE wallet_id = '<w>' AND kind = '{}' ORDER BY sequence LIMIT 1)"
GIFT, SPEND, REFUND = ENTRY.format("contribution"), ENTRY.format("payment"), ENTRY.format("refund")
NOTE = "wallet_id = '<w>' AND kind = 'group_changed'"
RESHARED = ENTRY.format("payment_reshared")
RAIL = "(SELECT id FROM ledger_account WHERE wallet_id = '<w>' AND kind = 'RAIL')"
RICH = "(SELECT id FROM ledger_account WHERE wallet_id = '<w>' AND balance > 0 ORDER BY id LIMIT 1)"
PAID = "wallet_id = '<w>' AND status = 'settled'"
SHARED = "wallet_id = '<w>' AND borne_by = 'group' AND payee_id IS NULL"
AWARDED, PASSED_ON = "wallet_id = '<w>' AND awarded > 0", ENTRY.format("dispute_refund")
COME = "wallet_id = '<w>' AND contribution_id IS NOT NULL"
FAST = "wallet_id = '<o>'"
OPEN, STOPPED = "wallet_id = '<w>' AND status = 'open'", "wallet_id = '<w>' AND status = 'active'"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong, how it is done, and the checks that find it."""

    says: str
    statements: tuple[str, ...]
    finds: tuple[str, ...]
    drops: tuple[str, ...] = ()


FAULTS = [
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
    # --- people
    Fault("a member's stake is gone", (
        "DELETE FROM ledger_account a WHERE wallet_id = '<w>' AND kind = 'STAKE' AND balance = 0"
        " AND NOT EXISTS (SELECT FROM ledger_posting p WHERE p.account_id = a.id)",
    ), ("member_without_stake",)),
    Fault("a group has lost its owner", (
        "UPDATE members_membership SET role = 'member' WHERE wallet_id = '<w>' AND role = 'owner'",
    ), ("group_without_owner",)),
    # --- money in and out
    Fault("a payout under way is forgotten", (
        "DELETE FROM funding_withdrawal WHERE wallet_id = '<w>' AND borne_by = 'own'",
    ), ("in_transit", "movement_entry")),
    Fault("a transfer that failed is forgotten", (
        f"DELETE FROM funding_withdrawal WHERE {SHARED} AND status = 'failed'",
    ), ("shared_withdrawal_entry",)),
    Fault("a payout is said to be over", (
        "UPDATE funding_withdrawal SET status = 'settled', final_at = created_at"
        " WHERE wallet_id = '<w>' AND status = 'requested'",
    ), ("in_transit", "movement_entry", "movement_transfer")),
    Fault("a contribution was more than was booked", (
        f"UPDATE funding_contribution SET amount = amount + 1 WHERE {PAID}",
        "UPDATE rails_transfer SET amount = amount + 1 WHERE wallet_id = '<w>' AND purpose = 'contribution'",
    ), ("movement_entry", "auto_run_movement")),
    Fault("a contribution that failed was booked", (
        f"UPDATE funding_contribution SET status = 'failed' WHERE {PAID}",
        "UPDATE rails_transfer SET status = 'failed' WHERE wallet_id = '<w>' AND purpose = 'contribution'",
    ), ("movement_entry", "auto_run_movement")),
    Fault("the rail moved another amount", (
        "UPDATE rails_transfer SET amount = amount + 1 WHERE wallet_id = '<w>' AND purpose = 'contribution'",
    ), ("movement_transfer",)),
    Fault("a payout that arrived late claims less than is missing", (
        "UPDATE funding_claim SET amount = amount - 1, outstanding = outstanding - 1 WHERE wallet_id = '<o>'",
    ), ("late_shares", "movement_entry", "in_transit")),
    Fault("a claim is said to be collected", (
        "UPDATE funding_claim SET outstanding = 0, closed_at = opened_at WHERE wallet_id = '<o>'",
    ), ("claim_collected", "in_transit")),
    Fault("a number at the rail leads nowhere", ("DELETE FROM rails_transfernumber WHERE wallet_id = '<w>'",),
          ("transfer_lost",)),
    Fault("an answer tells somebody of another's contribution", (
        "UPDATE api_storedanswer SET caller = 'user:nobody' WHERE wallet_id = '<w>'",
    ), ("answer_without_effect",)),
    # --- spending
    Fault("a payment was more than was booked", (f"UPDATE spending_payment SET amount = amount + 1 WHERE {PAID}",),
          ("payment_entry", "spending_counter", "order_paid_twice")),
    Fault("an order can be paid again", (
        "UPDATE checkout_order SET status = 'open', ended_at = NULL WHERE trade_no <> ''",
    ), ("order_paid_twice",)),
    Fault("others bear less unasked than they do", ("UPDATE funding_withdrawal SET unasked = 1 WHERE unasked > 1",),
          ("unasked_wrong",)),
    Fault("a payment that was booked is said to be refused", (
        f"UPDATE spending_payment SET status = 'refused', refusal_code = 'insufficient_funds', entry_id = NULL"
        f" WHERE {PAID}",
    ), ("payment_entry", "refund_entry", "payment_uncounted", "approval_misused", "payment_reshared")),
    Fault("a refund was less than was booked", (
        "UPDATE spending_refund SET amount = amount - 1 WHERE wallet_id = '<w>'",
        f"UPDATE spending_payment SET refunded = refunded - 1 WHERE {PAID} AND refunded > 0",
    ), ("refund_entry", "spending_counter")),
    Fault("a payment remembers another refund", (f"UPDATE spending_payment SET refunded = 1 WHERE {PAID}",),
          ("payment_refunded",)),
    Fault("a code can be charged again", ("UPDATE spending_paymentcode SET used_at = NULL WHERE wallet_id = '<w>'",),
          ("code_use",)),
    Fault("a merchant's number leads nowhere", ("DELETE FROM spending_tradenumber WHERE wallet_id = '<w>'",),
          ("trade_lost",)),
    # --- what is counted, approved and agreed
    Fault("a month's counter was set back", (
        "UPDATE rules_spendingcounter SET spent = spent - 1 WHERE wallet_id = '<w>' AND member_id IS NULL",
    ), ("spending_counter",)),
    Fault("a month's counter is gone", ("DELETE FROM rules_spendingcounter WHERE wallet_id = '<w>'",),
          ("spending_counter",)),
    Fault("a payment counts in another month", (
        f"UPDATE spending_payment SET counted_in = counted_in - interval '1 month' WHERE {PAID}",
    ), ("spending_counter",)),
    Fault("a payment counts in no month, and the counters agree", (
        "UPDATE rules_spendingcounter k SET spent = spent - (SELECT sum(amount) FROM spending_payment p"
        f" WHERE {PAID} AND counted_in IS NOT NULL AND (k.member_id IS NULL OR k.member_id = p.user_id))"
        " WHERE wallet_id = '<w>'",
        f"UPDATE spending_payment SET counted_in = NULL WHERE {PAID}",
    ), ("payment_uncounted",), ("rules_spendingcounter.rules_spendingcounter_spent",)),
    Fault("a refund gives more room back than it was", (
        "UPDATE spending_refund SET counted_in = NULL WHERE wallet_id = '<w>'",
    ), ("spending_counter",)),
    Fault("an approval let more through than was approved", (
        "UPDATE spending_approvedpayment SET amount_max = 1 WHERE wallet_id = '<w>'",
    ), ("approval_misused",)),
    Fault("an approval was somebody else's", (
        "UPDATE spending_approvedpayment SET user_id = (SELECT user_id FROM members_membership WHERE wallet_id = '<w>'"
        " AND role = 'viewer') WHERE wallet_id = '<w>'",
    ), ("approval_misused",)),
    Fault("a transfer that all bear was less than was booked", (
        f"UPDATE funding_withdrawal SET amount = amount - 1 WHERE {SHARED} AND status = 'settled'",
        "UPDATE rails_transfer SET amount = amount - 1 WHERE subject_id = (SELECT id FROM funding_withdrawal"
        f" WHERE {SHARED} AND status = 'settled')",
    ), ("shared_withdrawal_entry", "spending_counter")),
    Fault("a transfer that all bear has never left", (
        f"UPDATE funding_withdrawal SET status = 'cancelled' WHERE {SHARED} AND status = 'failed'",
    ), ("shared_withdrawal_entry",)),
    Fault("a group has no rules", ("DELETE FROM rules_rulebook WHERE wallet_id = '<o>'",), ("rulebook_missing",)),
    Fault("a member may owe what nobody has agreed to", (
        f"UPDATE ledger_account SET floor = -1 WHERE id = {RICH}",
    ), ("floor_unagreed",)),
    # --- what is held
    Fault("a dispute holds less than was taken for it", (f"UPDATE disputes_dispute SET held = held - 1 WHERE {OPEN}",),
          ("held_sum", "dispute_entry")),
    Fault("an open dispute is forgotten", (f"DELETE FROM disputes_dispute WHERE {OPEN}",),
          ("dispute_entry", "held_sum")),
    Fault("an open dispute is said to be over", (
        f"UPDATE disputes_dispute SET status = 'withdrawn', awarded = 0, ended_at = created_at WHERE {OPEN}",
    ), ("dispute_entry", "held_sum")),
    Fault("a dispute that was conceded is said to have been withdrawn", (
        f"UPDATE disputes_dispute SET status = 'withdrawn', awarded = 0, repaid = 0 WHERE {AWARDED}",
    ), ("dispute_entry", "dispute_repaid")),
    Fault("a dispute was somebody else's", (
        "UPDATE disputes_dispute SET user_id = (SELECT user_id FROM members_membership WHERE wallet_id = '<w>'"
        f" AND role = 'viewer') WHERE {AWARDED}",
    ), ("dispute_entry", "dispute_repaid", "dispute_gain")),
    Fault("a dispute passed on less than its entries say", (
        f"UPDATE disputes_dispute SET repaid = repaid - 1 WHERE {AWARDED}",
    ), ("dispute_repaid", "dispute_gain")),
    Fault("what was passed on went to somebody else", (
        "UPDATE ledger_posting SET account_id = (SELECT a.id FROM ledger_account a JOIN members_membership m"
        " ON m.wallet_id = a.wallet_id AND m.user_id = a.holder_id WHERE a.wallet_id = '<w>' AND m.role = 'viewer')"
        f" WHERE amount > 0 AND entry_id = {PASSED_ON}",
    ), ("dispute_repaid", "account_balance", "balance_after", "chain_broken")),
    Fault("more was awarded than was borne", (
        f"UPDATE disputes_dispute SET amount = amount * 2, awarded = awarded * 2 WHERE {AWARDED}",
    ), ("dispute_gain", "dispute_entry")),
    Fault("a refund was kept by who had been awarded it", (
        f"DELETE FROM ledger_posting WHERE entry_id = {PASSED_ON}",
        f"DELETE FROM ledger_event WHERE data ->> 'entry' = {PASSED_ON}::text",
        f"DELETE FROM ledger_entry WHERE id = {PASSED_ON}",
        f"UPDATE disputes_dispute SET repaid = 0 WHERE {AWARDED} AND payment_id IS NOT NULL",
    ), ("dispute_gain", "account_balance", "balance_after", "sequence_gap", "chain_broken")),
    Fault("a legal hold is forgotten", (f"DELETE FROM disputes_legalhold WHERE {STOPPED}",),
          ("legal_hold_entry", "held_sum")),
    Fault("a legal hold that is over goes on", (
        "UPDATE disputes_legalhold SET status = 'active', ended_at = NULL WHERE wallet_id = '<w>' AND status = 'ended'",
    ), ("legal_hold_entry", "held_sum")),
    Fault("a legal hold stopped somebody else's money", (
        "UPDATE disputes_legalhold SET user_id = (SELECT user_id FROM members_membership WHERE wallet_id = '<w>'"
        f" AND role = 'viewer') WHERE {STOPPED}",
    ), ("legal_hold_entry",)),
    Fault("a legal hold was never approved", (
        f"UPDATE disputes_legalhold SET status = 'asked', answered_by_id = NULL, answered_at = NULL WHERE {STOPPED}",
    ), ("legal_hold_entry", "held_sum")),
    # --- standing orders
    Fault("a run says that more has come than has", (
        f"UPDATE autotransfers_autotransferrun SET amount = amount + 1 WHERE {COME}",
    ), ("auto_run_movement",)),
    Fault("a run's transfer out is still under way, it says", (
        "UPDATE autotransfers_autotransferrun SET status = 'under_way', final_at = NULL"
        " WHERE wallet_id = '<w>' AND withdrawal_id IS NOT NULL",
    ), ("auto_run_movement",)),
    Fault("a run is gone, and its money is here", (f"DELETE FROM autotransfers_autotransferrun WHERE {COME}",),
          ("auto_run_movement", "auto_transfer_passed")),
    Fault("an order was due twice on a date", (
        "INSERT INTO autotransfers_autotransferrun (id, wallet_id, order_id, due_on, due_at, amount, status, tries,"
        " failure_code, by_hand, was_missed, final_at) SELECT gen_random_uuid(), wallet_id, order_id, due_on, due_at,"
        f" amount, 'skipped', 0, '', false, false, final_at FROM autotransfers_autotransferrun WHERE {COME}",
    ), ("auto_run_twice", "auto_transfer_passed"), ("autotransfers_autotransferrun.autotransfers_run_once",)),
    Fault("an order is due again on the date that is over", (
        "UPDATE autotransfers_autotransfer SET next_on = last_on WHERE wallet_id = '<w>'",
    ), ("auto_transfer_passed",)),
    Fault("an order brings in money of somebody who has left", (
        "UPDATE autotransfers_autotransfer SET user_id = (SELECT user_id FROM members_membership"
        " WHERE wallet_id = '<w>' AND left_at IS NOT NULL LIMIT 1) WHERE wallet_id = '<w>' AND direction = 'in'",
    ), ("auto_transfer_outlives",)),
    # --- what went out fast
    Fault("a holder's day has forgotten a payout", (
        "UPDATE yields_fastallowance SET taken = taken - 1000",
    ), ("fast_allowance",)),
    Fault("a holder's day is gone", ("DELETE FROM yields_fastallowance",), ("fast_allowance",)),
    Fault("a payout went out fast and took nothing of the day", (
        f"DELETE FROM yields_fastcashout WHERE {FAST} AND given_back_at IS NULL",
        "UPDATE yields_fastallowance SET taken = 0",
    ), ("fast_cash_out",)),
    Fault("a payout that failed keeps its part of the day", (
        "UPDATE yields_fastallowance SET taken = taken + (SELECT sum(amount) FROM yields_fastcashout"
        f" WHERE {FAST} AND given_back_at IS NOT NULL)",
        f"UPDATE yields_fastcashout SET given_back_at = NULL WHERE {FAST} AND given_back_at IS NOT NULL",
    ), ("fast_cash_out",)),
    Fault("a fast payout is said to be ordinary", (
        "UPDATE funding_withdrawal SET speed = 'ordinary', expected_at = created_at"
        " WHERE wallet_id = '<o>' AND speed = 'fast' AND status = 'settled'",
    ), ("fast_cash_out",)),
    Fault("a fast payout counts of another day", (
        f"UPDATE yields_fastcashout SET date = date - 1 WHERE {FAST} AND given_back_at IS NULL",
        "UPDATE yields_fastallowance SET date = date - 1",
    ), ("fast_cash_out",)),
    Fault("a fast payout counts of somebody else's day", (
        f"UPDATE yields_fastcashout SET holder_id = (SELECT user_id FROM members_membership"
        f" WHERE wallet_id = '<w>' AND role = 'viewer') WHERE {FAST} AND given_back_at IS NULL",
        "UPDATE yields_fastallowance SET holder_id = (SELECT user_id FROM members_membership"
        " WHERE wallet_id = '<w>' AND role = 'viewer')",
    ), ("fast_cash_out",)),
    # --- votes and partings
    Fault("the proposer voted", (
        "ALTER TABLE proposals_vote DISABLE TRIGGER USER",
        "UPDATE proposals_vote v SET voter_id = p.proposer_id FROM proposals_proposal p"
        " WHERE p.id = v.proposal_id AND v.wallet_id = '<w>' AND p.kind = 'change_voting'",
    ), ("vote_uncalled", "vote_late")),
    Fault("a vote was turned round", (
        "ALTER TABLE proposals_vote DISABLE TRIGGER USER",
        "UPDATE proposals_vote SET choice = 'reject' WHERE wallet_id = '<w>'",
    ), ("vote_late",)),
    Fault("what was approved is said to be rejected", (
        "ALTER TABLE proposals_proposal DISABLE TRIGGER USER",
        "UPDATE proposals_proposal SET status = 'rejected' WHERE wallet_id = '<w>' AND kind = 'change_voting'",
    ), ("proposal_untold",)),
    Fault("a group was closed behind everybody's back", (
        "UPDATE members_group SET archived_at = created_at WHERE wallet_id = '<w>'",
    ), ("dissolution_untold", "auto_transfer_outlives")),
    Fault("somebody has left before their money has arrived", (
        "INSERT INTO exits_leaving (id, wallet_id, user_id, withdrawal_id, asked_at, ended_at)"
        " SELECT gen_random_uuid(), wallet_id, user_id, id, created_at, created_at FROM funding_withdrawal"
        " WHERE wallet_id = '<w>' AND status = 'requested' LIMIT 1",
    ), ("leaving_overdue",)),
]  # fmt: skip
