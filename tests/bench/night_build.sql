-- Wallets with two to six members and the history of the last days, as the services would have left them: a contribution
-- of everybody's a month ago, the income of the day before, a contribution of today that is not confirmed yet, and a
-- payment. The hash chain is right. {day} is the day whose income is to be credited.

CREATE TEMP TABLE w ON COMMIT DROP AS
SELECT i, ledger_uuid7(ledger_milliseconds()) AS id, 2 + i % 5 AS members, ledger_uuid7(ledger_milliseconds()) AS e1, ledger_uuid7(ledger_milliseconds()) AS e2, ledger_uuid7(ledger_milliseconds()) AS e3,
       ledger_uuid7(ledger_milliseconds()) AS e4, ledger_uuid7(ledger_milliseconds()) AS rail, ledger_uuid7(ledger_milliseconds()) AS shop, ledger_uuid7(ledger_milliseconds()) AS fund,
       10000 + i % 977 AS paid_in, 1000 + i % 701 AS each_pays
FROM generate_series({lo}, {hi} - 1) i;

CREATE TEMP TABLE s ON COMMIT DROP AS
SELECT w.i, w.id AS wallet, k, ledger_uuid7(ledger_milliseconds()) AS id, p.id AS holder, 100000 + (w.i * 37 + k * 99991) % 500000 AS a1,
       1 + (w.i + k) % 30 AS a2, CASE k WHEN 0 THEN w.paid_in ELSE 0 END AS a3, -w.each_pays AS a4
FROM w, generate_series(0, w.members - 1) k, bench_person p WHERE p.n = (w.i * 7 + k) % {people};
CREATE INDEX ON s (i); CREATE INDEX ON s (id);
ANALYZE w; ANALYZE s;

CREATE TEMP TABLE line ON COMMIT DROP AS
SELECT w.i, n, CASE n WHEN 1 THEN w.e1 WHEN 2 THEN w.e2 WHEN 3 THEN w.e3 ELSE w.e4 END AS entry, s.id AS account,
       CASE n WHEN 1 THEN a1 WHEN 2 THEN a2 WHEN 3 THEN a3 ELSE a4 END AS amount,
       a1 + CASE WHEN n > 1 THEN a2 ELSE 0 END + CASE WHEN n > 2 THEN a3 ELSE 0 END + CASE WHEN n > 3 THEN a4 ELSE 0 END AS after
FROM w JOIN s USING (i), generate_series(1, 4) n WHERE n <> 3 OR k = 0;
CREATE INDEX ON line (i, n);
ANALYZE line;
INSERT INTO line
SELECT w.i, n, CASE n WHEN 1 THEN e1 WHEN 2 THEN e2 WHEN 3 THEN e3 ELSE e4 END,
       CASE n WHEN 2 THEN fund WHEN 4 THEN shop ELSE rail END, -(SELECT sum(l.amount) FROM line l WHERE l.i = w.i AND l.n = m.n), NULL
FROM w, generate_series(1, 4) m (n);
ANALYZE line;

CREATE TEMP TABLE e ON COMMIT DROP AS
SELECT w.i, w.id AS wallet, n, min(l.entry::text)::uuid AS id, array_agg(l.account) AS accounts, array_agg(l.amount) AS amounts,
       sum(l.amount) FILTER (WHERE l.after IS NOT NULL) AS change,
       (ARRAY['moved', 'yield', 'moved', 'moved'])[n] AS kind,
       (ARRAY['bench:1', 'yield:' || ('{day}'::date - 1), 'bench:3', 'bench:4'])[n] AS reference,
       (ARRAY['{day} 09:00+08'::timestamptz - interval '30 days', '{day} 02:00+08', '{day} 10:00+08', '{day} 18:00+08'])[n] AS at,
       ''::bytea AS digest
