"""No session turns a law of the yields off, as in the ledger's migration of the same name."""

from django.db import migrations

from wallet.ledger.laws import hold


class Migration(migrations.Migration):
    dependencies = [("yields", "0001_funds"), ("ledger", "0004_laws_hold")]
    operations = [migrations.RunSQL(hold("yields_"), migrations.RunSQL.noop)]
