"""What must be so of yield (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

add_check(
    "yield_entry",
    "Every credit of yield has its one day, or one correction of it, with the same amount; every income its credit.",
    """
    SELECT coalesce(d.wallet_id, e.wallet_id), coalesce(e.id, d.id)::text,
           coalesce(e.reference, d.name) || ': day ' || coalesce(d.income::text, 'missing') || ', booked '
           || coalesce(e.amount::text, 'nothing')
    FROM (
        SELECT wallet_id, id, entry_id, income, date::text AS name
        FROM yields_yieldday WHERE wallet_id = ANY(%(wallets)s) AND income > 0
        UNION ALL
        SELECT wallet_id, id, entry_id, income, date || ':' || number
        FROM yields_correctedday WHERE wallet_id = ANY(%(wallets)s) AND income > 0 AND income <> income_before
    ) d
    FULL JOIN (
        SELECT n.id, n.wallet_id, n.reference, sum(p.amount) FILTER (WHERE a.kind = 'STAKE') AS amount
        FROM ledger_entry n
        JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id
        JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id
        WHERE n.wallet_id = ANY(%(wallets)s) AND n.kind = 'yield'
        GROUP BY n.id, n.wallet_id, n.reference
    ) e ON e.wallet_id = d.wallet_id AND e.id = d.entry_id AND e.reference = 'yield:' || d.name
    WHERE d.income IS DISTINCT FROM e.amount""",
)
add_check(
    "yield_income",
    "A day's income is its base times the rate that the fund published, cut down to the fen; the rest is noted. So with"
    " corrections, by theirs.",
    """
    SELECT d.wallet_id, d.id::text, d.date || ': base ' || d.base || ', rate ' || d.yield_per_10k || ', income '
           || d.income || ', cut off ' || d.cut_off || ', published '
           || coalesce(f.yield_per_10k::text, 'nothing')
    FROM yields_yieldday d
    LEFT JOIN yields_fundday f ON f.fund_id = d.fund_id AND f.date = d.date AND f.state = 'published'
    WHERE d.wallet_id = ANY(%(wallets)s)
    AND (f.id IS NULL
         OR f.yield_per_10k <> d.yield_per_10k AND NOT (f.yield_per_10k < 0 AND EXISTS (
             SELECT FROM yields_ratecorrection r
             WHERE r.fund_day_id = f.id AND r.published_at <= d.credited_at AND r.yield_per_10k = d.yield_per_10k))
         OR d.base * d.yield_per_10k / 10000 <> d.income + d.cut_off)
    UNION ALL
    SELECT c.wallet_id, c.id::text, c.date || ', correction ' || c.number || ': base ' || c.base || ', rate '
           || c.yield_per_10k || ', income ' || c.income || ', cut off ' || c.cut_off
    FROM yields_correctedday c
    LEFT JOIN yields_yieldday d ON d.wallet_id = c.wallet_id AND d.id = c.earned_id AND d.date = c.date
    LEFT JOIN yields_ratecorrection r ON r.id = c.correction_id AND r.number = c.number AND r.published_at IS NOT NULL
    LEFT JOIN yields_fundday f ON f.id = r.fund_day_id AND f.fund_id = d.fund_id AND f.date = d.date
    WHERE c.wallet_id = ANY(%(wallets)s)
    AND (f.id IS NULL OR r.yield_per_10k <> c.yield_per_10k OR d.base <> c.base
         OR c.base * c.yield_per_10k / 10000 <> c.income + c.cut_off)""",
)
add_check(
    "yield_correction",
    "A correction takes back what stood before it, whole, by one entry that reverses that one; what does not change"
    " stands by the same entry.",
    """
    SELECT coalesce(c.wallet_id, e.wallet_id), coalesce(c.id, e.id)::text,
           coalesce(c.date || ', correction ' || c.number, e.reference) || ': stood '
           || coalesce(c.stood::text, 'nothing') || ', before ' || coalesce(c.income_before::text, 'missing')
           || ', taken back ' || coalesce(e.amount::text, 'nothing')
    FROM (
        SELECT s.*, lag(s.income) OVER w AS stood, lag(s.entry_id) OVER w AS stood_by
        FROM (
            SELECT wallet_id, id, date, 0 AS number, 0::bigint AS income_before, income, NULL::uuid AS reversal_id,
                   entry_id
            FROM yields_yieldday WHERE wallet_id = ANY(%(wallets)s)
            UNION ALL
            SELECT wallet_id, id, date, number, income_before, income, reversal_id, entry_id
            FROM yields_correctedday WHERE wallet_id = ANY(%(wallets)s)
        ) s
        WINDOW w AS (PARTITION BY s.wallet_id, s.date ORDER BY s.number)
    ) c
    FULL JOIN (
        SELECT n.id, n.wallet_id, n.reference, n.reverses_id,
               -sum(p.amount) FILTER (WHERE a.kind = 'STAKE') AS amount
        FROM ledger_entry n
        JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id
        JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id
        WHERE n.wallet_id = ANY(%(wallets)s) AND n.kind = 'yield_reversal'
        GROUP BY n.id, n.wallet_id, n.reference, n.reverses_id
    ) e ON e.wallet_id = c.wallet_id AND e.id = c.reversal_id
    WHERE c.number > 0 AND (c.stood IS DISTINCT FROM c.income_before
        OR (c.income = c.income_before AND c.entry_id IS DISTINCT FROM c.stood_by)
        OR (c.income <> c.income_before AND c.income_before > 0 AND (
            e.amount IS DISTINCT FROM c.income_before OR e.reverses_id IS DISTINCT FROM c.stood_by
            OR e.reference <> 'yield-reversal:' || c.date || ':' || c.number)))
    OR c.id IS NULL""",
)
add_check(
    "yield_day_gap",
    "A wallet's days follow one another from its enrollment to the last that was credited.",
    """
    SELECT e.wallet_id, e.id::text, 'enrolled ' || e.enrolled_at || ': ' || count(d.id) || ' days up to ' || max(d.date)
    FROM yields_enrollment e
    JOIN yields_yieldday d ON d.wallet_id = e.wallet_id AND d.fund_id = e.fund_id
    AND d.date >= (e.enrolled_at AT TIME ZONE 'Asia/Shanghai')::date
    AND (e.ended_at IS NULL OR d.date < (e.ended_at AT TIME ZONE 'Asia/Shanghai')::date)
    WHERE e.wallet_id = ANY(%(wallets)s)
    GROUP BY e.id, e.wallet_id, e.enrolled_at
    HAVING count(d.id) <> max(d.date) - (e.enrolled_at AT TIME ZONE 'Asia/Shanghai')::date + 1""",
)
add_check(
    "fast_cash_out",
    "What has gone out fast of a wallet whose money was in a fund took its amount of its holder's allowance of that"
    " day, and has it back where it failed; nothing else did.",
    # By the numbers of the events, which are given under the wallet's lock: two moments may be alike, or have waited.
    """
    WITH earning AS (
        SELECT e.wallet_id, e.enrolled_by_id, e.redeemed_at, started.sequence AS since, ended.sequence AS until
        FROM yields_enrollment e
        JOIN ledger_event started ON started.wallet_id = e.wallet_id AND started.kind = 'yield_switched_on'
        AND started.data ->> 'enrollment' = e.id::text
        LEFT JOIN ledger_event ended ON ended.wallet_id = e.wallet_id AND ended.kind = 'yield_switched_off'
        AND ended.data ->> 'enrollment' = e.id::text
        WHERE e.wallet_id = ANY(%(wallets)s)
    ), fast AS (
        SELECT f.id, f.wallet_id, f.amount, f.status, (n.posted_at AT TIME ZONE 'Asia/Shanghai')::date AS date,
               e.enrolled_by_id AS holder_id
        FROM funding_withdrawal f
        JOIN ledger_entry n ON n.wallet_id = f.wallet_id AND n.reference = CASE f.borne_by
            WHEN 'own' THEN 'withdrawal:' || f.id ELSE coalesce(nullif(f.reference, ''), 'transfer-out:' || f.id) END
        JOIN LATERAL (
            SELECT x.enrolled_by_id FROM earning x
            WHERE x.wallet_id = f.wallet_id AND x.since < n.sequence
            AND (x.until IS NULL OR n.sequence < x.until OR n.posted_at < x.redeemed_at)
            ORDER BY x.since DESC LIMIT 1) e ON true
        WHERE f.wallet_id = ANY(%(wallets)s) AND f.speed = 'fast'
    )
    SELECT coalesce(w.wallet_id, c.wallet_id), coalesce(w.id, c.withdrawal_id)::text,
           coalesce(w.amount || ' of ' || w.date || ', ' || w.status, 'nothing') || ' went out fast, '
           || coalesce(c.amount || ' of ' || c.date || coalesce(', given back ' || c.given_back_at, ''), 'nothing')
           || ' was taken'
    FROM fast w
    FULL JOIN (SELECT * FROM yields_fastcashout WHERE wallet_id = ANY(%(wallets)s)) c
    ON c.wallet_id = w.wallet_id AND c.withdrawal_id = w.id
    WHERE (w.holder_id, w.date, w.amount) IS DISTINCT FROM (c.holder_id, c.date, c.amount)
    OR (w.status = 'failed') <> (c.given_back_at IS NOT NULL)""",
)
add_check(
    "fast_allowance",
    "What is taken of a holder's allowance of a day is what went out fast of all their groups on it and did not fail.",
    """
    SELECT h.wallet_id, coalesce(x.id::text, h.user_id || ' ' || x.date),
           x.date || ': ' || x.taken || ' taken, ' || x.counted || ' went out'
    FROM (SELECT user_id, min(wallet_id::text)::uuid AS wallet_id FROM members_membership
          WHERE wallet_id = ANY(%(wallets)s) GROUP BY user_id) h
    CROSS JOIN LATERAL (
        SELECT a.id, coalesce(a.date, c.date) AS date, coalesce(a.taken, 0) AS taken, coalesce(c.sum, 0) AS counted
        FROM (SELECT * FROM yields_fastallowance WHERE holder_id = h.user_id) a
        FULL JOIN (SELECT date, sum(amount) FROM yields_fastcashout
                   WHERE holder_id = h.user_id AND given_back_at IS NULL GROUP BY date) c ON c.date = a.date) x
    WHERE x.taken <> x.counted""",
)
