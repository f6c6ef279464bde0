"""Rules made before keep what they meant: they suggested whoever shared anything.

What they do not state gets the former default, as in ``0010_rules_keep_their_meaning``.
"""

from django.db import migrations

FORMER = {"prior_gains": 2.5, "shown_least": 0.3}
NEW = {"common_least": 0.0}  # without effect


def keep_meaning(apps, schema_editor):
    for stored in apps.get_model("matching", "WeightSet").objects.iterator():
        stored.values = {**FORMER, **NEW, **stored.values}
        stored.save(update_fields=["values"])
    for run in apps.get_model("matching", "Run").objects.exclude(weights={}).iterator():
        run.weights = {**NEW, **run.weights}
        run.save(update_fields=["weights"])


class Migration(migrations.Migration):
    dependencies = [("matching", "0011_event_emphases")]

    operations = [migrations.RunPython(keep_meaning, migrations.RunPython.noop)]
