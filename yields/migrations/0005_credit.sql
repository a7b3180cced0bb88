-- What earns on a day, and its crediting: each one statement for a whole chunk of wallets.

CREATE FUNCTION yields_bases(p_wallets uuid[], p_enrolled_at timestamptz[], p_since timestamptz, p_end timestamptz)
RETURNS TABLE (wallet_id uuid, id uuid, balance bigint, unconfirmed bigint)
LANGUAGE sql STABLE SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off AS $$
    -- The rule, and why it is right, stand in yields/base.py. A row a stake, by its account, and one for the wallet itself.
    WITH enrolled AS (SELECT * FROM unnest(p_wallets, p_enrolled_at) AS e (wallet_id, enrolled_at)),
    holding AS (
        SELECT a.wallet_id, coalesce(a.id, a.wallet_id) AS id, sum(a.balance) AS balance_now
        FROM ledger_account a
        WHERE a.wallet_id = ANY (p_wallets) AND a.kind = 'STAKE'
        GROUP BY GROUPING SETS ((a.wallet_id, a.id), (a.wallet_id))
    ),
    flow AS (
        SELECT coalesce(p.account_id, p.wallet_id) AS id, n.sequence, n.posted_at, sum(p.amount) AS amount
        FROM ledger_entry n
        -- Law 2: the lines of stakes lead to a balance, and only they.
        JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id AND p.balance_after IS NOT NULL
        WHERE n.wallet_id = ANY (p_wallets) AND n.posted_at >= p_since
        GROUP BY GROUPING SETS ((p.wallet_id, p.account_id, n.sequence, n.posted_at),
                                (p.wallet_id, n.sequence, n.posted_at))
    ),
    sum_to_the_end AS (
        SELECT f.id, sum(f.amount) OVER (PARTITION BY f.id ORDER BY f.sequence DESC) AS amount
        FROM flow f WHERE f.posted_at < p_end
    ),
    unconfirmed AS (SELECT s.id, greatest(0, max(s.amount)) AS amount FROM sum_to_the_end s GROUP BY s.id),
    posted_later AS (SELECT f.id, sum(f.amount) AS amount FROM flow f WHERE f.posted_at >= p_end GROUP BY f.id),
    standing AS (
        SELECT h.wallet_id, h.id, h.balance_now - coalesce(l.amount, 0) AS balance, coalesce(u.amount, 0) AS unconfirmed
        FROM holding h LEFT JOIN posted_later l USING (id) LEFT JOIN unconfirmed u USING (id)
    )
    SELECT s.wallet_id, s.id, s.balance::bigint,
           (CASE WHEN e.enrolled_at < p_since THEN s.unconfirmed ELSE greatest(0, s.balance) END)::bigint
    FROM standing s JOIN enrolled e USING (wallet_id)
$$;

