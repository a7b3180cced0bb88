-- The second door to the books: the same small entry in many wallets at once, by one statement. It obeys the laws as the
-- first door does, and its rows are the same to the letter. All wallets must lie on one node, as those of one chunk do.

-- Ids of version 7 (RFC 9562): the milliseconds since 1970 in 48 bits, and a random version 4 whose version is made a 7.
-- Who makes many reads the clock once (`ledger_milliseconds`), for that takes longer than the rest.
CREATE FUNCTION ledger_milliseconds() RETURNS bytea LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
$$;
CREATE FUNCTION ledger_uuid7(p_milliseconds bytea) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING p_milliseconds FROM 1 FOR 6), 52, 1), 53, 1),
                  'hex')::uuid
$$;

CREATE FUNCTION ledger_post_each(
    p_kind text, p_reference text, p_at timestamptz, p_event_kind text, p_wallets uuid[], p_event_data jsonb[],
    p_line_wallets uuid[], p_accounts uuid[], p_amounts bigint[]
) RETURNS TABLE (wallet_id uuid, entry_id uuid, sequence bigint, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
-- Planned for the lines it gets, each by an index: for a handful, or where a table is not so large, PostgreSQL would read
-- whole tables for every chunk.
SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    v_now bytea := ledger_milliseconds();
    v_known uuid[];
BEGIN
    -- In the order of their ids, so that two of these never wait for each other.
    PERFORM FROM ledger_wallet w WHERE w.id = ANY (p_wallets) ORDER BY w.id FOR NO KEY UPDATE;
    -- Law 5: one effect per reference, for ever. A repetition is answered with what it was then.
    SELECT coalesce(array_agg(e.wallet_id), '{}') INTO v_known
    FROM ledger_entry e WHERE e.wallet_id = ANY (p_wallets) AND e.reference = p_reference;
    RETURN QUERY
    SELECT e.wallet_id, e.id, e.sequence, false FROM ledger_entry e
    WHERE e.wallet_id = ANY (v_known) AND e.reference = p_reference;
    RETURN QUERY
    WITH line AS MATERIALIZED (
        SELECT l.wallet_id, l.account_id, l.amount
        FROM unnest(p_line_wallets, p_accounts, p_amounts) AS l (wallet_id, account_id, amount)
        WHERE l.wallet_id <> ALL (v_known)
    ),
    stake AS (
        UPDATE ledger_account a SET balance = a.balance + l.amount FROM line l
        WHERE a.id = l.account_id AND a.wallet_id = l.wallet_id AND a.kind = 'STAKE'
        RETURNING a.id, a.wallet_id, a.holder_id, a.balance, l.amount
    ),
    change AS (
        SELECT s.wallet_id, sum(s.amount)::bigint AS amount, jsonb_object_agg(s.holder_id, s.balance) AS stakes
        FROM stake s GROUP BY s.wallet_id
    ),
    lines AS (
        SELECT l.wallet_id, string_agg(l.account_id || ':' || l.amount, ',' ORDER BY l.account_id) AS told
        FROM line l GROUP BY l.wallet_id
    ),
    posted AS (
        UPDATE ledger_wallet w SET sequence = w.sequence + 1, balance = w.balance + coalesce(c.amount, 0),
            head = ledger_seal(w.head, w.id, w.sequence + 1, p_kind, p_reference, '', NULL, p_at, l.told, NULL)
        FROM lines l LEFT JOIN change c USING (wallet_id)
        WHERE w.id = l.wallet_id
        RETURNING w.id AS wallet_id, w.sequence, w.balance, w.head, coalesce(c.stakes, '{}') AS stakes
    ),
    entry AS (
        INSERT INTO ledger_entry (id, wallet_id, sequence, kind, reference, memo, digest, posted_at)
        SELECT ledger_uuid7(v_now), p.wallet_id, p.sequence, p_kind, p_reference, '', p.head, p_at FROM posted p
        RETURNING ledger_entry.id, ledger_entry.wallet_id, ledger_entry.sequence
    ),
    posting AS (
        INSERT INTO ledger_posting (id, wallet_id, entry_id, account_id, amount, balance_after)
        SELECT ledger_uuid7(v_now), l.wallet_id, e.id, l.account_id, l.amount, s.balance
        FROM line l JOIN entry e USING (wallet_id) LEFT JOIN stake s ON s.id = l.account_id
    ),
    event AS (
        INSERT INTO ledger_event (id, wallet_id, sequence, kind, data, at)
        SELECT ledger_uuid7(v_now), p.wallet_id, p.sequence, p_event_kind,
               a.data || jsonb_build_object('entry', e.id, 'balance', p.balance, 'stakes', p.stakes), p_at
        FROM posted p JOIN entry e USING (wallet_id)
        JOIN unnest(p_wallets, p_event_data) AS a (wallet_id, data) USING (wallet_id)
    )
    SELECT e.wallet_id, e.id, e.sequence, true FROM entry e;
END
$$;

REVOKE ALL ON FUNCTION ledger_post_each FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post_each TO wallet_app;
GRANT CREATE ON SCHEMA public TO wallet_books;
ALTER FUNCTION ledger_post_each OWNER TO wallet_books;
REVOKE CREATE ON SCHEMA public FROM wallet_books;
