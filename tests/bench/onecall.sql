-- The same payment as one call: everything in the database, no rules, nothing that could refuse. What a service can at best be.
CREATE FUNCTION bench_pay(
    p_merchant uuid, p_merchant_name text, p_code_hash text, p_number text, p_amount bigint, p_subject text, p_category text
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz := clock_timestamp();
    v_payment uuid := gen_random_uuid();
    v_entry uuid := gen_random_uuid();
    v_wallet uuid;
    v_code uuid;
    v_user uuid;
    v_rule text;
    v_sequence bigint;
    v_balance bigint;
    v_head bytea;
    v_total numeric;
    v_accounts uuid[];
    v_holders uuid[];
    v_parts bigint[];
    v_takings uuid;
    v_stakes jsonb;
    v_month timestamptz := date_trunc('month', v_at AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai';
    v_memo text := p_merchant_name || ' ' || p_subject;
BEGIN
    SELECT wallet_id, code_id INTO STRICT v_wallet, v_code FROM spending_codelead WHERE code_hash = p_code_hash;
    SELECT sequence + 1, balance - p_amount, head INTO STRICT v_sequence, v_balance, v_head
    FROM ledger_wallet WHERE id = v_wallet FOR NO KEY UPDATE;
    UPDATE spending_paymentcode SET used_at = v_at WHERE wallet_id = v_wallet AND id = v_code
    RETURNING user_id, sharing_rule INTO STRICT v_user, v_rule;
    SELECT id INTO STRICT v_takings FROM ledger_account WHERE wallet_id = v_wallet AND kind = 'MERCHANT';

    -- By stake, the remainder to the largest fractions.
    SELECT sum(balance) INTO v_total FROM ledger_account WHERE wallet_id = v_wallet AND kind = 'STAKE';
    SELECT array_agg(id ORDER BY id), array_agg(holder_id ORDER BY id),
           array_agg(part + (place <= p_amount - given)::int ORDER BY id)
    INTO v_accounts, v_holders, v_parts
    FROM (SELECT id, holder_id, part, sum(part) OVER () AS given,
                 row_number() OVER (ORDER BY p_amount * balance::numeric - part * v_total DESC, id) AS place
          FROM (SELECT id, holder_id, balance, div(p_amount * balance::numeric, v_total)::bigint AS part
                FROM ledger_account WHERE wallet_id = v_wallet AND kind = 'STAKE') AS floors) AS ranked;

    UPDATE ledger_account a SET balance = a.balance - l.part
    FROM unnest(v_accounts, v_parts) AS l (id, part) WHERE a.id = l.id AND a.wallet_id = v_wallet;
    SELECT jsonb_object_agg(holder_id, balance) INTO v_stakes
    FROM ledger_account WHERE wallet_id = v_wallet AND kind = 'STAKE';
    v_head := sha256(v_head || convert_to(
        jsonb_build_array(v_wallet, v_sequence, 'payment', 'payment:' || v_payment, v_memo, NULL,
                  (extract(epoch FROM v_at) * 1000000)::bigint,
                  (SELECT string_agg(account || ':' || amount, ',' ORDER BY account)
                   FROM (SELECT account, -part AS amount FROM unnest(v_accounts, v_parts) AS l (account, part)
                         UNION ALL SELECT v_takings, p_amount) AS lines))::text, 'UTF8'));
    UPDATE ledger_wallet SET sequence = v_sequence, balance = v_balance, head = v_head WHERE id = v_wallet;
    INSERT INTO ledger_entry (id, wallet_id, sequence, kind, reference, memo, reverses_id, digest, posted_at)
    VALUES (v_entry, v_wallet, v_sequence, 'payment', 'payment:' || v_payment, v_memo, NULL, v_head, v_at);
    INSERT INTO ledger_posting (id, wallet_id, entry_id, account_id, amount, balance_after)
    SELECT gen_random_uuid(), v_wallet, v_entry, l.id, -l.part, a.balance
    FROM unnest(v_accounts, v_parts) AS l (id, part) JOIN ledger_account a ON a.id = l.id AND a.wallet_id = v_wallet
    UNION ALL SELECT gen_random_uuid(), v_wallet, v_entry, v_takings, p_amount, NULL;
    INSERT INTO ledger_event (id, wallet_id, sequence, kind, actor_id, data, at)
    VALUES (gen_random_uuid(), v_wallet, v_sequence, 'payment_settled', v_user, jsonb_build_object(
        'payment', v_payment, 'merchant', p_merchant_name, 'user', v_user, 'subject', p_subject, 'category', p_category,
        'sharing_rule', v_rule, 'amount', p_amount,
        'shares', (SELECT jsonb_object_agg(holder, part) FROM unnest(v_holders, v_parts) AS l (holder, part)),
        'entry', v_entry, 'balance', v_balance, 'stakes', v_stakes), v_at);
    INSERT INTO spending_payment (id, wallet_id, user_id, merchant_id, code_id, out_trade_no, amount, refunded, subject,
        category, sharing_rule, status, refusal_code, entry_id, counted_in, created_at)
    VALUES (v_payment, v_wallet, v_user, p_merchant, v_code, p_number, p_amount, 0, p_subject, p_category, v_rule,
        'settled', '', v_entry, v_month, v_at);
    INSERT INTO spending_tradenumber (id, merchant_id, out_trade_no, wallet_id, payment_id)
    VALUES (gen_random_uuid(), p_merchant, p_number, v_wallet, v_payment);
    INSERT INTO rules_spendingcounter (id, wallet_id, member_id, starts_at, spent)
    VALUES (gen_random_uuid(), v_wallet, NULL, v_month, p_amount), (gen_random_uuid(), v_wallet, v_user, v_month, p_amount)
    ON CONFLICT (wallet_id, starts_at, member_id) DO UPDATE SET spent = rules_spendingcounter.spent + excluded.spent;
    RETURN v_payment;
END
$$;
