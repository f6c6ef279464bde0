"""Rules made before keep what they meant: what they do not state gets the former default.

The engine's own constants have changed, and a set states only what differs from them. Without this
a set in force, and the run that is shown, would change under their old names.
"""

from django.db import migrations

FORMER = {"word_power": 3.0, "prior": 1.0, "prior_most": 1.0, "prior_leaves": 0.05}
NEW = {"shown_least": 0.0, "prior_gains": 1000.0}  # without effect


def keep_meaning(apps, schema_editor):
    for stored in apps.get_model("matching", "WeightSet").objects.iterator():
        stored.values = {**FORMER, **NEW, **stored.values}
        stored.save(update_fields=["values"])
    for run in apps.get_model("matching", "Run").objects.exclude(weights={}).iterator():
        run.weights = {**NEW, **run.weights}
        run.save(update_fields=["weights"])


class Migration(migrations.Migration):
    dependencies = [("matching", "0009_chamber_emphases")]

    operations = [migrations.RunPython(keep_meaning, migrations.RunPython.noop)]
