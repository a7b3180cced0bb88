"""The function that posts, for entries that correct another one (0006_post_corrections.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__)
DROP = "DROP FUNCTION ledger_post_entry; DROP FUNCTION ledger_digest;"
RIGHTS = """
REVOKE ALL ON FUNCTION ledger_post_entry FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post_entry TO wallet_app;
GRANT CREATE ON SCHEMA public TO wallet_books;
ALTER FUNCTION ledger_post_entry OWNER TO wallet_books;
REVOKE CREATE ON SCHEMA public FROM wallet_books;
"""
#: The two as they were, without the third function of that page, which stays.
BEFORE = HERE.with_name("0002_functions.sql").read_text("utf-8").partition("CREATE FUNCTION ledger_record_event")[0]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_corrections")]
    operations = [
        migrations.RunSQL(
            DROP + HERE.with_suffix(".sql").read_text("utf-8") + RIGHTS,
            DROP + BEFORE + RIGHTS,
        )
    ]
