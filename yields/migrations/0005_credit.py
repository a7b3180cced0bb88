"""What earns, and its crediting, for many wallets at once (0005_credit.sql)."""

from pathlib import Path

from django.db import migrations

BACK = "DROP FUNCTION yields_credit; DROP FUNCTION yields_credit_locked; DROP FUNCTION yields_bases;"


class Migration(migrations.Migration):
    dependencies = [("yields", "0004_fast_so_far"), ("ledger", "0007_post_each")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text("utf-8"), BACK)]
