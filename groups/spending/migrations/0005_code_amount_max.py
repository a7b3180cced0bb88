from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("spending", "0004_book_payment"),
    ]

    operations = [
        migrations.AddField(
            model_name="paymentcode",
            name="amount_max",
            field=models.BigIntegerField(null=True, verbose_name="no more than (fen)"),
        ),
    ]
