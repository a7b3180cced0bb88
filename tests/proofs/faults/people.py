"""Faults of what people are to a group, and of what they contest, order and vote."""

from tests.proofs.faults.story import AWARDED, COME, OPEN, PASSED_ON, STOPPED, Fault

PEOPLE = [
    # --- people
    Fault("a member's stake is gone", (
        "DELETE FROM ledger_account a WHERE wallet_id = '<w>' AND kind = 'STAKE' AND balance = 0"
        " AND NOT EXISTS (SELECT FROM ledger_posting p WHERE p.account_id = a.id)",
    ), ("member_without_stake",)),
    Fault("a group has lost its owner", (
        "UPDATE members_membership SET role = 'member' WHERE wallet_id = '<w>' AND role = 'owner'",
    ), ("group_without_owner",)),
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
