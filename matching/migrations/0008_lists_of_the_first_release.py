"""Lists of the first release go: its terms are named otherwise, so reasons would be wrong.

They are derived data. Until the run that is asked for here is over, pages say that no suggestions
are ready yet.
"""

from django.db import migrations


def match_anew(apps, schema_editor):
    runs = apps.get_model("matching", "Run").objects.filter(index_digest="")
    over = runs.exclude(state__in=["queued", "running"])
    for name in ("SuggestionList", "Term"):
        apps.get_model("matching", name).objects.filter(run__in=over).delete()
    if over.filter(is_current=True).update(is_current=False):
        apps.get_model("chambers", "Job").objects.get_or_create(
            kind="matching.anew", key="anew", state="queued"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("chambers", "0002_matching_limits"),
        ("matching", "0007_lists_by_run"),
    ]

    operations = [migrations.RunPython(match_anew, migrations.RunPython.noop)]
