"""What must be so of a group's rules (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

add_check(
    "rulebook_missing",
    "Every group has its rules.",
    """
    SELECT g.wallet_id, g.wallet_id::text, 'no rulebook'
    FROM members_group g LEFT JOIN rules_rulebook r ON r.wallet_id = g.wallet_id
    WHERE g.wallet_id = ANY(%(wallets)s) AND r.wallet_id IS NULL""",
)
add_check(
    "floor_unagreed",
    "A member's stake may fall as far below zero as the group has agreed, and no further.",
    """
    SELECT a.wallet_id, a.id::text, 'floor ' || a.floor || ', agreed ' || -r.owe_max
    FROM ledger_account a
    JOIN rules_rulebook r ON r.wallet_id = a.wallet_id
    JOIN members_membership m ON m.wallet_id = a.wallet_id AND m.user_id = a.holder_id AND m.left_at IS NULL
    WHERE a.wallet_id = ANY(%(wallets)s) AND a.kind = 'STAKE' AND a.floor <> -r.owe_max""",
)