FROM w JOIN line l USING (i) GROUP BY w.i, w.id, n;
CREATE INDEX ON e (i, n);
ANALYZE e;
UPDATE e SET digest = ledger_digest('', wallet, n, kind, reference, '', NULL, at, accounts, amounts, NULL) WHERE n = 1;
UPDATE e SET digest = ledger_digest(b.digest, e.wallet, e.n, e.kind, e.reference, '', NULL, e.at, e.accounts, e.amounts, NULL)
FROM e b WHERE b.i = e.i AND b.n = 1 AND e.n = 2;
UPDATE e SET digest = ledger_digest(b.digest, e.wallet, e.n, e.kind, e.reference, '', NULL, e.at, e.accounts, e.amounts, NULL)
FROM e b WHERE b.i = e.i AND b.n = 2 AND e.n = 3;
UPDATE e SET digest = ledger_digest(b.digest, e.wallet, e.n, e.kind, e.reference, '', NULL, e.at, e.accounts, e.amounts, NULL)
FROM e b WHERE b.i = e.i AND b.n = 3 AND e.n = 4;

INSERT INTO ledger_wallet (id, balance, sequence, head, status, opened_at)
SELECT w.id, (SELECT sum(change) FROM e WHERE e.i = w.i), 4, d.digest, 'active', '{day}'::date - 40
FROM w JOIN e d ON d.i = w.i AND d.n = 4;
INSERT INTO ledger_account (id, wallet_id, kind, holder_id, balance, floor)
SELECT id, wallet, 'STAKE', holder, a1 + a2 + a3 + a4, 0 FROM s
UNION ALL
SELECT CASE kind WHEN 'RAIL' THEN rail WHEN 'MERCHANT' THEN shop WHEN 'FUND' THEN fund ELSE ledger_uuid7(ledger_milliseconds()) END, id, kind, NULL, NULL, 0
FROM w, unnest(ARRAY['RAIL', 'IN_TRANSIT', 'MERCHANT', 'FUND', 'CAMPAIGN', 'HELD']) kind;
INSERT INTO ledger_entry (id, wallet_id, sequence, kind, reference, memo, digest, posted_at)
SELECT id, wallet, n, kind, reference, '', digest, at FROM e;
INSERT INTO ledger_posting (id, wallet_id, entry_id, account_id, amount, balance_after)
SELECT ledger_uuid7(ledger_milliseconds()), w.id, l.entry, l.account, l.amount, l.after FROM line l JOIN w USING (i);
INSERT INTO ledger_event (id, wallet_id, sequence, kind, data, at)
SELECT ledger_uuid7(ledger_milliseconds()), wallet, n, CASE kind WHEN 'yield' THEN 'yield_credited' ELSE 'contribution_settled' END,
       jsonb_build_object('entry', id, 'balance', (SELECT sum(b.change) FROM e b WHERE b.i = e.i AND b.n <= e.n),
           'stakes', (SELECT jsonb_object_agg(s.holder, l.after) FROM line l JOIN s ON s.id = l.account WHERE l.i = e.i AND l.n = e.n)), at
FROM e;
INSERT INTO members_group (wallet_id, name, scene, time_zone, sharing_rule, is_sandbox, created_at, ending_told)
SELECT id, '家' || i, 'family', 'Asia/Shanghai', 'pro_rata', false, '{day}'::date - 40, false FROM w;
INSERT INTO rules_rulebook (wallet_id, window_starts_at, window_ends_at, part_percent, objection_hours, owe_max, payers_choose)
SELECT id, '{day} 00:00+08'::timestamptz - interval '3 days', '{day} 00:00+08'::timestamptz + interval '27 days', 50, 24, 0, false FROM w;
INSERT INTO members_membership (id, wallet_id, user_id, role, weight, joined_at)
SELECT ledger_uuid7(ledger_milliseconds()), wallet, holder, CASE k WHEN 0 THEN 'owner' ELSE 'member' END, 1, '{day}'::date - 40 FROM s;
INSERT INTO yields_enrollment (id, wallet_id, fund_id, enrolled_by_id, enrolled_at, agreement_version, questionnaire)
SELECT ledger_uuid7(ledger_milliseconds()), s.wallet, '{fund}', s.holder, '{day} 10:00+08'::timestamptz - interval '1 day', 'bench', '{{}}' FROM s WHERE k = 0;
INSERT INTO yields_yieldday (id, wallet_id, fund_id, date, base, yield_per_10k, income, cut_off, entry_id, credited_at)
SELECT ledger_uuid7(ledger_milliseconds()), wallet, '{fund}', '{day}'::date - 1, base, 1.2345, base * 12345 / 100000000,
       (base * 12345 % 100000000)::numeric / 100000000, id, at
FROM (SELECT e.*, ceil(change * 100000000 / 12345.0)::bigint AS base FROM e WHERE n = 2) e;
