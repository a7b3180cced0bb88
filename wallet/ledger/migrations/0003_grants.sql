-- Who may do what. `wallet_app` is what the servers are (their login is a member of it); `wallet_books` owns the functions
-- that write the books, and nobody logs in as it.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['wallet_app', 'wallet_books'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was faster
        END;
    END LOOP;
    -- From PostgreSQL 16 on, whoever makes a role is a member of it, and still may not act as it.
    IF NOT pg_has_role('wallet_books', CASE WHEN current_setting('server_version_num')::int < 160000
                                            THEN 'MEMBER' ELSE 'SET' END) THEN
        EXECUTE format('GRANT wallet_books TO %I', current_user);
    END IF;
END $$;

GRANT USAGE ON SCHEMA public TO wallet_app, wallet_books;

-- Ordinary tables: everything but TRUNCATE.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO wallet_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO wallet_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wallet_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO wallet_app;

-- The books: to be read. UPDATE on some column is what PostgreSQL asks for SELECT … FOR NO KEY UPDATE.
REVOKE ALL ON ledger_wallet, ledger_account, ledger_entry, ledger_posting, ledger_event FROM wallet_app;
GRANT SELECT ON ledger_wallet, ledger_account, ledger_entry, ledger_posting, ledger_event TO wallet_app;
GRANT INSERT ON ledger_wallet, ledger_account TO wallet_app;
GRANT UPDATE (status) ON ledger_wallet TO wallet_app;
GRANT UPDATE (floor) ON ledger_account TO wallet_app;

-- What the functions need, and only they have.
GRANT SELECT ON ledger_wallet, ledger_account, ledger_entry, ledger_posting, ledger_event TO wallet_books;
GRANT UPDATE (balance, sequence, head) ON ledger_wallet TO wallet_books;
GRANT UPDATE (balance) ON ledger_account TO wallet_books;
GRANT INSERT ON ledger_entry, ledger_posting, ledger_event TO wallet_books;

REVOKE ALL ON FUNCTION ledger_post_entry, ledger_record_event FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post_entry, ledger_record_event TO wallet_app;
GRANT CREATE ON SCHEMA public TO wallet_books;
ALTER FUNCTION ledger_post_entry OWNER TO wallet_books;
ALTER FUNCTION ledger_record_event OWNER TO wallet_books;
REVOKE CREATE ON SCHEMA public FROM wallet_books;
