import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_sessions")]

    operations = [
        migrations.CreateModel(
            name="WsTicket",
            fields=[
                ("ticket_hash", models.CharField(editable=False, max_length=64, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField(editable=False)),
                ("redeemed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tickets", to="identity.device"
                    ),
                ),
            ],
            options={
                "verbose_name": "websocket ticket",
                "verbose_name_plural": "websocket tickets",
            },
        ),
    ]
