"""The function that writes a payment down, and now counts it in its month as well (0004_book_payment.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__)
DROP = "DROP FUNCTION spending_book_payment"
BEFORE = HERE.with_name("0002_book_payment.sql")


class Migration(migrations.Migration):
    dependencies = [("spending", "0003_counted"), ("rules", "0001_rules")]
    operations = [
        migrations.RunSQL(DROP, BEFORE.read_text("utf-8")),
        migrations.RunSQL(HERE.with_suffix(".sql").read_text("utf-8"), DROP),
    ]
