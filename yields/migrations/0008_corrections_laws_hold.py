"""Nor does any session turn off the laws of corrections and calendar years."""

from django.db import migrations

from wallet.ledger.laws import hold


class Migration(migrations.Migration):
    dependencies = [("yields", "0007_corrections_and_years"), ("ledger", "0004_laws_hold")]
    operations = [migrations.RunSQL(hold("yields_"), migrations.RunSQL.noop)]
