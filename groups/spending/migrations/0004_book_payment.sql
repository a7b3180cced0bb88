-- The rows of a payment in one call: the code is used up, the payment stands under the group, its number leads to it, and what was
-- spent is counted in its month (p_counted; none for a refused payment), for the group and for the payer.
-- It judges nothing and has no rights of its own; what was judged under the wallet's lock is only written down here.

CREATE FUNCTION spending_book_payment(
    p_payment uuid, p_wallet uuid, p_user uuid, p_merchant uuid, p_code uuid, p_number text, p_amount bigint,
    p_subject text, p_category text, p_rule text, p_status text, p_refusal text, p_entry uuid, p_trade uuid, p_at timestamptz,
    p_counted timestamptz, p_group_counter uuid, p_member_counter uuid
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE spending_paymentcode SET used_at = p_at WHERE wallet_id = p_wallet AND id = p_code;
    INSERT INTO spending_payment (id, wallet_id, user_id, merchant_id, code_id, out_trade_no, amount, refunded, subject,
        category, sharing_rule, status, refusal_code, entry_id, counted_in, created_at)
    VALUES (p_payment, p_wallet, p_user, p_merchant, p_code, p_number, p_amount, 0, p_subject,
        p_category, p_rule, p_status, p_refusal, p_entry, p_counted, p_at);
    INSERT INTO spending_tradenumber (id, merchant_id, out_trade_no, wallet_id, payment_id)
    VALUES (p_trade, p_merchant, p_number, p_wallet, p_payment);
    IF p_counted IS NOT NULL THEN
        INSERT INTO rules_spendingcounter (id, wallet_id, member_id, starts_at, spent)
        VALUES (p_group_counter, p_wallet, NULL, p_counted, p_amount), (p_member_counter, p_wallet, p_user, p_counted, p_amount)
        ON CONFLICT (wallet_id, starts_at, member_id)
        DO UPDATE SET spent = rules_spendingcounter.spent + excluded.spent;
    END IF;
END
$$;
