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
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT e.wallet_id, e.reverses_id FROM lines l
                     JOIN ledger_entry e ON e.id = l.entry_id AND e.wallet_id = l.wallet_id
                     WHERE e.reverses_id IS NOT NULL) r
        WHERE EXISTS (
            SELECT FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id AND e.wallet_id = p.wallet_id
            WHERE p.wallet_id = r.wallet_id AND (e.id = r.reverses_id OR e.reverses_id = r.reverses_id)
            GROUP BY p.account_id
            HAVING NOT sum(p.amount) BETWEEN
                least(0, coalesce(sum(p.amount) FILTER (WHERE e.id = r.reverses_id), 0)) AND
                greatest(0, coalesce(sum(p.amount) FILTER (WHERE e.id = r.reverses_id), 0)))
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
