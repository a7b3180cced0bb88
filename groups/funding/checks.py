"""What must be so of money that comes in and goes out (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

#: Contributions and withdrawals side by side.
MOVEMENTS = """
    SELECT id, wallet_id, user_id, amount, status, 'contribution' AS purpose, 'collect' AS direction
    FROM funding_contribution WHERE wallet_id = ANY(%(wallets)s)
    UNION ALL
    SELECT id, wallet_id, user_id, amount, status, 'withdrawal', 'payout'
    FROM funding_withdrawal WHERE wallet_id = ANY(%(wallets)s) AND status IN ('requested', 'settled', 'failed')"""
#: Every entry that a movement shall have: by its reference, with what it changes of the member's stake.
EXPECTED = """
    SELECT id, wallet_id, user_id, coalesce(nullif(reference, ''), 'contribution:' || id) AS reference, amount AS change
    FROM funding_contribution WHERE wallet_id = ANY(%(wallets)s) AND status = 'settled'
    UNION ALL
    SELECT id, wallet_id, user_id, 'withdrawal:' || id, -amount
    FROM funding_withdrawal WHERE wallet_id = ANY(%(wallets)s) AND borne_by = 'own'
    UNION ALL
    SELECT id, wallet_id, user_id, 'withdrawal-outcome:' || id, CASE status WHEN 'failed' THEN amount ELSE 0 END
    FROM funding_withdrawal WHERE wallet_id = ANY(%(wallets)s) AND borne_by = 'own' AND status <> 'requested'"""
#: Every entry that movements have made.
MADE = """
    SELECT e.id, e.wallet_id, e.reference, a.holder_id AS user_id, coalesce(sum(p.amount), 0) AS change
    FROM ledger_entry e
    LEFT JOIN (ledger_posting p JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'STAKE')
    ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
    WHERE e.wallet_id = ANY(%(wallets)s)
    AND e.kind IN ('contribution', 'withdrawal', 'withdrawal_settled', 'withdrawal_returned')
    GROUP BY e.id, e.wallet_id, e.reference, a.holder_id"""

add_check(
    "in_transit",
    "What is in transit is what the withdrawals under way sum to: it comes to 0 when they are over.",
    """
    SELECT a.wallet_id, a.id::text, coalesce(p.sum, 0) || ' in transit, ' || coalesce(w.sum, 0) || ' under way'
    FROM ledger_account a
    LEFT JOIN (SELECT wallet_id, account_id, sum(amount) FROM ledger_posting WHERE wallet_id = ANY(%(wallets)s)
               GROUP BY wallet_id, account_id) p ON p.account_id = a.id AND p.wallet_id = a.wallet_id
    LEFT JOIN (SELECT wallet_id, sum(amount) FROM funding_withdrawal
               WHERE wallet_id = ANY(%(wallets)s) AND status = 'requested' GROUP BY wallet_id) w
    ON w.wallet_id = a.wallet_id
    WHERE a.wallet_id = ANY(%(wallets)s) AND a.kind = 'IN_TRANSIT' AND coalesce(p.sum, 0) <> coalesce(w.sum, 0)""",
)
add_check(
    "movement_entry",
    "Each step of a contribution or withdrawal that moved money has its one entry, of its amount and its member's"
    " stake; and there is no other.",
    f"""
    SELECT coalesce(x.wallet_id, m.wallet_id), coalesce(m.id, x.id)::text,
           coalesce(m.reference, x.reference) || ': expected ' || coalesce(x.change::text, 'nothing') || ', booked '
           || coalesce(m.change::text, 'nothing')
    FROM ({EXPECTED}) x FULL JOIN ({MADE}) m ON m.wallet_id = x.wallet_id AND m.reference = x.reference
    WHERE x.change IS DISTINCT FROM m.change OR (x.change <> 0 AND m.user_id IS DISTINCT FROM x.user_id)""",  # noqa: S608
)
add_check(
    "shared_withdrawal_entry",
    "A withdrawal that the group bears has its entry once it has left, of its amount, and an outcome once it is over;"
    " and there is no other.",
    """
    SELECT coalesce(x.wallet_id, e.wallet_id), coalesce(x.id, e.id)::text,
           coalesce(x.reference, e.reference) || ': expected ' || coalesce(x.change::text, 'nothing') || ', booked '
           || coalesce(e.change::text, 'nothing')
    FROM (SELECT id, wallet_id, coalesce(nullif(reference, ''), 'transfer-out:' || id) AS reference, amount AS change
          FROM funding_withdrawal WHERE wallet_id = ANY(%(wallets)s) AND borne_by = 'group'
          AND status IN ('requested', 'settled', 'failed')
          UNION ALL
          SELECT id, wallet_id, 'transfer-out-outcome:' || id, -amount
          FROM funding_withdrawal WHERE wallet_id = ANY(%(wallets)s) AND borne_by = 'group'
          AND status IN ('settled', 'failed')) x
    FULL JOIN (SELECT e.id, e.wallet_id, e.reference, coalesce(sum(p.amount), 0) AS change
               FROM ledger_entry e
               LEFT JOIN (ledger_posting p JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'IN_TRANSIT')
               ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
               WHERE e.wallet_id = ANY(%(wallets)s)
               AND e.kind IN ('transfer_out', 'transfer_out_settled', 'transfer_out_returned')
               GROUP BY e.id, e.wallet_id, e.reference) e
    ON e.wallet_id = x.wallet_id AND e.reference = x.reference
    WHERE x.change IS DISTINCT FROM e.change""",
)
add_check(
    "movement_transfer",
    "A contribution or withdrawal has one transfer, of its amount, and both end alike.",
    f"""
    SELECT m.wallet_id, m.id::text, m.purpose || ' is ' || m.status || ', its transfer '
           || coalesce(t.status || ' over ' || t.amount, 'is missing')
    FROM ({MOVEMENTS}) m
    LEFT JOIN rails_transfer t ON t.wallet_id = m.wallet_id AND t.purpose = m.purpose AND t.subject_id = m.id
    WHERE t.amount IS DISTINCT FROM m.amount OR t.direction <> m.direction
    OR CASE WHEN t.status IN ('settled', 'failed') THEN t.status ELSE 'requested' END <> m.status""",  # noqa: S608
)
add_check(
    "answer_without_effect",
    "A stored answer that tells of a contribution tells of one that is there, of the same wallet and person.",
    """
    SELECT s.wallet_id, s.id::text, 'an answer of ' || s.answered_at || ' tells of a contribution that is not there'
    FROM api_storedanswer s
    LEFT JOIN funding_contribution c ON c.wallet_id = s.wallet_id
    AND c.id::text = convert_from(s.body, 'UTF8')::jsonb ->> 'id' AND s.caller = 'user:' || c.user_id
    WHERE s.wallet_id = ANY(%(wallets)s) AND s.status = 201 AND s.body IS NOT NULL
    AND s.route LIKE 'POST %%/contributions' AND c.id IS NULL""",
)
