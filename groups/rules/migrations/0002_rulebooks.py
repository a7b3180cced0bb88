"""Groups that are there already get the rules that every group has. Their first month begins with their next spend."""

from django.db import migrations

WRITE = """
    INSERT INTO rules_rulebook (wallet_id, window_starts_at, window_ends_at, part_percent, objection_hours, owe_max)
    SELECT wallet_id, created_at, created_at, 50, 24, 0 FROM members_group ON CONFLICT DO NOTHING"""


class Migration(migrations.Migration):
    dependencies = [("rules", "0001_rules")]
    operations = [migrations.RunSQL(WRITE, migrations.RunSQL.noop)]
