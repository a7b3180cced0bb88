"""The roles of the database and their rights (0003_grants.sql)."""

from pathlib import Path

from django.db import migrations

BACK = """
ALTER FUNCTION ledger_post_entry OWNER TO CURRENT_USER;
ALTER FUNCTION ledger_record_event OWNER TO CURRENT_USER;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM wallet_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM wallet_app;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM wallet_app, wallet_books;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM wallet_app;
REVOKE ALL ON SCHEMA public FROM wallet_app, wallet_books;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_functions")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text("utf-8"), BACK)]
