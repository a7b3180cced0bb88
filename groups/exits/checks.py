"""What must be so of partings (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

add_check(
    "dissolution_untold",
    "A group is closed exactly when it was dissolved.",
    """
    SELECT g.wallet_id, g.wallet_id::text, CASE WHEN d.wallet_id IS NULL THEN 'closed, and not dissolved'
           ELSE 'dissolved, and not closed' END
    FROM members_group g LEFT JOIN exits_dissolution d ON d.wallet_id = g.wallet_id
    WHERE g.wallet_id = ANY(%(wallets)s) AND (g.archived_at IS NULL) <> (d.wallet_id IS NULL)""",
)
add_check(
    "leaving_overdue",
    "A discreet leaving is over when its payout is.",
    """
    SELECT l.wallet_id, l.id::text, 'the payout is ' || w.status || ', the leaving '
           || CASE WHEN l.ended_at IS NULL THEN 'open' ELSE 'over' END
    FROM exits_leaving l JOIN funding_withdrawal w ON w.id = l.withdrawal_id AND w.wallet_id = l.wallet_id
    WHERE l.wallet_id = ANY(%(wallets)s) AND (l.ended_at IS NULL) <> (w.status = 'requested')""",
)
