import django.contrib.postgres.fields
import django.contrib.postgres.search
import django.utils.timezone
import uuid_utils.compat
from django.db import migrations, models


def reindex_everything(apps, schema_editor):
    """Let a worker write what search reads of the rows that are there already."""
    if not apps.get_model("chambers", "Company").objects.exists():
        return
    apps.get_model("chambers", "Job").objects.create(
        public_id=uuid_utils.compat.uuid7(),
        kind="chambers.reindex",
        key="all",
        run_after=django.utils.timezone.now(),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('chambers', '0011_applications_bring_an_extract'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('word', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('sound', models.CharField(help_text='Latin letters, what transliterations disagree about made equal.', max_length=120)),
            ],
        ),
        migrations.AddField(
            model_name='company',
            name='facets',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, editable=False, size=None),
        ),
        migrations.AddField(
            model_name='company',
            name='head',
            field=django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
        ),
        # Words for members alone are stored as other words from now on; until the job has been
        # here, nobody finds a company by the old ones.
        migrations.RunSQL(
            "UPDATE chambers_company SET search = ts_filter(search, '{a,b,c}') "
            "WHERE search IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(reindex_everything, migrations.RunPython.noop),
    ]
