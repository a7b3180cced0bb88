"""What must be so of yield (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

add_check(
    "yield_entry",
    "Every credit of yield has its one day, every day with an income its credit, and both are the same amount.",
    """
    SELECT coalesce(d.wallet_id, e.wallet_id), coalesce(e.id, d.id)::text,
           coalesce(e.reference, d.date::text) || ': day ' || coalesce(d.income::text, 'missing') || ', booked '
           || coalesce(e.amount::text, 'nothing')
    FROM (SELECT * FROM yields_yieldday WHERE wallet_id = ANY(%(wallets)s) AND income > 0) d
    FULL JOIN (
        SELECT n.id, n.wallet_id, n.reference, sum(p.amount) FILTER (WHERE a.kind = 'STAKE') AS amount
        FROM ledger_entry n
        JOIN ledger_posting p ON p.wallet_id = n.wallet_id AND p.entry_id = n.id
        JOIN ledger_account a ON a.wallet_id = p.wallet_id AND a.id = p.account_id
        WHERE n.wallet_id = ANY(%(wallets)s) AND n.kind = 'yield'
        GROUP BY n.id, n.wallet_id, n.reference
    ) e ON e.wallet_id = d.wallet_id AND e.id = d.entry_id AND e.reference = 'yield:' || d.date
    WHERE d.income IS DISTINCT FROM e.amount""",
)
add_check(
    "yield_income",
    "A day's income is its base times the rate that the fund published, cut down to the fen; the rest is noted.",
    """
    SELECT d.wallet_id, d.id::text, d.date || ': base ' || d.base || ', rate ' || d.yield_per_10k || ', income '
           || d.income || ', cut off ' || d.cut_off || ', published '
           || coalesce(f.yield_per_10k::text, 'nothing')
    FROM yields_yieldday d
    LEFT JOIN yields_fundday f ON f.fund_id = d.fund_id AND f.date = d.date AND f.state = 'published'
    WHERE d.wallet_id = ANY(%(wallets)s)
    AND (f.yield_per_10k IS DISTINCT FROM d.yield_per_10k
         OR d.base * d.yield_per_10k / 10000 <> d.income + d.cut_off)""",
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
