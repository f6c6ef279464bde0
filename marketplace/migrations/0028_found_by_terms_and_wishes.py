import django.utils.timezone
import uuid_utils.compat
from django.db import migrations


def reindex_everything(apps, schema_editor):
    """Let a worker write what search reads of the rows that are there already."""
    if not apps.get_model("marketplace", "Opportunity").objects.exclude(published_at=None).exists():
        return
    jobs = apps.get_model("chambers", "Job").objects
    if jobs.filter(kind="marketplace.reindex", state="queued", key="all").exists():
        return
    jobs.create(
        public_id=uuid_utils.compat.uuid7(),
        kind="marketplace.reindex",
        key="all",
        run_after=django.utils.timezone.now(),
    )


class Migration(migrations.Migration):

    dependencies = [
        ("marketplace", "0027_moved_meetings_and_their_mails"),
        ("chambers", "0026_requests_to_join_end"),
    ]

    operations = [
        migrations.RunPython(reindex_everything, migrations.RunPython.noop),
    ]
