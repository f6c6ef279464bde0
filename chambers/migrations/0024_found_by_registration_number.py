import django.utils.timezone
import uuid_utils.compat
from django.db import migrations


def reindex_everything(apps, schema_editor):
    """Let a worker write what search reads of the rows that are there already."""
    if not apps.get_model("chambers", "Company").objects.exclude(registration_number="").exists():
        return
    waiting = apps.get_model("chambers", "Job").objects.filter(kind="chambers.reindex")
    if waiting.filter(state="queued").exists():
        return
    apps.get_model("chambers", "Job").objects.create(
        public_id=uuid_utils.compat.uuid7(),
        kind="chambers.reindex",
        key="all",
        run_after=django.utils.timezone.now(),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('chambers', '0023_codes_are_weighed_anew'),
    ]

    operations = [
        migrations.RunPython(reindex_everything, migrations.RunPython.noop),
    ]
