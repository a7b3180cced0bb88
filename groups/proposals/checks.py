"""What must be so of proposals and votes (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

add_check(
    "vote_uncalled",
    "Whoever voted was not the proposer, and was or is in the group.",
    """
    SELECT v.wallet_id, v.id::text, 'a vote of ' || CASE WHEN m.id IS NULL THEN 'a stranger' ELSE 'the proposer' END
    FROM proposals_vote v
    JOIN proposals_proposal p ON p.id = v.proposal_id AND p.wallet_id = v.wallet_id
    LEFT JOIN members_membership m ON m.wallet_id = v.wallet_id AND m.user_id = v.voter_id
    WHERE v.wallet_id = ANY(%(wallets)s) AND (m.id IS NULL OR v.voter_id = p.proposer_id)""",
)
add_check(
    "vote_late",
    "Every vote was told of, once and as it was, before its proposal ended.",
    """
    SELECT v.wallet_id, v.id::text, v.choice || ', told ' || count(told.id) || ' times'
    FROM proposals_vote v
    LEFT JOIN ledger_event ended ON ended.wallet_id = v.wallet_id AND ended.kind = 'proposal_ended'
    AND ended.data ->> 'proposal' = v.proposal_id::text
    LEFT JOIN ledger_event told ON told.wallet_id = v.wallet_id AND told.kind = 'vote_cast'
    AND told.data ->> 'proposal' = v.proposal_id::text AND told.data ->> 'voter' = v.voter_id::text
    AND told.data ->> 'choice' = v.choice AND (ended.id IS NULL OR told.sequence < ended.sequence)
    WHERE v.wallet_id = ANY(%(wallets)s) GROUP BY v.id HAVING count(told.id) <> 1""",
)
add_check(
    "proposal_untold",
    "A proposal that has ended has exactly one event that tells so, and it tells the same end.",
    """
    SELECT p.wallet_id, p.id::text, p.status || ', told ' || count(v.id) || ' times: '
           || coalesce(string_agg(v.data ->> 'status', ', '), 'nothing')
    FROM proposals_proposal p
    LEFT JOIN ledger_event v ON v.wallet_id = p.wallet_id AND v.kind = 'proposal_ended'
    AND v.data ->> 'proposal' = p.id::text
    WHERE p.wallet_id = ANY(%(wallets)s) GROUP BY p.id
    HAVING count(v.id) <> CASE p.status WHEN 'open' THEN 0 ELSE 1 END
    OR (p.status <> 'open' AND max(v.data ->> 'status') IS DISTINCT FROM p.status)""",
)
