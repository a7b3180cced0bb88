"""The functions that write the books (0002_functions.sql)."""

from pathlib import Path

from django.db import migrations

BACK = """
DROP FUNCTION ledger_record_event; DROP FUNCTION ledger_post_entry; DROP FUNCTION ledger_digest;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_books")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text("utf-8"), BACK)]
