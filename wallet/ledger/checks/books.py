"""What must be so of the books themselves: accounts, entries, events, and the chain (docs/ledger.md, the laws)."""

from wallet.ledger.checks.running import add_check
from wallet.ledger.models import Account

add_check(
    "account_missing",
    "A wallet has its six system accounts, once each and without a running balance, and one stake a holder.",
    """
    SELECT w.id, w.id::text, 'has ' || count(a.id) || ' system accounts of ' || count(DISTINCT a.kind) || ' kinds'
    FROM ledger_wallet w LEFT JOIN ledger_account a ON a.wallet_id = w.id AND a.kind <> 'STAKE'
    WHERE w.id = ANY(%(wallets)s) GROUP BY w.id
    HAVING count(a.id) <> %(kinds)s OR count(DISTINCT a.kind) <> %(kinds)s OR count(a.balance) + count(a.holder_id) > 0
    UNION ALL
    SELECT a.wallet_id, min(a.id::text), 'holder ' || coalesce(a.holder_id::text, 'unknown') || ' has ' || count(*)
           || ' stakes'
    FROM ledger_account a WHERE a.wallet_id = ANY(%(wallets)s) AND a.kind = 'STAKE'
    GROUP BY a.wallet_id, a.holder_id HAVING count(*) > 1 OR a.holder_id IS NULL OR count(a.balance) < count(*)""",
    lambda: {"kinds": len(Account.Kind) - 1},
)
add_check(
    "entry_unbalanced",
    "Law 1: an entry has two postings or more, and they sum to zero.",
    """
    SELECT e.wallet_id, e.id::text, 'entry ' || e.sequence || ' has ' || count(p.id) || ' postings that sum to '
           || coalesce(sum(p.amount), 0)
    FROM ledger_entry e LEFT JOIN ledger_posting p ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
    WHERE e.wallet_id = ANY(%(wallets)s) GROUP BY e.wallet_id, e.id
    HAVING count(p.id) < 2 OR coalesce(sum(p.amount), 0) <> 0""",
)
add_check(
    "wallet_mixed",
    "A posting, its entry and its account are of one wallet; a reversal or correction and what it names too.",
    """
    SELECT p.wallet_id, p.id::text, 'posting names the entry or account of another wallet'
    FROM ledger_posting p
    LEFT JOIN ledger_entry e ON e.id = p.entry_id LEFT JOIN ledger_account a ON a.id = p.account_id
    WHERE p.wallet_id = ANY(%(wallets)s)
    AND (e.wallet_id IS DISTINCT FROM p.wallet_id OR a.wallet_id IS DISTINCT FROM p.wallet_id)
    UNION ALL
    SELECT e.wallet_id, e.id::text, 'entry reverses one of another wallet'
    FROM ledger_entry e LEFT JOIN ledger_entry o ON o.id = e.reverses_id
    WHERE e.wallet_id = ANY(%(wallets)s) AND e.reverses_id IS NOT NULL AND o.wallet_id IS DISTINCT FROM e.wallet_id
    UNION ALL
    SELECT e.wallet_id, e.id::text, 'entry corrects one of another wallet'
    FROM ledger_entry e LEFT JOIN ledger_entry o ON o.id = e.corrects_id
    WHERE e.wallet_id = ANY(%(wallets)s) AND e.corrects_id IS NOT NULL AND o.wallet_id IS DISTINCT FROM e.wallet_id""",
)
add_check(
    "account_balance",
    "Law 2: a stake's balance is the sum of its postings.",
    """
    SELECT a.wallet_id, a.id::text, 'balance ' || a.balance || ', postings ' || coalesce(p.sum, 0)
    FROM ledger_account a
    LEFT JOIN (SELECT wallet_id, account_id, sum(amount) FROM ledger_posting WHERE wallet_id = ANY(%(wallets)s)
               GROUP BY wallet_id, account_id) p ON p.account_id = a.id AND p.wallet_id = a.wallet_id
    WHERE a.wallet_id = ANY(%(wallets)s) AND a.kind = 'STAKE' AND a.balance <> coalesce(p.sum, 0)""",
)
add_check(
    "balance_after",
    "Law 2: what a posting says the balance was after it, is what the postings up to it sum to.",
    """
    SELECT wallet_id, id, 'balance_after ' || coalesce(balance_after::text, 'missing') || ', postings ' || running
    FROM (SELECT p.wallet_id, p.id::text, p.balance_after, a.kind,
                 sum(p.amount) OVER (PARTITION BY p.wallet_id, p.account_id ORDER BY e.sequence) AS running
          FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id JOIN ledger_account a ON a.id = p.account_id
          WHERE p.wallet_id = ANY(%(wallets)s)) told
    WHERE CASE kind WHEN 'STAKE' THEN balance_after IS DISTINCT FROM running ELSE balance_after IS NOT NULL END""",
)
add_check(
    "wallet_balance",
    "Law 3: a wallet's balance is the sum of its stakes, and not below zero.",
    """
    SELECT w.id, w.id::text, 'balance ' || w.balance || ', stakes ' || coalesce(sum(a.balance), 0)
    FROM ledger_wallet w LEFT JOIN ledger_account a ON a.wallet_id = w.id AND a.kind = 'STAKE'
    WHERE w.id = ANY(%(wallets)s) GROUP BY w.id HAVING w.balance < 0 OR w.balance <> coalesce(sum(a.balance), 0)""",
)
add_check(
    "stake_floor",
    "Law 3: a stake is not below its floor.",
    """
    SELECT a.wallet_id, a.id::text, 'balance ' || a.balance || ', floor ' || a.floor
    FROM ledger_account a WHERE a.wallet_id = ANY(%(wallets)s) AND a.kind = 'STAKE' AND a.balance < a.floor""",
)
add_check(
    "reference_twice",
    "Law 5: a reference stands for one entry of its wallet.",
    """
    SELECT e.wallet_id, min(e.id::text), e.reference || ' has ' || count(*) || ' entries'
    FROM ledger_entry e WHERE e.wallet_id = ANY(%(wallets)s) GROUP BY e.wallet_id, e.reference HAVING count(*) > 1""",
)
add_check(
    "sequence_gap",
    "Law 6: the events of a wallet are numbered from 1 to the wallet's sequence, without gaps.",
    """
    SELECT w.id, w.id::text, 'sequence ' || w.sequence || ', ' || coalesce(v.count, 0) || ' events from '
           || coalesce(v.min, 0) || ' to ' || coalesce(v.max, 0)
    FROM ledger_wallet w
    LEFT JOIN (SELECT wallet_id, count(*), min(sequence), max(sequence) FROM ledger_event
               WHERE wallet_id = ANY(%(wallets)s) GROUP BY wallet_id) v ON v.wallet_id = w.id
    WHERE w.id = ANY(%(wallets)s)
    AND (coalesce(v.count, 0) <> w.sequence OR coalesce(v.min, 1) <> 1 OR coalesce(v.max, 0) <> w.sequence)""",
)
add_check(
    "sequence_twice",
    "Law 6: a number stands for one entry and one event of its wallet.",
    """
    SELECT wallet_id, min(id::text), book || ' ' || sequence || ' is there ' || count(*) || ' times'
    FROM (SELECT wallet_id, id, sequence, 'entry' AS book FROM ledger_entry WHERE wallet_id = ANY(%(wallets)s)
          UNION ALL
          SELECT wallet_id, id, sequence, 'event' FROM ledger_event WHERE wallet_id = ANY(%(wallets)s)) numbered
    GROUP BY wallet_id, book, sequence HAVING count(*) > 1""",
)
add_check(
    "entry_event",
    "Law 6: an entry bears the number of the event that tells of it.",
    """
    SELECT e.wallet_id, e.id::text, 'entry ' || e.sequence || ' has no event that tells of it'
    FROM ledger_entry e LEFT JOIN ledger_event v ON v.wallet_id = e.wallet_id AND v.sequence = e.sequence
    WHERE e.wallet_id = ANY(%(wallets)s) AND v.data ->> 'entry' IS DISTINCT FROM e.id::text
    UNION ALL
    SELECT v.wallet_id, v.id::text, 'event ' || v.sequence || ' tells of an entry that is not there'
    FROM ledger_event v LEFT JOIN ledger_entry e ON e.wallet_id = v.wallet_id AND e.sequence = v.sequence
    WHERE v.wallet_id = ANY(%(wallets)s) AND jsonb_exists(v.data, 'entry') AND e.id IS NULL""",
)
add_check(
    "event_balance",
    "The balance that an event tells of is what the stakes' postings up to it sum to.",
    """
    SELECT told.wallet_id, told.id, 'event ' || told.sequence || ' says ' || coalesce(told.balance, 'nothing')
           || ', postings ' || told.running
    FROM (SELECT v.wallet_id, v.id::text, v.sequence, v.data ->> 'balance' AS balance,
                 sum(coalesce(p.change, 0)) OVER (PARTITION BY v.wallet_id ORDER BY v.sequence) AS running
          FROM ledger_event v
          JOIN ledger_entry e ON e.wallet_id = v.wallet_id AND e.sequence = v.sequence
          LEFT JOIN (SELECT p.wallet_id, p.entry_id, sum(p.amount) AS change
                     FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'STAKE'
                     WHERE p.wallet_id = ANY(%(wallets)s) GROUP BY p.wallet_id, p.entry_id) p
          ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
          WHERE v.wallet_id = ANY(%(wallets)s)) told
    WHERE told.balance IS DISTINCT FROM told.running::text""",
)
#: Every line of what was reversed or corrected: the entry's own, its reversals' and its corrections'. What they come to
#: is worked out once, whatever PostgreSQL thinks of how many there are.
STORIES = """
    WITH later AS MATERIALIZED (
        SELECT e.wallet_id, e.id, coalesce(e.reverses_id, e.corrects_id) AS entry_id, e.reverses_id, e.corrects_id
        FROM ledger_entry e
        WHERE e.wallet_id = ANY(%(wallets)s) AND (e.reverses_id IS NOT NULL OR e.corrects_id IS NOT NULL)),
    lines AS MATERIALIZED (
        SELECT l.wallet_id, l.entry_id, p.account_id, p.amount,
               CASE WHEN l.reverses_id IS NULL THEN p.amount ELSE 0 END AS original
        FROM later l JOIN ledger_posting p ON p.entry_id = l.id AND p.wallet_id = l.wallet_id
        UNION ALL
        SELECT p.wallet_id, p.entry_id, p.account_id, p.amount, p.amount
        FROM (SELECT DISTINCT wallet_id, entry_id FROM later) o
        JOIN ledger_posting p ON p.entry_id = o.entry_id AND p.wallet_id = o.wallet_id)"""
