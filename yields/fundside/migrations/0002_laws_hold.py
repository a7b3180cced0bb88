"""No session turns a law of the fund's side off, as in the ledger's migration of the same name."""

from django.db import migrations

from wallet.ledger.laws import hold


class Migration(migrations.Migration):
    dependencies = [("fundside", "0001_orders"), ("ledger", "0004_laws_hold")]
    operations = [migrations.RunSQL(hold("fundside_"), migrations.RunSQL.noop)]
