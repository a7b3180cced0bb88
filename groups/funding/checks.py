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
    SELECT id, wallet_id, user_id, 'withdrawal-outcome:' || id,
           CASE WHEN status = 'failed' OR late_at IS NOT NULL THEN amount ELSE 0 END
    FROM funding_withdrawal WHERE wallet_id = ANY(%(wallets)s) AND borne_by = 'own' AND status <> 'requested'
    UNION ALL
    SELECT w.id, w.wallet_id, w.user_id, 'withdrawal-late:' || w.id, coalesce(c.amount, 0) - w.amount
    FROM funding_withdrawal w
    LEFT JOIN funding_claim c ON c.wallet_id = w.wallet_id AND c.withdrawal_id = w.id
    WHERE w.wallet_id = ANY(%(wallets)s) AND w.borne_by = 'own' AND w.late_at IS NOT NULL"""
#: Every entry that movements have made.
MADE = """
    SELECT e.id, e.wallet_id, e.reference, a.holder_id AS user_id, coalesce(sum(p.amount), 0) AS change
    FROM ledger_entry e
    LEFT JOIN (ledger_posting p JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'STAKE')
    ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
    WHERE e.wallet_id = ANY(%(wallets)s)
    AND e.kind IN ('contribution', 'withdrawal', 'withdrawal_settled', 'withdrawal_returned', 'withdrawal_settled_late')
    GROUP BY e.id, e.wallet_id, e.reference, a.holder_id"""

add_check(
    "in_transit",
    "What is in transit is what the withdrawals under way sum to, less what is claimed: it comes to 0 in time.",
    """
    SELECT a.wallet_id, a.id::text, coalesce(p.sum, 0) || ' in transit, ' || coalesce(w.sum, 0) || ' under way'
    FROM ledger_account a
    LEFT JOIN (SELECT wallet_id, account_id, sum(amount) FROM ledger_posting WHERE wallet_id = ANY(%(wallets)s)
               GROUP BY wallet_id, account_id) p ON p.account_id = a.id AND p.wallet_id = a.wallet_id
    LEFT JOIN (SELECT wallet_id, sum(amount) FROM
               (SELECT wallet_id, amount FROM funding_withdrawal
                WHERE wallet_id = ANY(%(wallets)s) AND status = 'requested'
                UNION ALL
                SELECT wallet_id, -outstanding FROM funding_claim WHERE wallet_id = ANY(%(wallets)s)) under_way
               GROUP BY wallet_id) w
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
          AND status IN ('settled', 'failed')
          UNION ALL
          SELECT w.id, w.wallet_id, 'transfer-out-late:' || w.id, -coalesce(c.sum, 0)
          FROM funding_withdrawal w
          LEFT JOIN (SELECT wallet_id, withdrawal_id, sum(amount) FROM funding_claim
                     WHERE wallet_id = ANY(%(wallets)s) GROUP BY wallet_id, withdrawal_id) c
          ON c.wallet_id = w.wallet_id AND c.withdrawal_id = w.id
          WHERE w.wallet_id = ANY(%(wallets)s) AND w.borne_by = 'group' AND w.late_at IS NOT NULL) x
    FULL JOIN (SELECT e.id, e.wallet_id, e.reference, coalesce(sum(p.amount), 0) AS change
               FROM ledger_entry e
               LEFT JOIN (ledger_posting p JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'IN_TRANSIT')
               ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
               WHERE e.wallet_id = ANY(%(wallets)s)
               AND e.kind IN ('transfer_out', 'transfer_out_settled', 'transfer_out_returned',
                              'transfer_out_settled_late')
               GROUP BY e.id, e.wallet_id, e.reference) e
    ON e.wallet_id = x.wallet_id AND e.reference = x.reference
    WHERE x.change IS DISTINCT FROM e.change""",
)
add_check(
    "late_shares",
    "What a payout that arrived late took again of each who bore it, and what it claims of them, is what they bore.",
    """
    SELECT x.wallet_id, x.id::text, 'account ' || x.account_id || ' bore ' || x.bore || ', bears ' || x.bears
    FROM (SELECT w.wallet_id, w.id, p.account_id,
                 -sum(p.amount) FILTER (
                     WHERE e.reference IN ('withdrawal:' || w.id, 'transfer-out:' || w.id, w.reference)) AS bore,
                 coalesce(-sum(p.amount) FILTER (
                     WHERE e.reference IN ('withdrawal-late:' || w.id, 'transfer-out-late:' || w.id)), 0)
                 + coalesce(min(c.amount), 0) AS bears
          FROM funding_withdrawal w
          JOIN ledger_entry e ON e.wallet_id = w.wallet_id AND e.reference IN (
              'withdrawal:' || w.id, 'transfer-out:' || w.id, w.reference,
              'withdrawal-late:' || w.id, 'transfer-out-late:' || w.id)
          JOIN ledger_posting p ON p.wallet_id = w.wallet_id AND p.entry_id = e.id
          JOIN ledger_account a ON a.wallet_id = w.wallet_id AND a.id = p.account_id AND a.kind = 'STAKE'
          LEFT JOIN funding_claim c
          ON c.wallet_id = w.wallet_id AND c.withdrawal_id = w.id AND c.user_id = a.holder_id
          WHERE w.wallet_id = ANY(%(wallets)s) AND w.late_at IS NOT NULL
          GROUP BY w.wallet_id, w.id, p.account_id) x
    WHERE x.bore IS DISTINCT FROM x.bears""",
)
add_check(
    "claim_collected",
    "What is outstanding of a claim is what it was, less what was collected of it.",
    """
    SELECT c.wallet_id, c.id::text,
           c.amount || ' claimed, ' || coalesce(e.sum, 0) || ' collected, ' || c.outstanding || ' outstanding'
    FROM funding_claim c
    LEFT JOIN (SELECT e.wallet_id, split_part(e.reference, ':', 2) AS claim, sum(p.amount)
               FROM ledger_entry e
               JOIN ledger_posting p ON p.wallet_id = e.wallet_id AND p.entry_id = e.id AND p.amount > 0
               WHERE e.wallet_id = ANY(%(wallets)s) AND e.kind = 'claim_collected'
               GROUP BY 1, 2) e
    ON e.wallet_id = c.wallet_id AND e.claim = c.id::text
    WHERE c.wallet_id = ANY(%(wallets)s) AND c.amount - coalesce(e.sum, 0) <> c.outstanding""",
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
add_check(
    "unasked_wrong",
    "What others bear unasked of a transfer is what the postings say that they bear of it.",
    """
    SELECT w.wallet_id, w.id::text, w.unasked || ' noted, ' || coalesce(-sum(p.amount), 0) || ' posted'
    FROM funding_withdrawal w
    LEFT JOIN (ledger_posting p JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'STAKE')
    ON p.entry_id = w.entry_id AND p.wallet_id = w.wallet_id AND a.holder_id <> w.user_id
    WHERE w.wallet_id = ANY(%(wallets)s) AND w.unasked > 0
    GROUP BY w.id HAVING w.unasked <> coalesce(-sum(p.amount), 0)""",
)
