from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_devices")]

    operations = [
        migrations.CreateModel(
            name="LoginSession",
            fields=[
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("session_key", models.CharField(max_length=64, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
            },
        ),
    ]
