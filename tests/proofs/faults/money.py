"""Faults of money that moves: in and out, at merchants, under limits, and out of a fund."""

from tests.proofs.faults.story import FAST, PAID, RICH, SHARED, Fault

MONEY = [
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
]  # fmt: skip
