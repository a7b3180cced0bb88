"""What left enrolled wallets before there were speeds left fast: it counts of the day that it left on."""

from django.db import migrations

COUNT = """
INSERT INTO yields_fastcashout (id, wallet_id, withdrawal_id, holder_id, date, amount, given_back_at)
SELECT gen_random_uuid(), w.wallet_id, w.id, e.enrolled_by_id, (w.left_at AT TIME ZONE 'Asia/Shanghai')::date, w.amount,
       CASE WHEN w.status = 'failed' THEN w.final_at END
FROM (SELECT f.*, coalesce(n.posted_at, f.created_at) AS left_at
      FROM funding_withdrawal f
      LEFT JOIN ledger_entry n ON n.wallet_id = f.wallet_id AND n.id = f.entry_id
      WHERE f.status IN ('requested', 'settled', 'failed')) w
JOIN yields_enrollment e
ON e.wallet_id = w.wallet_id AND e.enrolled_at < w.left_at AND (e.ended_at IS NULL OR w.left_at < e.ended_at);
INSERT INTO yields_fastallowance (id, holder_id, date, taken)
SELECT gen_random_uuid(), holder_id, date, coalesce(sum(amount) FILTER (WHERE given_back_at IS NULL), 0)
FROM yields_fastcashout GROUP BY holder_id, date;
"""


class Migration(migrations.Migration):
    dependencies = [("yields", "0003_fast_allowances"), ("ledger", "0004_laws_hold")]
    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
