"""No session turns a law of proposals off, as in the ledger's migration of the same name."""

from django.db import migrations

from wallet.ledger.laws import hold


class Migration(migrations.Migration):
    dependencies = [("proposals", "0001_proposals"), ("ledger", "0004_laws_hold")]
    operations = [migrations.RunSQL(hold("proposals_"), migrations.RunSQL.noop)]
