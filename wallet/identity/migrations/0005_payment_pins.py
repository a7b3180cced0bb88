import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0004_ws_tickets"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaymentPin",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="pin",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("pin_hash", models.CharField(editable=False, max_length=128)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("locked_until", models.DateTimeField(editable=False, null=True)),
                ("lowered_until", models.DateTimeField(editable=False, null=True)),
                ("set_at", models.DateTimeField(editable=False)),
            ],
            options={
                "verbose_name": "payment PIN",
                "verbose_name_plural": "payment PINs",
            },
        ),
        migrations.CreateModel(
            name="PinResetCode",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("code_hash", models.CharField(editable=False, max_length=64)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("expires_at", models.DateTimeField(db_index=True, editable=False)),
            ],
            options={
                "verbose_name": "PIN reset code",
                "verbose_name_plural": "PIN reset codes",
            },
        ),
        migrations.CreateModel(
            name="PaymentProof",
            fields=[
                ("proof_hash", models.CharField(editable=False, max_length=64, primary_key=True, serialize=False)),
                ("operation", models.BinaryField()),
                ("amount_max", models.BigIntegerField(editable=False, null=True)),
                ("expires_at", models.DateTimeField(db_index=True, editable=False)),
                ("used_at", models.DateTimeField(editable=False, null=True)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="proofs", to="identity.device"
                    ),
                ),
            ],
            options={
                "verbose_name": "payment proof",
                "verbose_name_plural": "payment proofs",
            },
        ),
    ]
