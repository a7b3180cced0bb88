-- The bank's book. Times are UTC, ISO 8601 with microseconds, so that text order is time order. Money is integer fen.
-- No card number is in here: of a card only the row of the table of test cards, and the label with its last four digits.
CREATE TABLE IF NOT EXISTS accounts (
    token     TEXT PRIMARY KEY,
    card      TEXT NOT NULL,
    label     TEXT NOT NULL,
    opening   INTEGER NOT NULL,
    balance   INTEGER NOT NULL CHECK (balance >= 0),
    linked_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS transfers (
    out_no       TEXT PRIMARY KEY,
    direction    TEXT NOT NULL CHECK (direction IN ('collect', 'payout')),
    token        TEXT NOT NULL REFERENCES accounts,
    amount       INTEGER NOT NULL CHECK (amount > 0),
    currency     TEXT NOT NULL,
    subject      TEXT NOT NULL,
    notify_url   TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('processing', 'settled', 'failed')),
    failure_code TEXT,
    accepted_at  TEXT NOT NULL,
    due_at       TEXT NOT NULL,
    final_at     TEXT,
    CHECK ((status = 'processing') = (final_at IS NULL)),
    CHECK ((status = 'failed') = (failure_code IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS transfers_due ON transfers (due_at) WHERE status = 'processing';
CREATE INDEX IF NOT EXISTS transfers_final ON transfers (final_at) WHERE final_at IS NOT NULL;

-- Failures that will turn out to have been successes, and when.
CREATE TABLE IF NOT EXISTS relenting (
    out_no TEXT PRIMARY KEY REFERENCES transfers,
    due_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Settled transfers that were taken back afterwards, by a clerk of the bank.
CREATE TABLE IF NOT EXISTS reversals (
    out_no      TEXT PRIMARY KEY REFERENCES transfers,
    reversed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reversals_at ON reversals (reversed_at);

-- Requests of cards whose first request is lost on the way.
CREATE TABLE IF NOT EXISTS lost (out_no TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS notices (
    id         INTEGER PRIMARY KEY,
    notice_id  TEXT NOT NULL,
    out_no     TEXT NOT NULL REFERENCES transfers,
    body       TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    flaw       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up')),
    attempts   INTEGER NOT NULL,
    due_at     TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS notices_due ON notices (due_at, id) WHERE state = 'pending';
