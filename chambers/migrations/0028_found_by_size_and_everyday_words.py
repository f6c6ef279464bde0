import django.utils.timezone
import uuid_utils.compat
from django.db import migrations


def reindex_everything(apps, schema_editor):
    """Let a worker write what search reads of the rows that are there already."""
    if not apps.get_model("chambers", "Company").objects.exists():
        return
    jobs = apps.get_model("chambers", "Job").objects
    if jobs.filter(kind="chambers.reindex", state="queued", key="all").exists():
        return
    jobs.create(
        public_id=uuid_utils.compat.uuid7(),
        kind="chambers.reindex",
        key="all",
        run_after=django.utils.timezone.now(),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("chambers", "0027_everyday_words"),
    ]

    operations = [
        migrations.RunPython(reindex_everything, migrations.RunPython.noop),
    ]
