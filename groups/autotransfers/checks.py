"""What must be so of standing orders (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

#: What moves the money of occurrences, or has moved it; but for what arrived late beside another try.
MOVING = """
    SELECT id, wallet_id, amount, status, reference FROM funding_contribution
    WHERE wallet_id = ANY(%(wallets)s) AND reference LIKE 'auto-transfer:%%' AND status IN ('requested', 'settled')
    UNION ALL
    SELECT id, wallet_id, amount, status, reference FROM funding_withdrawal w
    WHERE wallet_id = ANY(%(wallets)s) AND reference LIKE 'auto-transfer:%%' AND status IN ('requested', 'settled')
    AND (late_at IS NULL OR EXISTS (
        SELECT FROM autotransfers_autotransferrun r WHERE r.wallet_id = w.wallet_id AND r.withdrawal_id = w.id))"""

add_check(
    "auto_run_movement",
    "A run that is under way or settled has what moves its money, of its amount and under its reference, and both say"
    " the same; and nothing moves under such a reference without its run.",
    f"""
    SELECT coalesce(r.wallet_id, m.wallet_id), coalesce(r.id, m.id)::text,
           'run ' || coalesce(r.status || ' over ' || r.amount, 'missing') || ', moved: '
           || coalesce(m.status || ' over ' || m.amount, 'nothing')
    FROM (SELECT * FROM autotransfers_autotransferrun
          WHERE wallet_id = ANY(%(wallets)s) AND status IN ('under_way', 'settled')) r
    FULL JOIN ({MOVING}) m ON m.wallet_id = r.wallet_id AND m.id = coalesce(r.contribution_id, r.withdrawal_id)
    WHERE r.id IS NULL OR m.id IS NULL OR m.amount <> r.amount
    OR m.status <> CASE r.status WHEN 'settled' THEN 'settled' ELSE 'requested' END
    OR m.reference NOT LIKE 'auto-transfer:' || r.order_id || ':' || r.due_on || '%%'""",  # noqa: S608
)
add_check(
    "auto_run_twice",
    "An occurrence of an order is one run, and moves money once.",
    f"""
    SELECT wallet_id, occurrence, count(*) || ' times' FROM (
        SELECT wallet_id, 'run ' || order_id || ':' || due_on AS occurrence FROM autotransfers_autotransferrun
        WHERE wallet_id = ANY(%(wallets)s)
        UNION ALL
        SELECT wallet_id, substring(reference FROM '^auto-transfer:[^:]+:[^:]+') FROM ({MOVING}) m
    ) happened GROUP BY wallet_id, occurrence HAVING count(*) > 1""",  # noqa: S608
)
add_check(
    "auto_transfer_passed",
    "An order has a run for each occurrence that it counts as over, and its next date is after the last of them.",
    """
    SELECT o.wallet_id, o.id::text, o.passed || ' over until ' || coalesce(o.last_on::text, 'never') || ', '
           || count(r.id) || ' runs until ' || coalesce(max(r.due_on)::text, 'never')
    FROM autotransfers_autotransfer o
    LEFT JOIN autotransfers_autotransferrun r ON r.order_id = o.id AND r.wallet_id = o.wallet_id
    WHERE o.wallet_id = ANY(%(wallets)s) GROUP BY o.id
    HAVING o.passed <> count(r.id) OR o.last_on IS DISTINCT FROM max(r.due_on) OR o.next_on <= o.last_on""",
)
add_check(
    "auto_transfer_outlives",
    "An order is in force in an open group only, and what brings money in only for somebody who is in it.",
    """
    SELECT o.wallet_id, o.id::text, o.direction || ' is ' || o.status
    FROM autotransfers_autotransfer o
    JOIN members_group g ON g.wallet_id = o.wallet_id
    JOIN members_membership m ON m.wallet_id = o.wallet_id AND m.user_id = o.user_id
    WHERE o.wallet_id = ANY(%(wallets)s) AND o.status <> 'ended'
    AND (g.archived_at IS NOT NULL OR (o.direction = 'in' AND m.left_at IS NOT NULL))""",
)
