"""The laws of `ledger_posting` in the database's own words; `models.Posting` hangs them on every insert.

They read only the inserted lines and the rows of the same wallets, so that they hold on a shard as well. Each message
begins with its law's number in docs/ledger.md.
"""

LAWS_OF_POSTINGS = """
    IF EXISTS (SELECT FROM lines GROUP BY wallet_id, entry_id HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'law 1: the postings of an entry do not sum to zero' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM lines l LEFT JOIN ledger_account a ON a.id = l.account_id AND a.wallet_id = l.wallet_id
        WHERE a.id IS NULL OR l.balance_after IS DISTINCT FROM a.balance
    ) THEN
        RAISE EXCEPTION 'law 2: a posting does not lead to its account''s balance' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT wallet_id FROM lines) l JOIN ledger_wallet w ON w.id = l.wallet_id
        WHERE w.balance <> (SELECT coalesce(sum(a.balance), 0) FROM ledger_account a
                            WHERE a.wallet_id = w.id AND a.kind = 'STAKE')
    ) THEN
        RAISE EXCEPTION 'law 3: the balance of a wallet is not the sum of its stakes' USING ERRCODE = 'check_violation';
    END IF;
    -- The rest is about entries that name another one, which most do not.
    IF NOT EXISTS (
        SELECT FROM (SELECT DISTINCT wallet_id, entry_id FROM lines) l
        JOIN ledger_entry e ON e.id = l.entry_id AND e.wallet_id = l.wallet_id
        WHERE e.reverses_id IS NOT NULL OR e.corrects_id IS NOT NULL
    ) THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT FROM lines l
        JOIN ledger_entry e ON e.id = l.entry_id AND e.wallet_id = l.wallet_id
        JOIN ledger_account a ON a.id = l.account_id AND a.wallet_id = l.wallet_id
        LEFT JOIN ledger_entry o ON o.id = coalesce(e.corrects_id, e.reverses_id) AND o.wallet_id = e.wallet_id
        WHERE o.corrects_id IS NOT NULL
        OR (e.corrects_id IS NOT NULL AND (a.kind <> 'STAKE' OR o.id IS NULL OR o.reverses_id IS NOT NULL))
    ) THEN
        RAISE EXCEPTION 'law 9: a correction moves between stakes, and names an entry that is no reversal or correction'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT e.wallet_id, e.corrects_id FROM lines l
                     JOIN ledger_entry e ON e.id = l.entry_id AND e.wallet_id = l.wallet_id
                     WHERE e.corrects_id IS NOT NULL) c
        CROSS JOIN LATERAL (
            SELECT sum(p.amount) AS rest
            FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
            JOIN ledger_account a ON a.id = p.account_id AND a.wallet_id = p.wallet_id AND a.kind = 'STAKE'
            WHERE e.wallet_id = c.wallet_id
            AND (e.id = c.corrects_id OR e.reverses_id = c.corrects_id OR e.corrects_id = c.corrects_id)
            GROUP BY p.account_id) left_of
        GROUP BY c.wallet_id, c.corrects_id HAVING min(rest) < 0 AND max(rest) > 0
    ) THEN
        RAISE EXCEPTION 'law 9: a correction leaves a share below zero' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT e.wallet_id, coalesce(e.reverses_id, e.corrects_id) AS id FROM lines l
                     JOIN ledger_entry e ON e.id = l.entry_id AND e.wallet_id = l.wallet_id
                     WHERE e.reverses_id IS NOT NULL OR e.corrects_id IS NOT NULL) o
        WHERE EXISTS (
            SELECT FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id AND e.wallet_id = p.wallet_id
            WHERE p.wallet_id = o.wallet_id AND (e.id = o.id OR e.reverses_id = o.id OR e.corrects_id = o.id)
            GROUP BY p.account_id
            HAVING NOT sum(p.amount) BETWEEN
                least(0, coalesce(sum(p.amount) FILTER (WHERE e.reverses_id IS DISTINCT FROM o.id), 0)) AND
                greatest(0, coalesce(sum(p.amount) FILTER (WHERE e.reverses_id IS DISTINCT FROM o.id), 0)))
    ) THEN
        RAISE EXCEPTION 'law 7: more is reversed than was posted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""


def hold(tables: str) -> str:
    """Write the SQL that makes the triggers of some tables (those that begin so) hold in every session.

    pgtrigger's functions ask whether the session ignores them; those of a law do not.
    """
    return f"""
DO $$
DECLARE
    law regprocedure;
BEGIN
    FOR law IN
        SELECT DISTINCT t.tgfoid
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE c.relname ~ '^{tables}' AND NOT t.tgisinternal AND p.prosrc ~ '_pgtrigger_should_ignore'
    LOOP
        EXECUTE replace(pg_get_functiondef(law), '"public"._pgtrigger_should_ignore(TG_NAME) IS TRUE', 'FALSE');
    END LOOP;
END $$;
"""  # noqa: S608  (our own names)
