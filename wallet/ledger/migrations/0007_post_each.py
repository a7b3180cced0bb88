"""One entry in each of many wallets, by one statement (0007_post_each.sql)."""

from pathlib import Path

from django.db import migrations

BACK = "DROP FUNCTION ledger_post_each; DROP FUNCTION ledger_uuid7; DROP FUNCTION ledger_milliseconds;"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_post_corrections")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text("utf-8"), BACK)]
