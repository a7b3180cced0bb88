-- What an entry corrects is written and chained like what it reverses. An entry that corrects nothing has the digest that
-- it always had. Who may call them, and as whom they run, is as in 0003_grants.sql.

-- The link of the chain: what an entry says, with its lines as text, in the order of their accounts.
CREATE FUNCTION ledger_seal(
    p_head bytea, p_wallet uuid, p_sequence bigint, p_kind text, p_reference text, p_memo text, p_reverses uuid,
    p_at timestamptz, p_lines text, p_corrects uuid
) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
BEGIN  -- in plpgsql, because PostgreSQL plans the body of an SQL function anew in every transaction
    -- As a JSON array, so that no text can pass for two fields.
    RETURN sha256(p_head || convert_to(
        (jsonb_build_array(p_wallet, p_sequence, p_kind, p_reference, p_memo, p_reverses,
                           (extract(epoch FROM p_at) * 1000000)::bigint, p_lines)
         || CASE WHEN p_corrects IS NULL THEN '[]' ELSE jsonb_build_array(p_corrects) END)::text, 'UTF8'));
END
$$;

CREATE FUNCTION ledger_digest(
    p_head bytea, p_wallet uuid, p_sequence bigint, p_kind text, p_reference text, p_memo text, p_reverses uuid,
    p_at timestamptz, p_accounts uuid[], p_amounts bigint[], p_corrects uuid
) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN ledger_seal(p_head, p_wallet, p_sequence, p_kind, p_reference, p_memo, p_reverses, p_at,
                       (SELECT string_agg(account || ':' || amount, ',' ORDER BY account)
                        FROM unnest(p_accounts, p_amounts) AS line (account, amount)), p_corrects);
END
$$;

CREATE FUNCTION ledger_post_entry(
    p_wallet uuid, p_entry uuid, p_kind text, p_reference text, p_memo text, p_reverses uuid, p_at timestamptz,
    p_postings uuid[], p_accounts uuid[], p_amounts bigint[],
    p_event uuid, p_event_kind text, p_event_data jsonb, p_actor uuid, p_corrects uuid DEFAULT NULL,
    OUT posted_entry uuid, OUT posted_sequence bigint, OUT posted_balance bigint, OUT posted_digest bytea
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_sequence bigint;
    v_head bytea;
    v_change bigint;
    v_found int;
    v_stakes jsonb;
BEGIN
    SELECT w.sequence + 1, w.head INTO v_sequence, v_head
    FROM ledger_wallet w WHERE w.id = p_wallet FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no wallet %', p_wallet USING ERRCODE = 'foreign_key_violation';
    END IF;

    -- Law 5: one effect per reference, for ever. A repetition is answered with what it was then; the caller compares.
    SELECT e.id, e.sequence, e.digest INTO posted_entry, posted_sequence, posted_digest
    FROM ledger_entry e WHERE e.wallet_id = p_wallet AND e.reference = p_reference;
    IF FOUND THEN
        RETURN;
    END IF;
    posted_sequence := v_sequence;

    UPDATE ledger_account a SET balance = a.balance + l.amount
    FROM unnest(p_accounts, p_amounts) AS l (account_id, amount)
    WHERE a.id = l.account_id AND a.wallet_id = p_wallet AND a.kind = 'STAKE';

    SELECT count(*), coalesce(sum(l.amount) FILTER (WHERE a.kind = 'STAKE'), 0),
           coalesce(jsonb_object_agg(a.holder_id, a.balance) FILTER (WHERE a.kind = 'STAKE'), '{}')
    INTO v_found, v_change, v_stakes
    FROM unnest(p_accounts, p_amounts) AS l (account_id, amount)
    JOIN ledger_account a ON a.id = l.account_id AND a.wallet_id = p_wallet;
    IF v_found <> cardinality(p_accounts) OR v_found < 2 THEN
        RAISE EXCEPTION 'an entry needs two lines or more, each of an account of its wallet' USING ERRCODE = 'check_violation';
    END IF;

    posted_digest := ledger_digest(v_head, p_wallet, posted_sequence, p_kind, p_reference, p_memo, p_reverses,
                                   p_at, p_accounts, p_amounts, p_corrects);
    UPDATE ledger_wallet w SET sequence = posted_sequence, balance = w.balance + v_change, head = posted_digest
    WHERE w.id = p_wallet RETURNING w.balance INTO posted_balance;

    INSERT INTO ledger_entry (id, wallet_id, sequence, kind, reference, memo, reverses_id, corrects_id, digest, posted_at)
    VALUES (p_entry, p_wallet, posted_sequence, p_kind, p_reference, p_memo, p_reverses, p_corrects, posted_digest, p_at);
    INSERT INTO ledger_posting (id, wallet_id, entry_id, account_id, amount, balance_after)
    SELECT l.id, p_wallet, p_entry, l.account_id, l.amount, a.balance
    FROM unnest(p_postings, p_accounts, p_amounts) AS l (id, account_id, amount)
    JOIN ledger_account a ON a.id = l.account_id AND a.wallet_id = p_wallet;
    INSERT INTO ledger_event (id, wallet_id, sequence, kind, actor_id, data, at)
    VALUES (p_event, p_wallet, posted_sequence, p_event_kind, p_actor,
            p_event_data || jsonb_build_object('entry', p_entry, 'balance', posted_balance, 'stakes', v_stakes), p_at);
    posted_entry := p_entry;
END
$$;
