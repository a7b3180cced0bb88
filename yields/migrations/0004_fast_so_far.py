"""What left enrolled wallets before there were speeds left fast: it counts of the day that it left on."""

from django.db import migrations

COUNT = """
INSERT INTO yields_fastcashout (id, wallet_id, withdrawal_id, holder_id, date, amount, given_back_at)
SELECT gen_random_uuid(), f.wallet_id, f.id, e.enrolled_by_id, (n.posted_at AT TIME ZONE 'Asia/Shanghai')::date, f.amount,
       CASE WHEN f.status = 'failed' THEN f.final_at END
FROM funding_withdrawal f
JOIN ledger_entry n ON n.wallet_id = f.wallet_id AND n.reference = CASE f.borne_by
    WHEN 'own' THEN 'withdrawal:' || f.id ELSE coalesce(nullif(f.reference, ''), 'transfer-out:' || f.id) END
JOIN yields_enrollment e ON e.wallet_id = f.wallet_id
JOIN ledger_event started ON started.wallet_id = e.wallet_id AND started.kind = 'yield_switched_on'
AND started.data ->> 'enrollment' = e.id::text AND started.sequence < n.sequence
LEFT JOIN ledger_event ended ON ended.wallet_id = e.wallet_id AND ended.kind = 'yield_switched_off'
AND ended.data ->> 'enrollment' = e.id::text
WHERE ended.sequence IS NULL OR n.sequence < ended.sequence;
INSERT INTO yields_fastallowance (id, holder_id, date, taken)
SELECT gen_random_uuid(), holder_id, date, coalesce(sum(amount) FILTER (WHERE given_back_at IS NULL), 0)
FROM yields_fastcashout GROUP BY holder_id, date;
"""


class Migration(migrations.Migration):
    dependencies = [("yields", "0003_fast_allowances"), ("ledger", "0004_laws_hold")]
    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
