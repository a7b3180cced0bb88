"""Who had a vote when a proposal ended is kept, and neither that nor its time is changed afterwards."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from wallet.ledger.laws import hold


class Migration(migrations.Migration):

    dependencies = [
        ('proposals', '0002_laws_hold'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='proposal',
            name='stays_itself',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='proposal',
            name='ended_for_good',
        ),
        migrations.AddField(
            model_name='proposal',
            name='final_needed',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='approvals needed'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='final_voters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), null=True, size=None, verbose_name='who had a vote'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='stays_itself', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (ROW(NEW.id, NEW.wallet_id, NEW.kind, NEW.proposer_id, NEW.payload, NEW.digest, NEW.electorate, NEW.created_at, NEW.expires_at) IS DISTINCT FROM ROW(OLD.id, OLD.wallet_id, OLD.kind, OLD.proposer_id, OLD.payload, OLD.digest, OLD.electorate, OLD.created_at, OLD.expires_at))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='bf9cfc55cdf511000f56d4f53c825b46e186cef5', operation='UPDATE', pgid='pgtrigger_stays_itself_a8039', table='proposals_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='ended_for_good', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.status <> 'open' AND (ROW(NEW.status, NEW.ended_at, NEW.final_voters, NEW.final_needed) IS DISTINCT FROM ROW(OLD.status, OLD.ended_at, OLD.final_voters, OLD.final_needed) OR (NEW.outcome <> OLD.outcome AND (OLD.status <> 'approved' OR OLD.outcome <> '{}'))))", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='64da7bcb50b1530e9ba98d9984b2bcee2cee9ba4', operation='UPDATE', pgid='pgtrigger_ended_for_good_a8762', table='proposals_proposal', when='BEFORE')),
        ),
        migrations.RunSQL(hold("proposals_"), migrations.RunSQL.noop),
    ]
