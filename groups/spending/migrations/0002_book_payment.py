"""The function that writes a payment down (0002_book_payment.sql)."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("spending", "0001_payments")]
    operations = [
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text("utf-8"), "DROP FUNCTION spending_book_payment")
    ]
