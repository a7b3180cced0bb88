"""What was paid before anything was counted is counted as well: in a month that begins with its group.

Nobody was held to a limit then. Where the group is of this month, that is the month which is counted in now.
"""

from django.db import migrations

COUNT = """
WITH paid AS (
    UPDATE spending_payment p SET counted_in = g.created_at FROM members_group g
    WHERE g.wallet_id = p.wallet_id AND p.status = 'settled' AND p.counted_in IS NULL
    RETURNING p.id, p.wallet_id, p.user_id, p.amount, p.counted_in
), back AS (
    UPDATE spending_refund r SET counted_in = paid.counted_in FROM paid
    WHERE paid.wallet_id = r.wallet_id AND paid.id = r.payment_id
    RETURNING r.wallet_id, paid.user_id, -r.amount AS amount, r.counted_in
)
INSERT INTO rules_spendingcounter (id, wallet_id, member_id, starts_at, spent)
SELECT gen_random_uuid(), wallet_id, whose.member_id, counted_in, sum(amount)
FROM (SELECT wallet_id, user_id, amount, counted_in FROM paid
      UNION ALL SELECT wallet_id, user_id, amount, counted_in FROM back) counted
CROSS JOIN LATERAL (VALUES (NULL::uuid), (user_id)) whose (member_id)
GROUP BY wallet_id, whose.member_id, counted_in
ON CONFLICT (wallet_id, starts_at, member_id) DO UPDATE SET spent = rules_spendingcounter.spent + excluded.spent"""


class Migration(migrations.Migration):
    dependencies = [("spending", "0005_code_amount_max"), ("rules", "0002_rulebooks")]
    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
