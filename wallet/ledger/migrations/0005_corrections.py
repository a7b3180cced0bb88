"""Entries that correct what another one has left on stakes (law 9), and law 7 with them in mind.

A trigger of a book is made anew, so the laws are told to hold in every session again (`laws.hold`).
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from wallet.ledger.laws import hold


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0004_laws_hold'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='posting',
            name='laws',
        ),
        migrations.AddField(
            model_name='entry',
            name='corrects',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='ledger.entry', verbose_name='corrects'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('corrects__isnull', False)), fields=['wallet', 'corrects'], name='ledger_entry_corrects'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='posting',
            trigger=pgtrigger.compiler.Trigger(name='laws', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM lines GROUP BY wallet_id, entry_id HAVING sum(amount) <> 0) THEN\n        RAISE EXCEPTION 'law 1: the postings of an entry do not sum to zero' USING ERRCODE = 'check_violation';\n    END IF;\n    IF EXISTS (\n        SELECT FROM lines l LEFT JOIN ledger_account a ON a.id = l.account_id AND a.wallet_id = l.wallet_id\n        WHERE a.id IS NULL OR l.balance_after IS DISTINCT FROM a.balance\n    ) THEN\n        RAISE EXCEPTION 'law 2: a posting does not lead to its account''s balance' USING ERRCODE = 'check_violation';\n    END IF;\n    IF EXISTS (\n        SELECT FROM (SELECT DISTINCT wallet_id FROM lines) l JOIN ledger_wallet w ON w.id = l.wallet_id\n        WHERE w.balance <> (SELECT coalesce(sum(a.balance), 0) FROM ledger_account a\n                            WHERE a.wallet_id = w.id AND a.kind = 'STAKE')\n    ) THEN\n        RAISE EXCEPTION 'law 3: the balance of a wallet is not the sum of its stakes' USING ERRCODE = 'check_violation';\n    END IF;\n    -- The rest is about entries that name another one, which most do not.\n    IF NOT EXISTS (\n        SELECT FROM (SELECT DISTINCT wallet_id, entry_id FROM lines) l\n        JOIN ledger_entry e ON e.id = l.entry_id AND e.wallet_id = l.wallet_id\n        WHERE e.reverses_id IS NOT NULL OR e.corrects_id IS NOT NULL\n    ) THEN\n        RETURN NULL;\n    END IF;\n    IF EXISTS (\n        SELECT FROM lines l\n        JOIN ledger_entry e ON e.id = l.entry_id AND e.wallet_id = l.wallet_id\n        JOIN ledger_account a ON a.id = l.account_id AND a.wallet_id = l.wallet_id\n        LEFT JOIN ledger_entry o ON o.id = coalesce(e.corrects_id, e.reverses_id) AND o.wallet_id = e.wallet_id\n        WHERE o.corrects_id IS NOT NULL\n        OR (e.corrects_id IS NOT NULL AND (a.kind <> 'STAKE' OR o.id IS NULL OR o.reverses_id IS NOT NULL))\n    ) THEN\n        RAISE EXCEPTION 'law 9: a correction moves between stakes, and names an entry that is no reversal or correction'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    IF EXISTS (\n        SELECT FROM (SELECT DISTINCT e.wallet_id, e.corrects_id FROM lines l\n                     JOIN ledger_entry e ON e.id = l.entry_id AND e.wallet_id = l.wallet_id\n                     WHERE e.corrects_id IS NOT NULL) c\n        CROSS JOIN LATERAL (\n            SELECT sum(p.amount) AS rest\n            FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id AND p.wallet_id = e.wallet_id\n            JOIN ledger_account a ON a.id = p.account_id AND a.wallet_id = p.wallet_id AND a.kind = 'STAKE'\n            WHERE e.wallet_id = c.wallet_id\n            AND (e.id = c.corrects_id OR e.reverses_id = c.corrects_id OR e.corrects_id = c.corrects_id)\n            GROUP BY p.account_id) left_of\n        GROUP BY c.wallet_id, c.corrects_id HAVING min(rest) < 0 AND max(rest) > 0\n    ) THEN\n        RAISE EXCEPTION 'law 9: a correction leaves a share below zero' USING ERRCODE = 'check_violation';\n    END IF;\n    IF EXISTS (\n        SELECT FROM (SELECT DISTINCT e.wallet_id, coalesce(e.reverses_id, e.corrects_id) AS id FROM lines l\n                     JOIN ledger_entry e ON e.id = l.entry_id AND e.wallet_id = l.wallet_id\n                     WHERE e.reverses_id IS NOT NULL OR e.corrects_id IS NOT NULL) o\n        WHERE EXISTS (\n            SELECT FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id AND e.wallet_id = p.wallet_id\n            WHERE p.wallet_id = o.wallet_id AND (e.id = o.id OR e.reverses_id = o.id OR e.corrects_id = o.id)\n            GROUP BY p.account_id\n            HAVING NOT sum(p.amount) BETWEEN\n                least(0, coalesce(sum(p.amount) FILTER (WHERE e.reverses_id IS DISTINCT FROM o.id), 0)) AND\n                greatest(0, coalesce(sum(p.amount) FILTER (WHERE e.reverses_id IS DISTINCT FROM o.id), 0)))\n    ) THEN\n        RAISE EXCEPTION 'law 7: more is reversed than was posted' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n", hash='9179812512ea8c9cf6d67a7717e1ad6d183cbc35', level='STATEMENT', operation='INSERT', pgid='pgtrigger_laws_daecb', referencing='REFERENCING NEW TABLE AS lines ', table='ledger_posting', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('reverses__isnull', True), ('corrects__isnull', True), _connector='OR'), name='ledger_entry_one_link'),
        ),
        migrations.RunSQL(hold("ledger_"), migrations.RunSQL.noop),
    ]
