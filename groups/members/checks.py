"""What must be so of groups and their people (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

add_check(
    "member_without_stake",
    "Whoever is or was in a group has a stake in its wallet, and nobody else has one.",
    """
    SELECT coalesce(m.wallet_id, a.wallet_id), coalesce(m.id, a.id)::text,
           CASE WHEN a.id IS NULL THEN 'a member without a stake' ELSE 'a stake of somebody who never was a member' END
    FROM (SELECT * FROM members_membership WHERE wallet_id = ANY(%(wallets)s)) m
    FULL JOIN (SELECT a.* FROM ledger_account a JOIN members_group g ON g.wallet_id = a.wallet_id
               WHERE a.wallet_id = ANY(%(wallets)s) AND a.kind = 'STAKE') a
    ON a.wallet_id = m.wallet_id AND a.holder_id = m.user_id
    WHERE a.id IS NULL OR m.id IS NULL""",
)
add_check(
    "group_without_owner",
    "A group that is open has exactly one owner.",
    """
    SELECT g.wallet_id, g.wallet_id::text, count(m.id) || ' owners'
    FROM members_group g
    LEFT JOIN members_membership m ON m.wallet_id = g.wallet_id AND m.role = 'owner' AND m.left_at IS NULL
    WHERE g.wallet_id = ANY(%(wallets)s) AND g.archived_at IS NULL GROUP BY g.wallet_id HAVING count(m.id) <> 1""",
)