-- Credit a day to wallets whose locks the caller holds: derive what earns, compute the income, split it over the members,
-- post it and write the day down. A row a wallet; `sequence` is that of its event, and null where nothing was posted.
CREATE FUNCTION yields_credit_locked(
    p_fund text, p_day date, p_rate numeric, p_is_sandbox boolean, p_wallets uuid[], p_enrolled_at timestamptz[],
    p_since timestamptz, p_end timestamptz, p_at timestamptz
) RETURNS TABLE (wallet_id uuid, base bigint, income bigint, cut_off numeric, sequence bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    -- The rate in its units of 1/10,000 yuan for 10,000 shares: base times it, over 10^8, is the income. A bigint holds
    -- the product up to a base of 9 × 10^13 fen; beyond it PostgreSQL raises.
    v_rate bigint := p_rate * 10000;
    v_now bytea := ledger_milliseconds();
    v_wallets uuid[]; v_bases bigint[]; v_incomes bigint[];
    v_earning uuid[]; v_events jsonb[];
    v_line_wallets uuid[]; v_accounts uuid[]; v_amounts bigint[];
BEGIN
    WITH standing AS MATERIALIZED (
        SELECT b.wallet_id, b.id, b.balance, greatest(0, b.balance - b.unconfirmed) AS base
        FROM yields_bases(p_wallets, p_enrolled_at, p_since, p_end) b
    ),
    day AS MATERIALIZED (
        SELECT s.wallet_id, s.base, s.base * v_rate / 100000000 AS income FROM standing s WHERE s.id = s.wallet_id
    ),
    -- By the members' bases, or by their stakes, where no member has a base.
    weighed AS (
        SELECT s.wallet_id, s.id,
               CASE WHEN max(s.base) OVER (PARTITION BY s.wallet_id) > 0 THEN s.base ELSE greatest(0, s.balance) END AS weight
        FROM standing s WHERE s.id <> s.wallet_id
    ),
    -- By largest remainder, ties to the smaller id: what wallet.ledger.money.split does.
    product AS (
        SELECT w.wallet_id, w.id, d.income, d.income::numeric * w.weight AS of_weight,
               sum(w.weight) OVER (PARTITION BY w.wallet_id) AS whole
        FROM weighed w JOIN day d USING (wallet_id) WHERE d.income > 0
    ),
    part AS (
        SELECT p.wallet_id, p.id, div(p.of_weight, p.whole)::bigint AS amount,
               row_number() OVER (PARTITION BY p.wallet_id ORDER BY p.of_weight % p.whole DESC, p.id) AS place,
               p.income - sum(div(p.of_weight, p.whole)) OVER (PARTITION BY p.wallet_id) AS missing
        FROM product p
    ),
    share AS MATERIALIZED (
        SELECT p.wallet_id, p.id, p.amount + (p.place <= p.missing)::int AS amount FROM part p
        WHERE p.amount + (p.place <= p.missing)::int > 0
    ),
    line AS (
        SELECT s.wallet_id, s.id AS account_id, s.amount FROM share s
        UNION ALL
        SELECT d.wallet_id, f.id, -d.income FROM day d
        JOIN ledger_account f ON f.wallet_id = d.wallet_id AND f.kind = 'FUND' WHERE d.income > 0
    ),
    told AS (
        SELECT d.wallet_id, jsonb_build_object(
            'fund', p_fund, 'date', p_day, 'yield_per_10k', p_rate::text, 'is_sandbox', p_is_sandbox, 'base', d.base,
            'amount', d.income, 'shares', jsonb_object_agg(a.holder_id, s.amount)) AS data
        FROM day d JOIN share s USING (wallet_id) JOIN ledger_account a ON a.id = s.id
        GROUP BY d.wallet_id, d.base, d.income
    )
    SELECT d.wallets, d.bases, d.incomes, t.wallets, t.events, l.wallets, l.accounts, l.amounts
    INTO v_wallets, v_bases, v_incomes, v_earning, v_events, v_line_wallets, v_accounts, v_amounts
    FROM (SELECT array_agg(wallet_id) AS wallets, array_agg(base) AS bases, array_agg(income) AS incomes FROM day) d,
         (SELECT array_agg(wallet_id) AS wallets, array_agg(data) AS events FROM told) t,
         (SELECT array_agg(wallet_id) AS wallets, array_agg(account_id) AS accounts, array_agg(amount) AS amounts
          FROM line) l;

    RETURN QUERY
    WITH posted AS MATERIALIZED (
        SELECT * FROM ledger_post_each('yield', 'yield:' || p_day, p_at, 'yield_credited', v_earning, v_events,
                                       v_line_wallets, v_accounts, v_amounts)
    ),
    written AS (
        INSERT INTO yields_yieldday
            (id, wallet_id, fund_id, date, base, yield_per_10k, income, cut_off, entry_id, credited_at)
        SELECT ledger_uuid7(v_now), d.wallet_id, p_fund, p_day, d.base, p_rate, d.income,
               (d.base * v_rate % 100000000)::numeric / 100000000, p.entry_id, p_at
        FROM unnest(v_wallets, v_bases, v_incomes) AS d (wallet_id, base, income) LEFT JOIN posted p USING (wallet_id)
        RETURNING yields_yieldday.wallet_id, yields_yieldday.base, yields_yieldday.income, yields_yieldday.cut_off
    )
    SELECT w.wallet_id, w.base, w.income, w.cut_off, p.sequence
    FROM written w LEFT JOIN posted p ON p.wallet_id = w.wallet_id AND p.is_new;
END
$$;

-- One chunk of a run, in the caller's commit: the next wallets of a range that earn the day and do not have it, or those
-- that are named. Who is locked is left to the end (`busy`); who may not have the day yet is told (`closed`: but still
-- enrolled; `gaps`: the day before is missing). No wallet is waited for.
CREATE FUNCTION yields_credit(
    p_fund text, p_day date, p_rate numeric, p_is_sandbox boolean, p_since timestamptz, p_start timestamptz,
    p_end timestamptz, p_at timestamptz, p_first uuid, p_until uuid, p_after uuid, p_size int, p_named uuid[],
    OUT chosen int, OUT last_chosen uuid, OUT days int, OUT credited int, OUT base bigint, OUT income bigint,
    OUT cut_off numeric, OUT busy uuid[], OUT closed uuid[], OUT gaps uuid[], OUT numbered uuid[], OUT numbers bigint[]
) LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off AS $$
DECLARE
    v_chosen uuid[] := p_named;
    v_free uuid[];
    v_wallets uuid[];
    v_enrolled_at timestamptz[];
BEGIN
    IF p_named IS NULL THEN
        -- A day is looked up wallet by wallet: as NOT EXISTS, all days that the run has written so far might be read.
        SELECT array_agg(e.wallet_id ORDER BY e.wallet_id) INTO v_chosen FROM (
            SELECT e.wallet_id FROM yields_enrollment e
            WHERE e.fund_id = p_fund AND e.enrolled_at < p_end AND (e.ended_at IS NULL OR e.ended_at >= p_end)
            AND (p_first IS NULL OR e.wallet_id >= p_first) AND (p_until IS NULL OR e.wallet_id < p_until)
            AND (p_after IS NULL OR e.wallet_id > p_after)
            AND (SELECT d.id FROM yields_yieldday d WHERE d.wallet_id = e.wallet_id AND d.date = p_day) IS NULL
            ORDER BY e.wallet_id LIMIT p_size) e;
    END IF;
    chosen := coalesce(cardinality(v_chosen), 0);
    last_chosen := v_chosen[chosen];
    SELECT coalesce(array_agg(w.id), '{}') INTO v_free FROM (
        SELECT w.id FROM ledger_wallet w WHERE w.id = ANY (v_chosen) ORDER BY w.id FOR NO KEY UPDATE SKIP LOCKED) w;
    busy := ARRAY(SELECT unnest(v_chosen) EXCEPT SELECT unnest(v_free));
    -- Under the locks it is asked again: it may have changed. In PostgreSQL a new statement sees what is new.
    SELECT array_agg(p.wallet_id) FILTER (WHERE NOT p.is_closed AND NOT p.has_gap),
           array_agg(p.enrolled_at) FILTER (WHERE NOT p.is_closed AND NOT p.has_gap),
           array_agg(p.wallet_id) FILTER (WHERE p.is_closed),
           array_agg(p.wallet_id) FILTER (WHERE p.has_gap AND NOT p.is_closed)
    INTO v_wallets, v_enrolled_at, closed, gaps FROM (
        SELECT e.wallet_id, e.enrolled_at, w.status = 'closed' AND e.ended_at IS NULL AS is_closed,
               e.enrolled_at < p_start AND (SELECT b.id FROM yields_yieldday b
                                            WHERE b.wallet_id = e.wallet_id AND b.date = p_day - 1) IS NULL AS has_gap
        FROM yields_enrollment e JOIN ledger_wallet w ON w.id = e.wallet_id
        WHERE e.wallet_id = ANY (v_free) AND e.fund_id = p_fund AND e.enrolled_at < p_end
        AND (e.ended_at IS NULL OR e.ended_at >= p_end)
        AND (SELECT d.id FROM yields_yieldday d WHERE d.wallet_id = e.wallet_id AND d.date = p_day) IS NULL) p;
    SELECT count(*), count(*) FILTER (WHERE c.income > 0), coalesce(sum(c.base), 0), coalesce(sum(c.income), 0),
           coalesce(sum(c.cut_off), 0), array_agg(c.wallet_id) FILTER (WHERE c.sequence IS NOT NULL),
           array_agg(c.sequence) FILTER (WHERE c.sequence IS NOT NULL)
    INTO days, credited, base, income, cut_off, numbered, numbers
    FROM yields_credit_locked(p_fund, p_day, p_rate, p_is_sandbox, v_wallets, v_enrolled_at, p_since, p_end, p_at) c;
END
$$;
