"""When a fund has paid out what was switched off. What ended before this was known is taken as paid out."""

from django.db import migrations, models
from django.db.models import F, Q

FILL = "UPDATE yields_enrollment SET redeemed_at = ended_at WHERE ended_at IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("yields", "0008_corrections_laws_hold")]
    operations = [
        migrations.AddField("enrollment", "redeemed_at", models.DateTimeField(null=True, verbose_name="redeemed")),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "enrollment",
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, redeemed_at__isnull=True)
                | Q(ended_at__isnull=False, redeemed_at__isnull=False, redeemed_at__gte=F("ended_at")),
                name="yields_enrollment_redeemed",
            ),
        ),
    ]