add_check(
    "reversal_too_large",
    "Law 7: no more is reversed of an entry than it and its corrections posted, account by account.",
    f"""
    {STORIES}
    SELECT wallet_id, entry_id::text, 'account ' || account_id || ': ' || sum(original) || ' posted, ' || sum(amount)
           || ' left'
    FROM lines GROUP BY wallet_id, entry_id, account_id
    HAVING NOT sum(amount) BETWEEN least(0, sum(original)) AND greatest(0, sum(original))""",  # noqa: S608
)
add_check(
    "correction_wrong",
    "Law 9: a correction moves between stakes, of an entry that is no reversal or correction, and leaves no share of it"
    " below zero.",
    f"""
    {STORIES}
    SELECT l.wallet_id, l.id::text, 'a correction has a line that is no stake''s'
    FROM later l
    JOIN ledger_posting p ON p.entry_id = l.id AND p.wallet_id = l.wallet_id
    JOIN ledger_account a ON a.id = p.account_id
    WHERE l.corrects_id IS NOT NULL AND a.kind <> 'STAKE'
    UNION ALL
    SELECT l.wallet_id, l.id::text, 'names entry ' || o.sequence || ', which names another one itself'
    FROM later l JOIN ledger_entry o ON o.id = l.entry_id
    WHERE o.corrects_id IS NOT NULL OR (l.corrects_id IS NOT NULL AND o.reverses_id IS NOT NULL)
    UNION ALL
    SELECT wallet_id, entry_id::text, 'of an entry that was corrected, stakes are left from ' || min(rest) || ' to '
           || max(rest)
    FROM (SELECT s.wallet_id, s.entry_id, sum(s.amount) AS rest
          FROM lines s JOIN ledger_account a ON a.id = s.account_id AND a.kind = 'STAKE'
          WHERE s.entry_id IN (SELECT corrects_id FROM later)
          GROUP BY s.wallet_id, s.entry_id, s.account_id) left_of
    GROUP BY wallet_id, entry_id HAVING min(rest) < 0 AND max(rest) > 0""",  # noqa: S608
)
# What `ledger_digest` computes, written down again: a function that was tampered with would agree with itself.
add_check(
    "chain_broken",
    "Each entry's digest covers it and the digest before it; the wallet's head is the last one.",
    """
    SELECT e.wallet_id, e.id::text, 'entry ' || e.sequence || ' is not what was posted, or follows another one'
    FROM (SELECT *, lag(digest, 1, '') OVER (PARTITION BY wallet_id ORDER BY sequence) AS head
          FROM ledger_entry WHERE wallet_id = ANY(%(wallets)s)) e
    LEFT JOIN (SELECT wallet_id, entry_id, string_agg(account_id || ':' || amount, ',' ORDER BY account_id) AS lines
               FROM ledger_posting WHERE wallet_id = ANY(%(wallets)s) GROUP BY wallet_id, entry_id) p
    ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
    WHERE e.digest <> sha256(e.head || convert_to(
        (jsonb_build_array(e.wallet_id, e.sequence, e.kind, e.reference, e.memo, e.reverses_id,
                           (extract(epoch FROM e.posted_at) * 1000000)::bigint, p.lines)
         || CASE WHEN e.corrects_id IS NULL THEN '[]' ELSE jsonb_build_array(e.corrects_id) END)::text, 'UTF8'))
    UNION ALL
    SELECT w.id, w.id::text, 'the head of the chain is not the digest of the last entry'
    FROM ledger_wallet w
    LEFT JOIN LATERAL (SELECT digest FROM ledger_entry WHERE wallet_id = w.id ORDER BY sequence DESC LIMIT 1) e ON true
    WHERE w.id = ANY(%(wallets)s) AND w.head <> coalesce(e.digest, '')""",
)
