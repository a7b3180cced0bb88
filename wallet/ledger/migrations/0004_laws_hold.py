"""No session turns a law off.

pgtrigger lets every session name triggers to be ignored (`SET pgtrigger.ignore`), servers included: its trigger functions
ask before they do anything. Those of the books do not ask any more. A later migration that changes a trigger of a book
brings the question back and must run this again (`laws.hold`); a test says so.
"""

from django.db import migrations

from wallet.ledger.laws import hold


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_grants")]
    operations = [migrations.RunSQL(hold("ledger_"), migrations.RunSQL.noop)]
