import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0018_interpreters_outside_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="most_in_a_row",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="After so many a timetable gives a person a free time; a longer meeting counts as several. Empty: no limit.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="meetings in a row at most",
            ),
        ),
    ]
