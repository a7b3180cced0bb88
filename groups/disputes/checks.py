"""What must be so of money that is held (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

#: What is held now, and by what.
HOLDS = """
    SELECT wallet_id, held AS amount FROM disputes_dispute WHERE wallet_id = ANY(%(wallets)s) AND status = 'open'
    UNION ALL
    SELECT wallet_id, amount FROM disputes_legalhold WHERE wallet_id = ANY(%(wallets)s) AND status = 'active'"""
#: Every line that a dispute shall have: of whose stake, or of HELD, and what it changes.
OF_DISPUTES = """
    SELECT d.id, d.wallet_id, l.reference, l.kind, coalesce(l.user_id::text, 'HELD') AS whose, l.change
    FROM disputes_dispute d
    CROSS JOIN LATERAL (SELECT CASE WHEN d.awarded > 0 THEN 'dispute_upheld' ELSE 'dispute_returned' END) o (kind)
    CROSS JOIN LATERAL (VALUES
        ('dispute:' || d.id, 'dispute_held', NULL::uuid, d.held),
        ('dispute:' || d.id, 'dispute_held', d.respondent_id, -d.held),
        ('dispute-outcome:' || d.id, o.kind, NULL, -d.held),
        ('dispute-outcome:' || d.id, o.kind, d.user_id, d.awarded),
        ('dispute-outcome:' || d.id, o.kind, d.respondent_id, d.held - d.awarded)
    ) AS l (reference, kind, user_id, change)
    WHERE d.wallet_id = ANY(%(wallets)s) AND l.change <> 0 AND (d.status <> 'open' OR l.kind = 'dispute_held')"""
#: The lines of what was passed on after an award, those of one dispute taken together.
OF_REPAYMENTS = """
    SELECT d.id, d.wallet_id, 'dispute-refund:' || d.id AS reference, 'dispute_refund' AS kind,
           l.user_id::text AS whose, l.change
    FROM disputes_dispute d
    CROSS JOIN LATERAL (VALUES (d.user_id, -d.repaid), (d.respondent_id, d.repaid)) AS l (user_id, change)
    WHERE d.wallet_id = ANY(%(wallets)s) AND d.repaid <> 0"""
#: The same of legal holds.
OF_LEGAL_HOLDS = """
    SELECT h.id, h.wallet_id, l.reference, l.kind, coalesce(l.user_id::text, 'HELD') AS whose, l.change
    FROM disputes_legalhold h
    CROSS JOIN LATERAL (VALUES
        ('legal-hold:' || h.id, 'legal_hold_placed', NULL::uuid, h.amount),
        ('legal-hold:' || h.id, 'legal_hold_placed', h.user_id, -h.amount),
        ('legal-hold-end:' || h.id, 'legal_hold_released', NULL, -h.amount),
        ('legal-hold-end:' || h.id, 'legal_hold_released', h.user_id, h.amount)
    ) AS l (reference, kind, user_id, change)
    WHERE h.wallet_id = ANY(%(wallets)s) AND h.status NOT IN ('asked', 'declined')
    AND (h.status IN ('released', 'ended') OR l.kind = 'legal_hold_placed')"""
#: Every line that was posted for one or the other.
MADE = """
    SELECT e.id, e.wallet_id, e.reference, e.kind, coalesce(a.holder_id::text, a.kind) AS whose, p.amount AS change
    FROM ledger_entry e
    JOIN ledger_posting p ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
    JOIN ledger_account a ON a.id = p.account_id AND a.wallet_id = p.wallet_id
    WHERE e.wallet_id = ANY(%(wallets)s) AND e.kind IN """
#: What was posted of the former.
REPAID = """
    SELECT (array_agg(e.id ORDER BY e.sequence))[1] AS id, e.wallet_id,
           substring(e.reference FROM '^[^:]*:[^:]*') AS reference, e.kind,
           coalesce(a.holder_id::text, a.kind) AS whose, sum(p.amount) AS change
    FROM ledger_entry e
    JOIN ledger_posting p ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
    JOIN ledger_account a ON a.id = p.account_id AND a.wallet_id = p.wallet_id
    WHERE e.wallet_id = ANY(%(wallets)s) AND e.kind = 'dispute_refund' GROUP BY 2, 3, 4, 5"""
#: What each award's contester bore when it was awarded, with what had been shared anew by then; what had come back of
#: it before the award, and what came back after it (fen).
BORNE = """
    SELECT d.id, d.wallet_id, d.awarded, d.repaid,
           coalesce(-sum(p.amount) FILTER (WHERE e.id = b.id
                                           OR (e.corrects_id = b.id AND e.sequence < o.sequence)), 0) AS bore,
           coalesce(sum(p.amount) FILTER (WHERE e.reverses_id IS NOT NULL AND e.sequence < o.sequence), 0) AS before,
           coalesce(sum(p.amount) FILTER (WHERE e.reverses_id IS NOT NULL AND e.sequence > o.sequence), 0) AS after
    FROM disputes_dispute d
    LEFT JOIN ledger_entry o ON o.wallet_id = d.wallet_id AND o.reference = 'dispute-outcome:' || d.id
    LEFT JOIN ledger_entry b ON b.wallet_id = d.wallet_id
    AND b.reference = coalesce('payment:' || d.payment_id, 'transfer-out:' || d.withdrawal_id)
    LEFT JOIN ledger_entry e ON e.wallet_id = d.wallet_id
    AND (e.id = b.id OR e.reverses_id = b.id OR e.corrects_id = b.id)
    LEFT JOIN ledger_account a ON a.wallet_id = d.wallet_id AND a.kind = 'STAKE' AND a.holder_id = d.user_id
    LEFT JOIN ledger_posting p ON p.wallet_id = d.wallet_id AND p.entry_id = e.id AND p.account_id = a.id
    WHERE d.wallet_id = ANY(%(wallets)s) AND d.awarded > 0 GROUP BY d.id"""


def compare(expected: str, made: str) -> str:
    """Write the query for lines that should be there and are not, or are there and should not be."""
    return f"""
    SELECT coalesce(x.wallet_id, m.wallet_id), coalesce(m.id, x.id)::text,
           coalesce(x.reference, m.reference) || ', ' || coalesce(x.whose, m.whose) || ': expected '
           || coalesce(x.change::text, 'nothing') || ', booked ' || coalesce(m.change::text, 'nothing')
    FROM ({expected}) x FULL JOIN ({made}) m
    ON m.wallet_id = x.wallet_id AND m.reference = x.reference AND m.kind = x.kind AND m.whose = x.whose
    WHERE x.change IS DISTINCT FROM m.change"""  # noqa: S608  (our own texts)


add_check(
    "held_sum",
    "What is held is what open disputes and active legal holds hold: it comes to 0 when they are over.",
    f"""
    SELECT a.wallet_id, a.id::text, coalesce(p.sum, 0) || ' held, ' || coalesce(h.sum, 0) || ' by disputes and holds'
    FROM ledger_account a
    LEFT JOIN (SELECT wallet_id, account_id, sum(amount) FROM ledger_posting WHERE wallet_id = ANY(%(wallets)s)
               GROUP BY wallet_id, account_id) p ON p.account_id = a.id AND p.wallet_id = a.wallet_id
    LEFT JOIN (SELECT wallet_id, sum(amount) FROM ({HOLDS}) holds GROUP BY wallet_id) h ON h.wallet_id = a.wallet_id
    WHERE a.wallet_id = ANY(%(wallets)s) AND a.kind = 'HELD' AND coalesce(p.sum, 0) <> coalesce(h.sum, 0)""",  # noqa: S608
)
add_check(
    "dispute_entry",
    "A dispute has its entry when it is opened and its entry when it ends, line by line; and there is no other.",
    compare(OF_DISPUTES, f"{MADE} ('dispute_held', 'dispute_upheld', 'dispute_returned')"),
)
add_check(
    "legal_hold_entry",
    "A legal hold has its entry when it is placed and its entry when it ends, line by line; and there is no other.",
    compare(OF_LEGAL_HOLDS, f"{MADE} ('legal_hold_placed', 'legal_hold_released')"),
)
add_check(
    "dispute_repaid",
    "What a dispute says was passed on is what its entries took from who contested and gave to the respondent; and"
    " there is no other.",
    compare(OF_REPAYMENTS, REPAID),
)
add_check(
    "dispute_gain",
    "Nobody gains from a dispute: no more is awarded than was borne and not back, and what came back afterwards was"
    " passed on, up to the award.",
    f"""
    SELECT wallet_id, id::text, 'bore ' || bore || ', had ' || before || ' back, awarded ' || awarded || ', then '
           || after || ' came back, ' || repaid || ' passed on'
    FROM ({BORNE}) borne WHERE awarded > bore - before OR repaid <> least(awarded, after)""",  # noqa: S608
)
